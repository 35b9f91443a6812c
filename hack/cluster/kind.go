package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
)

// kindName is the name of the cluster in kind's own list.
const kindName = "parley"

// kind runs the node as a container of a Docker engine.
type kind struct{ layout }

func (k kind) up(ctx context.Context) error {
	if err := execute(ctx, k.script("install"), "kind", "kubectl"); err != nil {
		return err
	}
	exists, err := k.exists(ctx)
	if err != nil {
		return err
	}
	if exists {
		return execute(ctx, k.tool("kind"), "export", "kubeconfig", "--name", kindName, "--kubeconfig", k.kubeconfig())
	}
	if err := execute(ctx, k.tool("kind"), "create", "cluster", "--name", kindName,
		"--kubeconfig", k.kubeconfig(), "--wait", "180s"); err != nil {
		return err
	}
	return execute(ctx, k.tool("kubectl"), "--kubeconfig", k.kubeconfig(), "--namespace", "kube-system",
		"rollout", "status", "deployment/coredns", "--timeout=180s")
}

func (k kind) exists(ctx context.Context) (bool, error) {
	names, err := capture(ctx, k.tool("kind"), "get", "clusters")
	return slices.Contains(strings.Fields(names), kindName), err
}

func (k kind) down(ctx context.Context) error {
	if err := execute(ctx, k.tool("kind"), "delete", "cluster", "--name", kindName, "--kubeconfig", k.kubeconfig()); err != nil {
		return err
	}
	if err := os.RemoveAll(k.state); err != nil {
		return fmt.Errorf("remove the state folder: %w", err)
	}
	return nil
}

func (k kind) load(ctx context.Context, archives []string) error {
	for _, archive := range archives {
		if err := execute(ctx, k.tool("kind"), "load", "image-archive", archive, "--name", kindName); err != nil {
			return err
		}
	}
	return nil
}

func (k kind) status(ctx context.Context) error {
	exists, err := k.exists(ctx)
	if err != nil {
		return err
	}
	if !exists {
		return fmt.Errorf("%w: kind has none of the name %s", errNoCluster, kindName)
	}
	return execute(ctx, k.tool("kubectl"), "--kubeconfig", k.kubeconfig(), "get", "nodes")
}
