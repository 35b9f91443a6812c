package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/parley-chat/parley/hack/repository"
)

// longestState is how long the state folder's path may be for the sockets below it to fit into the
// 107 bytes of a Unix socket address.
const longestState = 48

// layout says where everything is.
type layout struct {
	root  string // the repository
	state string // what a cluster leaves on disk
}

func findLayout() (layout, error) {
	root, err := repository.Root()
	if err != nil {
		return layout{}, err
	}
	state := os.Getenv("PARLEY_CLUSTER_DIR")
	if state == "" {
		state = filepath.Join(root, ".parley-cluster")
	}
	if state, err = filepath.Abs(state); err != nil {
		return layout{}, fmt.Errorf("find the state folder: %w", err)
	}
	return layout{root: root, state: state}, nil
}

func (l layout) kubeconfig() string        { return filepath.Join(l.state, "kubeconfig") }
func (l layout) tool(name string) string   { return filepath.Join(l.root, ".tools", "bin", name) }
func (l layout) script(name string) string { return filepath.Join(l.root, "hack", "tools", name) }
func (l layout) in(parts ...string) string {
	return filepath.Join(append([]string{l.state}, parts...)...)
}

// sockets is the folder of everything that opens a Unix socket.
func (l layout) sockets() string {
	if len(l.state) <= longestState {
		return l.state
	}
	return filepath.Join("/run/parley-cluster", fmt.Sprintf("%x", sha256.Sum256([]byte(l.state)))[:12])
}

// prepare makes the state folder, which keeps itself out of version control.
func (l layout) prepare() error {
	for _, folder := range []string{l.state, l.sockets()} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return fmt.Errorf("make the state folder: %w", err)
		}
	}
	return write(l.in(".gitignore"), []byte("*\n"), 0o644)
}

func write(path string, content []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("make the folder of %s: %w", path, err)
	}
	if err := os.WriteFile(path, content, mode); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// lock keeps two runs of up or down by one user apart. The system drops it with the process.
func lock() (unlock func(), err error) {
	path := filepath.Join(os.TempDir(), fmt.Sprintf("parley-cluster-%d.lock", os.Geteuid()))
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock file: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("another up or down is running on this machine (lock %s): %w", path, err)
	}
	return func() { _ = file.Close() }, nil
}
