//go:build unix && !linux

package process

import "syscall"

// attributes puts a server into a process group of its own, so that an
// interrupt at the terminal reaches the tests first.
func attributes(credential *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Credential: credential}
}
