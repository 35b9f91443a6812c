package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// components in the order of the start.
var componentNames = []string{
	"etcd", "kube-apiserver", "containerd", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy",
}

// down stops the cluster: first what would start pods again, then the pods, then the rest from
// kubelet to etcd. Every step is tried even when one before it failed, and the state folder is
// removed only when nothing is left that needs it.
func (l local) down(ctx context.Context) error {
	failures := []error{l.stop(ctx, "kube-controller-manager", "kube-scheduler")}
	l.deletePods(ctx)
	failures = append(failures,
		l.stop(ctx, "kubelet"),
		endShims(ctx, l.containerdSocket()),
		l.stop(ctx, "containerd", "kube-proxy", "kube-apiserver", "etcd"),
		l.leaveMachine(ctx),
		unmountBelow(ctx, l.state),
		unmountBelow(ctx, l.sockets()),
	)
	if err := errors.Join(failures...); err != nil {
		return fmt.Errorf("%w (the state stays in %s; try down again)", err, l.state)
	}
	for _, folder := range []string{l.sockets(), l.state} {
		if err := os.RemoveAll(folder); err != nil {
			return fmt.Errorf("remove the state folder: %w", err)
		}
	}
	return nil
}

// leaveMachine takes back what the cluster changed outside its folder, unless another cluster has
// taken the machine over, as can happen after a restart.
func (l local) leaveMachine(ctx context.Context) error {
	owner, err := otherOwner(l.layout)
	if err != nil || owner != "" {
		return err
	}
	return errors.Join(l.networkDown(ctx), releaseMachine())
}

func (l local) stop(ctx context.Context, names ...string) error {
	var failures []error
	for _, name := range names {
		failures = append(failures, l.processes.stop(ctx, name, 20*time.Second))
	}
	return errors.Join(failures...)
}

// deletePods lets kubelet take the pods down in order: mounts, network, control groups. What it
// does not finish in time is ended by force later, so a failure here is only told.
func (l local) deletePods(ctx context.Context) {
	for _, name := range []string{"kube-apiserver", "kubelet", "containerd"} {
		if !l.processes.alive(name) {
			return
		}
	}
	_, err := capture(ctx, l.tool("kubectl"), "--kubeconfig", l.kubeconfig(), "delete", "pods",
		"--all", "--all-namespaces", "--grace-period=1", "--timeout=30s")
	if err != nil {
		fmt.Fprintln(os.Stderr, "cluster: pods are ended by force:", err)
	}
}

func (l local) status(ctx context.Context) error {
	var missing []error
	for _, name := range componentNames {
		if found, alive := l.processes.find(name); alive {
			fmt.Printf("%-24s running, process %d, log %s\n", name, found.ID, l.processes.log(name))
		} else {
			missing = append(missing, fmt.Errorf("%s does not run", name))
		}
	}
	if len(missing) > 0 {
		return errors.Join(missing...)
	}
	fmt.Printf("KUBECONFIG=%s\n", l.kubeconfig())
	return execute(ctx, l.tool("kubectl"), "--kubeconfig", l.kubeconfig(), "get", "nodes,pods", "--all-namespaces", "--output", "wide")
}
