package environment

import (
	"context"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/parley-chat/parley/api/v1alpha1"
	"github.com/parley-chat/parley/controllers/resources"
)

const (
	// DemoNamespace is where config/samples/demo puts itself.
	DemoNamespace = "parley-demo"
	// DemoProject is its ChatProject.
	DemoProject = "demo"
	// DemoSecretKey is its ApiKey for servers.
	DemoSecretKey = "demo-secret"

	pollInterval = 50 * time.Millisecond
)

// The folders of the sample project: as it is shown, and with limits that the
// tests' own pace does not meet.
const (
	Demo          = "config/samples/demo"
	UnhurriedDemo = "test/e2e/demo"
)

// ApplyDemo puts the sample project of a folder, its PostgreSQL and its Redis
// into a namespace.
func (c *Cluster) ApplyDemo(ctx context.Context, folder, namespace string) error {
	manifests, err := c.build(ctx, folder)
	if err != nil {
		return err
	}
	return c.apply(ctx, strings.ReplaceAll(manifests, DemoNamespace, namespace))
}

// RestartServers replaces all chat servers of a namespace, so that they run the
// image that was loaded last.
func (c *Cluster) RestartServers(ctx context.Context, namespace string) error {
	selector := "--selector=" + resources.LabelName + "=chatserver"
	if _, err := c.Kubectl(ctx, "--namespace", namespace, "rollout", "restart", "deployment", selector); err != nil {
		return err
	}
	_, err := c.Kubectl(ctx, "--namespace", namespace, "rollout", "status", "deployment", selector, "--timeout=180s")
	return err
}

// AwaitReady waits until the project's condition Ready is true for its present
// spec.
func (c *Cluster) AwaitReady(ctx context.Context, name client.ObjectKey) error {
	var found v1alpha1.ChatProject
	err := poll(ctx, func() (bool, error) {
		err := c.Get(ctx, name, &found)
		return err == nil && isReady(&found), client.IgnoreNotFound(err)
	})
	if err != nil {
		return fmt.Errorf("project %s is not ready: %w%s", name.Name, err, reasons(found.Status.Conditions))
	}
	return nil
}

func isReady(project *v1alpha1.ChatProject) bool {
	ready := meta.FindStatusCondition(project.Status.Conditions, v1alpha1.ConditionReady)
	return ready != nil && ready.Status == metav1.ConditionTrue && ready.ObservedGeneration == project.Generation
}

func reasons(conditions []metav1.Condition) string {
	var text strings.Builder
	for _, condition := range conditions {
		fmt.Fprintf(&text, "; %s is %s: %s", condition.Type, condition.Status, condition.Message)
	}
	return text.String()
}

// Key waits for the value of an ApiKey.
func (c *Cluster) Key(ctx context.Context, name client.ObjectKey) (string, error) {
	var secret corev1.Secret
	err := poll(ctx, func() (bool, error) {
		err := c.Get(ctx, name, &secret)
		return err == nil && len(secret.Data[resources.ApiKeyKey]) > 0, client.IgnoreNotFound(err)
	})
	if err != nil {
		return "", fmt.Errorf("ApiKey %s has no value: %w", name.Name, err)
	}
	return string(secret.Data[resources.ApiKeyKey]), nil
}

// AwaitGone waits until an object is deleted.
func (c *Cluster) AwaitGone(ctx context.Context, object client.Object) error {
	err := poll(ctx, func() (bool, error) {
		err := c.Get(ctx, client.ObjectKeyFromObject(object), object)
		return apierrors.IsNotFound(err), client.IgnoreNotFound(err)
	})
	if err != nil {
		return fmt.Errorf("%s is still there: %w", object.GetName(), err)
	}
	return nil
}

// poll asks until the answer is yes, an error, or the context ends.
func poll(ctx context.Context, done func() (bool, error)) error {
	for {
		if yes, err := done(); yes || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pollInterval):
		}
	}
}
