//go:build e2e

package e2e

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// A project like the sample becomes ready, and then every pod of it serves.
func TestProjectBecomesReady(t *testing.T) {
	ctx, g := begin(t)
	began := time.Now()
	created, _ := neighbour(ctx, g, "ready")
	g.Expect(cluster.AwaitReady(ctx, client.ObjectKeyFromObject(created))).To(Succeed())
	figures.add("project of 2 x 2 pods, applied to Ready, images present", "%.1f s", time.Since(began).Seconds())

	pods, err := cluster.ServingPods(ctx, client.ObjectKeyFromObject(created))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(pods).To(HaveLen(int(created.Spec.Shards * created.Spec.ReplicasPerShard)))
	g.Expect(cluster.Delete(ctx, created)).To(Succeed())
	g.Expect(cluster.AwaitGone(ctx, created)).To(Succeed())
}
