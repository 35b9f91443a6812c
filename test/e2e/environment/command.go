package environment

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// capture runs a command in the repository's root and returns what it prints; a
// failure carries its error output.
func (c *Cluster) capture(ctx context.Context, name string, arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, name, arguments...)
	command.Dir = c.root
	output, err := command.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, bytes.TrimSpace(exit.Stderr))
		}
		return "", fmt.Errorf("%s %s: %w", filepath.Base(name), strings.Join(arguments, " "), err)
	}
	return string(output), nil
}

// goRun runs a command of this repository and shows what it says on the way: a
// first start of the cluster builds Kubernetes and takes long.
func (c *Cluster) goRun(ctx context.Context, arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, "go", append([]string{"run"}, arguments...)...)
	command.Dir, command.Stderr = c.root, os.Stderr
	output, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("go run %s: %w", strings.Join(arguments, " "), err)
	}
	return strings.TrimSpace(string(output)), nil
}

// Kubectl runs kubectl against the cluster.
func (c *Cluster) Kubectl(ctx context.Context, arguments ...string) (string, error) {
	return c.capture(ctx, c.tool("kubectl"), append([]string{"--kubeconfig", c.Kubeconfig}, arguments...)...)
}

// build renders a kustomize folder.
func (c *Cluster) build(ctx context.Context, folder string) (string, error) {
	return c.capture(ctx, c.tool("kustomize"), "build", folder)
}

func (c *Cluster) apply(ctx context.Context, manifests string) error {
	command := exec.CommandContext(ctx, c.tool("kubectl"), "--kubeconfig", c.Kubeconfig, "apply", "--server-side", "--filename", "-")
	command.Stdin = strings.NewReader(manifests)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("kubectl apply: %w: %s", err, bytes.TrimSpace(output))
	}
	return nil
}

func (c *Cluster) tool(name string) string { return filepath.Join(c.root, ".tools", "bin", name) }
