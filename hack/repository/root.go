// Package repository knows where this repository lies on the disk, for the
// programs that build from it.
//
// What may enter: finding places inside the repository. What may not: building
// anything from them.
package repository

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Root walks up from the working folder to the one that holds go.mod.
func Root() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the working folder: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder, nil
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return "", errors.New("no go.mod above the working folder: run this inside the repository")
		}
		folder = parent
	}
}
