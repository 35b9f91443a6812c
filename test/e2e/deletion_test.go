//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/parley-chat/parley/controllers/resources"
	chatclient "github.com/parley-chat/parley/test/client"
)

// A deleted project takes everything with it that the operator made for it, and
// leaves the other project of the namespace alone.
func TestDeletedProjectLeavesNothingBehind(t *testing.T) {
	ctx, g := begin(t)
	caller := admin(ctx, g)
	created, key := neighbour(ctx, g, "deleted")
	g.Expect(cluster.AwaitReady(ctx, client.ObjectKeyFromObject(created))).To(Succeed())
	pods, err := cluster.ServingPods(ctx, client.ObjectKeyFromObject(created))
	g.Expect(err).NotTo(HaveOccurred())
	value, err := cluster.Key(ctx, client.ObjectKeyFromObject(key))
	g.Expect(err).NotTo(HaveOccurred())
	own := chatclient.Caller{Key: value}
	g.Expect(own.AwaitAccepted(ctx, urlsOf(ctx, g, pods))).To(Succeed())

	before := belongings(ctx, g, created.Name, created.UID)
	for _, kind := range []string{"Deployment", "ReplicaSet", "Pod", "Service", "Secret", "ServiceAccount", "PodDisruptionBudget"} {
		g.Expect(before).To(ContainElement(HavePrefix(kind+" ")), "the project has a %s", kind)
	}
	others := belongings(ctx, g, project.Name, "")

	began := time.Now()
	g.Expect(cluster.Delete(ctx, created)).To(Succeed())
	// The ApiKey is the tenant's own and stays, and with it the Secret of its value.
	g.Eventually(ctx, func() []string { return belongings(ctx, g, created.Name, created.UID) }).
		WithTimeout(2 * time.Minute).WithPolling(200 * time.Millisecond).Should(ConsistOf("Secret " + key.Name))
	figures.add("project deleted to everything gone", "%.1f s for %d objects", time.Since(began).Seconds(), len(before)-1)

	g.Expect(belongings(ctx, g, project.Name, "")).To(ConsistOf(others), "the other project keeps everything")
	g.Expect(cluster.AwaitReady(ctx, project)).To(Succeed())
	for _, url := range urlsOf(ctx, g, servingPods(ctx, g)) {
		_, err := caller.At(url).Conversation(ctx, "deletion-ada", "deletion-grace")
		g.Expect(err).NotTo(HaveOccurred(), "the other project serves")
	}
}

// belongings lists, over every kind of namespaced object that the cluster knows,
// what carries the project's label or is owned by the project, directly or not.
func belongings(ctx context.Context, g *WithT, name string, uid types.UID) []string {
	var found []metav1.PartialObjectMetadata
	for _, kind := range namespacedKinds(ctx, g) {
		var list metav1.PartialObjectMetadataList
		list.SetGroupVersionKind(kind.GroupVersion().WithKind(kind.Kind + "List"))
		g.Expect(cluster.List(ctx, &list, client.InNamespace(namespace))).To(Succeed())
		for _, item := range list.Items {
			item.SetGroupVersionKind(kind)
			found = append(found, item)
		}
	}
	owned := map[types.UID]bool{uid: uid != ""}
	var names []string
	for changed := true; changed; {
		changed = false
		names = names[:0]
		for _, object := range found {
			mine := object.Labels[resources.LabelProject] == name
			for _, owner := range object.OwnerReferences {
				mine = mine || owned[owner.UID]
			}
			if !mine {
				continue
			}
			names = append(names, object.Kind+" "+object.Name)
			changed = changed || !owned[object.UID]
			owned[object.UID] = true
		}
	}
	return names
}

// namespacedKinds are the kinds that can be listed in a namespace. Events only
// tell of objects and outlive them.
func namespacedKinds(ctx context.Context, g *WithT) []schema.GroupVersionKind {
	said, err := cluster.Kubectl(ctx, "api-resources", "--namespaced", "--verbs=list", "--no-headers", "--output=wide")
	g.Expect(err).NotTo(HaveOccurred())
	var kinds []schema.GroupVersionKind
	for line := range strings.Lines(said) {
		kind := kindOf(strings.Fields(line))
		if kind.Kind != "Event" {
			kinds = append(kinds, kind)
		}
	}
	g.Expect(kinds).NotTo(BeEmpty(), fmt.Sprintf("kubectl says %q", said))
	return kinds
}

// kindOf reads the columns name, perhaps short names, version, "true", kind.
func kindOf(columns []string) schema.GroupVersionKind {
	for i, column := range columns {
		if column == "true" && i > 0 && i+1 < len(columns) {
			return schema.FromAPIVersionAndKind(columns[i-1], columns[i+1])
		}
	}
	return schema.GroupVersionKind{}
}
