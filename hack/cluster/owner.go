package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ownerFile names the state folder of the cluster that has this machine's addresses and packet
// filter chains. Two clusters would take them from each other. It is gone after a restart, as the
// cluster is.
const ownerFile = "/run/parley-cluster.owner"

// claimMachine makes a state folder the owner, unless another one is and still exists.
func claimMachine(where layout) error {
	owner, err := otherOwner(where)
	if err != nil {
		return err
	}
	if owner != "" {
		return fmt.Errorf("another cluster is up on this machine, with its state in %s: PARLEY_CLUSTER_DIR=%s go run ./hack/cluster down ends it", owner, owner)
	}
	return write(ownerFile, []byte(where.state+"\n"), 0o644)
}

// otherOwner returns the state folder of another cluster that owns this machine, or nothing.
func otherOwner(where layout) (string, error) {
	content, err := os.ReadFile(ownerFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read the owner of this machine's cluster: %w", err)
	}
	owner := strings.TrimSpace(string(content))
	if owner == where.state {
		return "", nil
	}
	if owner == "" || !exists(filepath.Join(owner, "kind-of-cluster")) {
		return "", nil
	}
	return owner, nil
}

func exists(path string) bool {
	_, err := os.Stat(path) //nolint:gosec // the path comes from a file that only root writes
	return err == nil
}

func releaseMachine() error {
	if err := os.Remove(ownerFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("release this machine for another cluster: %w", err)
	}
	return nil
}
