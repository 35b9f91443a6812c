package environment

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/parley-chat/parley/controllers/resources"
)

// serverPort is where a chat server serves tenants.
const serverPort = 8080

// ServingPods returns the ready pods of a project, by shard and name; those that
// are being deleted are left out.
func (c *Cluster) ServingPods(ctx context.Context, project client.ObjectKey) ([]corev1.Pod, error) {
	var list corev1.PodList
	err := c.List(ctx, &list, client.InNamespace(project.Namespace), client.MatchingLabels(resources.ProjectSelector(project.Name)))
	if err != nil {
		return nil, fmt.Errorf("list the pods of %s: %w", project.Name, err)
	}
	serving := slices.DeleteFunc(list.Items, func(pod corev1.Pod) bool {
		ready := slices.ContainsFunc(pod.Status.Conditions, func(condition corev1.PodCondition) bool {
			return condition.Type == corev1.PodReady && condition.Status == corev1.ConditionTrue
		})
		return !ready || pod.DeletionTimestamp != nil
	})
	// A pod's name begins with its shard's.
	slices.SortFunc(serving, func(a, b corev1.Pod) int { return strings.Compare(a.Name, b.Name) })
	return serving, nil
}

// PodOfShard returns a ready pod of the shard.
func (c *Cluster) PodOfShard(ctx context.Context, project client.ObjectKey, shard int) (corev1.Pod, error) {
	pods, err := c.ServingPods(ctx, project)
	if err != nil {
		return corev1.Pod{}, err
	}
	for _, pod := range pods {
		if pod.Labels[resources.LabelShard] == strconv.Itoa(shard) {
			return pod, nil
		}
	}
	return corev1.Pod{}, fmt.Errorf("shard %d of %s has no ready pod", shard, project.Name)
}

// ServerURL returns where the pod's tenants are served, good until the context
// ends.
func (c *Cluster) ServerURL(ctx context.Context, pod *corev1.Pod) (string, error) {
	return c.url(ctx, pod, serverPort)
}

// MetricsURL returns where the pod's metrics are, good until the context ends.
func (c *Cluster) MetricsURL(ctx context.Context, pod *corev1.Pod) (string, error) {
	address, err := c.url(ctx, pod, resources.InternalPort)
	return address + "/metrics", err
}

func (c *Cluster) url(ctx context.Context, pod *corev1.Pod, port int) (string, error) {
	if c.local {
		return "http://" + net.JoinHostPort(pod.Status.PodIP, strconv.Itoa(port)), nil
	}
	return c.forward(ctx, pod, port)
}

// forward carries a port of this machine to the pod.
func (c *Cluster) forward(ctx context.Context, pod *corev1.Pod, port int) (string, error) {
	command := exec.CommandContext(ctx, c.tool("kubectl"), "--kubeconfig", c.Kubeconfig, "--namespace", pod.Namespace,
		"port-forward", "pod/"+pod.Name, fmt.Sprintf(":%d", port))
	output, err := command.StdoutPipe()
	if err != nil {
		return "", fmt.Errorf("forward a port to %s: %w", pod.Name, err)
	}
	if err := command.Start(); err != nil {
		return "", fmt.Errorf("forward a port to %s: %w", pod.Name, err)
	}
	lines := bufio.NewScanner(output)
	said := lines.Scan()
	// It ends with the pod or with the context; nobody needs to know.
	go func() {
		for lines.Scan() { //nolint:revive // a full pipe would block it
		}
		_ = command.Wait()
	}()
	// Forwarding from 127.0.0.1:PORT -> 8080
	address, found := strings.CutPrefix(lines.Text(), "Forwarding from ")
	address, _, arrow := strings.Cut(address, " -> ")
	if !said || !found || !arrow {
		return "", fmt.Errorf("forward a port to %s: kubectl says %q", pod.Name, lines.Text())
	}
	return "http://" + address, nil
}
