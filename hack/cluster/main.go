// Command cluster starts and stops a one-node Kubernetes for tests: kind where a Docker engine
// answers, otherwise the real components as plain processes on Linux.
//
// What may enter: starting and stopping Kubernetes. What may not: anything of Parley.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const usage = `usage: go run ./hack/cluster COMMAND

  up                 start the cluster; returns when the node is ready and DNS answers
  down               stop everything that up started and remove the state folder
  load ARCHIVE...    import docker-archive files into the cluster
  status             say what runs; exit 1 unless everything does

State is kept in .parley-cluster, or in the folder that PARLEY_CLUSTER_DIR names.
`

// cluster is one way to run Kubernetes.
type cluster interface {
	up(ctx context.Context) error
	down(ctx context.Context) error
	load(ctx context.Context, archives []string) error
	status(ctx context.Context) error
}

// errUsage marks a command line that makes no sense.
var errUsage = errors.New("bad usage")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:])
	switch {
	case errors.Is(err, errUsage):
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, arguments []string) error {
	if len(arguments) == 1 && (arguments[0] == "help" || arguments[0] == "-h" || arguments[0] == "--help") {
		fmt.Print(usage)
		return nil
	}
	if len(arguments) == 0 || (arguments[0] == "load") != (len(arguments) > 1) {
		return errUsage
	}
	where, err := findLayout()
	if err != nil {
		return err
	}
	switch arguments[0] {
	case "up":
		return up(ctx, where)
	case "down":
		return down(ctx, where)
	case "load":
		running, err := existing(where)
		if err != nil {
			return err
		}
		return running.load(ctx, arguments[1:])
	case "status":
		running, err := existing(where)
		if err != nil {
			return err
		}
		return running.status(ctx)
	}
	return errUsage
}

func up(ctx context.Context, where layout) error {
	ctx, cancel := context.WithTimeout(ctx, 45*time.Minute) // a first run builds Kubernetes
	defer cancel()
	unlock, err := lock()
	if err != nil {
		return err
	}
	defer unlock()
	chosen, err := choose(ctx, where)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := chosen.up(ctx); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "cluster is up after %s\n", time.Since(began).Round(100*time.Millisecond))
	fmt.Println(where.kubeconfig())
	return nil
}

func down(ctx context.Context, where layout) error {
	unlock, err := lock()
	if err != nil {
		return err
	}
	defer unlock()
	running, err := existing(where)
	if errors.Is(err, errNoCluster) {
		fmt.Fprintln(os.Stderr, err)
		return nil
	}
	if err != nil {
		return err
	}
	began := time.Now()
	if err := running.down(ctx); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "cluster is down after %s\n", time.Since(began).Round(100*time.Millisecond))
	return nil
}
