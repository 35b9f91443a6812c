package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
)

// saveFromEngine has a Docker engine fetch the usual image of a database and store it under our
// name. It serves hosts without Debian's packages, where the cluster is kind and an engine runs.
func saveFromEngine(ctx context.Context, image, reference, path string) error {
	for _, arguments := range [][]string{
		{"pull", "--quiet", image},
		{"tag", image, reference},
		{"save", "--output", path, reference},
	} {
		command := exec.CommandContext(ctx, "docker", arguments...)
		command.Stdout, command.Stderr = os.Stderr, os.Stderr
		if err := command.Run(); err != nil {
			return fmt.Errorf("docker %s (needed on a host without Debian's packages): %w", arguments[0], err)
		}
	}
	return nil
}
