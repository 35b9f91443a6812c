//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/parley-chat/parley/test/e2e/environment"
)

// What all tests share: the cluster, and the sample project in a namespace of
// this run.
var (
	cluster   *environment.Cluster
	namespace string
	project   client.ObjectKey
)

const (
	// A first run builds Kubernetes.
	setUpGuard    = 25 * time.Minute
	tearDownGuard = 5 * time.Minute
)

func TestMain(m *testing.M) {
	began := time.Now()
	code := run(m)
	figures.add("everything, with set-up and tear-down", "%.0f s", time.Since(began).Seconds())
	figures.print(os.Stdout)
	os.Exit(code)
}

func run(m *testing.M) (code int) {
	began := time.Now()
	err := setUp()
	figures.add("set-up", "%.0f s", time.Since(began).Seconds())
	defer func() {
		began := time.Now()
		if err := tearDown(); err != nil {
			fmt.Fprintln(os.Stderr, "e2e: tear down:", err)
			code = 1
		}
		figures.add("tear-down", "%.0f s", time.Since(began).Seconds())
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e: set up:", err)
		diagnose(os.Stderr)
		return 1
	}
	if code = m.Run(); code != 0 {
		diagnose(os.Stderr)
	}
	return code
}

func setUp() error {
	ctx, cancel := context.WithTimeout(context.Background(), setUpGuard)
	defer cancel()
	steps := environment.Steps{Output: os.Stdout}
	prepared, _, err := environment.Prepare(ctx, steps)
	cluster = prepared
	if err != nil {
		return err
	}
	created := corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "parley-e2e-"}}
	if err := cluster.Create(ctx, &created); err != nil {
		return fmt.Errorf("create a namespace: %w", err)
	}
	namespace = created.Name
	project = client.ObjectKey{Namespace: namespace, Name: environment.DemoProject}
	began := time.Now()
	err = steps.Do("project demo in "+namespace, func() error {
		if err := cluster.ApplyDemo(ctx, environment.UnhurriedDemo, namespace); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(ctx, readyGuard)
		defer cancel()
		return cluster.AwaitReady(ctx, project)
	})
	figures.add("sample with its databases, applied to Ready", "%.1f s", time.Since(began).Seconds())
	return err
}

// tearDown ends what this run began and nothing else.
func tearDown() error {
	if cluster == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), tearDownGuard)
	defer cancel()
	if cluster.Started {
		return environment.Close(ctx)
	}
	if namespace == "" {
		return nil
	}
	created := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}
	if err := cluster.Delete(ctx, created); err != nil {
		return fmt.Errorf("delete the namespace: %w", err)
	}
	return cluster.AwaitGone(ctx, created)
}

// diagnose prints what helps to understand a failure.
func diagnose(output io.Writer) {
	if cluster == nil || cluster.Client == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, arguments := range [][]string{
		{"get", "pods", "--all-namespaces", "--output", "wide"},
		{"--namespace", namespace, "get", "chatprojects,apikeys"},
		{"--namespace", namespace, "get", "events", "--sort-by", "lastTimestamp"},
		{"--namespace", namespace, "logs", "--selector", "app.kubernetes.io/name=chatserver", "--prefix", "--tail", "30"},
		{"--namespace", "parley-system", "logs", "deployment/parley-operator", "--tail", "60"},
	} {
		said, err := cluster.Kubectl(ctx, arguments...)
		if err != nil {
			said = err.Error()
		}
		_, _ = fmt.Fprintf(output, "\n== kubectl %v\n%s\n", arguments, said)
	}
}
