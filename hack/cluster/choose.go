package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

var errNoCluster = errors.New("no cluster is up")

// The kind of a cluster is written into its state folder, so that down finds what up started even
// when a Docker engine came or went meanwhile.
const (
	kindCluster  = "kind"
	localCluster = "local"
)

func choose(ctx context.Context, where layout) (cluster, error) {
	if running, err := existing(where); !errors.Is(err, errNoCluster) {
		return running, err
	}
	name := localCluster
	switch {
	case engineAnswers(ctx):
		name = kindCluster
	case runtime.GOOS != "linux":
		return nil, fmt.Errorf("no Docker engine answers, and %s cannot run Kubernetes without one: start Docker", runtime.GOOS)
	case os.Geteuid() != 0:
		return nil, errors.New("no Docker engine answers, and Kubernetes without one needs root: start Docker, or run as root")
	}
	if name == localCluster {
		if err := claimMachine(where); err != nil {
			return nil, err
		}
	}
	if err := where.prepare(); err != nil {
		return nil, err
	}
	if err := write(where.in("kind-of-cluster"), []byte(name+"\n"), 0o644); err != nil {
		return nil, err
	}
	return existing(where)
}

// existing returns the cluster of the state folder, whether or not it still runs.
func existing(where layout) (cluster, error) {
	name, err := os.ReadFile(where.in("kind-of-cluster"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s holds none", errNoCluster, where.state)
	}
	if err != nil {
		return nil, fmt.Errorf("read the state folder: %w", err)
	}
	switch strings.TrimSpace(string(name)) {
	case kindCluster:
		return kind{layout: where}, nil
	case localCluster:
		return local{layout: where, processes: processes{folder: where.in("processes")}}, nil
	}
	return nil, fmt.Errorf("%s names an unknown kind of cluster: %q", where.in("kind-of-cluster"), name)
}

func engineAnswers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	return exec.CommandContext(ctx, "docker", "info").Run() == nil
}

// execute runs a command whose output the user should see.
func execute(ctx context.Context, name string, arguments ...string) error {
	command := exec.CommandContext(ctx, name, arguments...) //nolint:gosec // every caller names a tool of its own
	command.Stdout, command.Stderr = os.Stderr, os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("%s %s: %w", name, strings.Join(arguments, " "), err)
	}
	return nil
}

// capture executes a command and returns what it prints; a failure carries its error output.
func capture(ctx context.Context, name string, arguments ...string) (string, error) {
	output, err := exec.CommandContext(ctx, name, arguments...).Output() //nolint:gosec // every caller names a tool of its own
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, strings.TrimSpace(string(exit.Stderr)))
		}
		return "", fmt.Errorf("%s %s: %w", name, strings.Join(arguments, " "), err)
	}
	return string(output), nil
}
