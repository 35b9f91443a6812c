//go:build unix

package services

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// unprivileged returns the identity that servers run as when the tests run as
// root, which PostgreSQL refuses to be. Nil means the identity of the tests.
func unprivileged() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		account, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(account.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(account.Gid, 10, 32)
		if uidErr == nil && gidErr == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, fmt.Errorf("the tests run as root and there is no user postgres or nobody to run a server as")
}

// giveTo makes the unprivileged identity the owner of a folder.
func giveTo(credential *syscall.Credential, folder string) error {
	if credential == nil {
		return nil
	}
	return os.Chown(folder, int(credential.Uid), int(credential.Gid))
}
