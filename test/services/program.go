package services

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
)

// findProgram looks for a server's program on the path and in the folders where
// distributions keep what is not on it; of several versions the last one by
// name.
func findProgram(name string, folders ...string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	for _, folder := range folders {
		found, err := filepath.Glob(filepath.Join(folder, name))
		if err != nil {
			return "", fmt.Errorf("look for %s in %s: %w", name, folder, err)
		}
		for _, path := range slices.Backward(found) {
			if path, err := exec.LookPath(path); err == nil {
				return path, nil
			}
		}
	}
	return "", fmt.Errorf("%s is not installed: run hack/tools/system", name)
}
