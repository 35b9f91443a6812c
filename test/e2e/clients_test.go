//go:build e2e

package e2e

import (
	"context"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	chatclient "github.com/parley-chat/parley/test/client"
	"github.com/parley-chat/parley/test/e2e/environment"
)

const (
	// readyGuard and testGuard end what hangs; no promise is measured by them.
	readyGuard = 3 * time.Minute
	testGuard  = 5 * time.Minute
)

// begin bounds a test and gives it gomega.
func begin(t *testing.T) (context.Context, *WithT) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testGuard)
	t.Cleanup(cancel)
	return ctx, NewWithT(t)
}

// admin calls the sample project with its secret key, once every pod takes it.
func admin(ctx context.Context, g *WithT) chatclient.Caller {
	key, err := cluster.Key(ctx, client.ObjectKey{Namespace: namespace, Name: environment.DemoSecretKey})
	g.Expect(err).NotTo(HaveOccurred())
	urls := urlsOf(ctx, g, servingPods(ctx, g))
	caller := chatclient.Caller{URL: urls[0], Key: key}
	g.Expect(caller.AwaitAccepted(ctx, urls)).To(Succeed())
	return caller
}

func servingPods(ctx context.Context, g *WithT) []corev1.Pod {
	pods, err := cluster.ServingPods(ctx, project)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(pods).NotTo(BeEmpty())
	return pods
}

func urlsOf(ctx context.Context, g *WithT, pods []corev1.Pod) []string {
	urls := make([]string, len(pods))
	for i := range pods {
		url, err := cluster.ServerURL(ctx, &pods[i])
		g.Expect(err).NotTo(HaveOccurred())
		urls[i] = url
	}
	return urls
}

// podOfShard returns a ready pod and where its tenants are served.
func podOfShard(ctx context.Context, g *WithT, shard int) (corev1.Pod, string) {
	pod, err := cluster.PodOfShard(ctx, project, shard)
	g.Expect(err).NotTo(HaveOccurred())
	return pod, urlsOf(ctx, g, []corev1.Pod{pod})[0]
}
