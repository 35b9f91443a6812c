//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"net/url"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/parley-chat/parley/api/v1alpha1"
)

// neighbour applies a project like the sample in the sample's namespace, with a
// database of its own on the sample's PostgreSQL, and a key for it.
func neighbour(ctx context.Context, g *WithT, name string) (*v1alpha1.ChatProject, *v1alpha1.ApiKey) {
	var demo v1alpha1.ChatProject
	g.Expect(cluster.Get(ctx, project, &demo)).To(Succeed())
	_, err := cluster.Kubectl(ctx, "--namespace", namespace, "exec", "postgres-0", "--",
		"createdb", "--host=/run/postgresql", "--username=parley", name)
	g.Expect(err).NotTo(HaveOccurred())
	secret := databaseSecret(ctx, g, demo.Spec.Postgres.SecretRef, name)
	g.Expect(cluster.Create(ctx, secret)).To(Succeed())

	created := &v1alpha1.ChatProject{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Spec: demo.Spec}
	created.Spec.Postgres.SecretRef.Name = secret.Name
	key := &v1alpha1.ApiKey{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name + "-secret"},
		Spec:       v1alpha1.ApiKeySpec{ProjectRef: v1alpha1.ProjectReference{Name: name}, Type: v1alpha1.SecretApiKey},
	}
	g.Expect(cluster.Create(ctx, key)).To(Succeed())
	g.Expect(cluster.Create(ctx, created)).To(Succeed())
	return created, key
}

// databaseSecret is the Secret for another database of the same server.
func databaseSecret(ctx context.Context, g *WithT, like v1alpha1.SecretKeyReference, name string) *corev1.Secret {
	var original corev1.Secret
	g.Expect(cluster.Get(ctx, client.ObjectKey{Namespace: namespace, Name: like.Name}, &original)).To(Succeed())
	address, err := url.Parse(string(original.Data[like.Key]))
	g.Expect(err).NotTo(HaveOccurred())
	address.Path = "/" + name
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: fmt.Sprintf("%s-postgres", name)},
		StringData: map[string]string{like.Key: address.String()},
	}
}
