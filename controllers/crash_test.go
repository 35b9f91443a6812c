package controllers_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/parley-chat/parley/api/v1alpha1"
	"github.com/parley-chat/parley/controllers/resources"
)

var errCrash = errors.New("the operator is dead")

// dying lets some writes through. The next one fails, before or after it took
// effect, and so does everything from there on.
type dying struct {
	writesLeft  int
	takesEffect bool // whether the write that fails does so after it was made
	dead        bool
}

func (d *dying) write(do func() error) error {
	switch {
	case d.dead:
		return errCrash
	case d.writesLeft > 0:
		d.writesLeft--
		return do()
	}
	d.dead = true
	if d.takesEffect {
		if err := do(); err != nil {
			return err
		}
	}
	return errCrash
}

func (d *dying) over(cluster client.WithWatch) client.Client {
	return interceptor.NewClient(cluster, interceptor.Funcs{
		Get: func(ctx context.Context, cluster client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
			if d.dead {
				return errCrash
			}
			return cluster.Get(ctx, key, object, options...)
		},
		Apply: func(ctx context.Context, cluster client.WithWatch, object runtime.ApplyConfiguration, options ...client.ApplyOption) error {
			return d.write(func() error { return cluster.Apply(ctx, object, options...) })
		},
		Patch: func(ctx context.Context, cluster client.WithWatch, object client.Object, patch client.Patch, options ...client.PatchOption) error {
			return d.write(func() error { return cluster.Patch(ctx, object, patch, options...) })
		},
		Delete: func(ctx context.Context, cluster client.WithWatch, object client.Object, options ...client.DeleteOption) error {
			return d.write(func() error { return cluster.Delete(ctx, object, options...) })
		},
		SubResourcePatch: func(ctx context.Context, cluster client.Client, name string, object client.Object, patch client.Patch, options ...client.SubResourcePatchOption) error {
			return d.write(func() error { return cluster.SubResource(name).Patch(ctx, object, patch, options...) })
		},
	})
}

// However the operator dies while it issues a key, the next one ends with one
// key that works, and it is the one that a tenant may have read meanwhile.
func TestCrashLeavesOneUsableKey(t *testing.T) {
	for _, start := range []string{"new", "secret deleted", "secret tampered"} {
		for _, takesEffect := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/takes effect %t", start, takesEffect), func(t *testing.T) {
				for writes := 0; ; writes++ {
					if survived := crashAfter(t, start, writes, takesEffect); survived {
						NewWithT(t).Expect(writes).To(BeNumerically(">=", 4), "Secret, keyset, and two statuses at least")
						return
					}
				}
			})
		}
	}
}

func crashAfter(t *testing.T, start string, writes int, takesEffect bool) (survived bool) {
	t.Helper()
	h := newHarness(t)
	h.createDependencies()
	h.create(h.newProject("demo"), h.newKey("key", "demo"))
	old := ""
	if start != "new" {
		h.settle("demo")
		old = h.value("key")
		spoilSecret(h, start)
	}

	death := &dying{writesLeft: writes, takesEffect: takesEffect}
	h.use(death.over(h.client))
	key, project := ctrl.Request{NamespacedName: h.key("key")}, ctrl.Request{NamespacedName: h.key("demo")}
	_, _ = h.keys.Reconcile(h.ctx, key)
	_, _ = h.projects.Reconcile(h.ctx, project)
	_, _ = h.keys.Reconcile(h.ctx, key)

	handedOut := ""
	var secret corev1.Secret
	if h.get("key", &secret) == nil {
		if value, _, ok := resources.KeyValue(h.apiKey("key"), &secret); ok {
			handedOut = value.Reveal()
		}
	}
	h.use(h.client)
	h.settle("demo")

	file, _ := h.keyset("demo")
	value := h.value("key")
	h.Expect(file.Keys).To(HaveLen(1))
	h.Expect(h.counts("demo", value)).To(BeTrue())
	h.Expect(h.apiKey("key").Status.KeyID).To(Equal(file.Keys[0].ID))
	h.Expect(h.keyCondition("key").Reason).To(Equal(v1alpha1.ReasonKeyIssued))
	if handedOut != "" {
		h.Expect(value).To(Equal(handedOut), "a value that a tenant may have read was replaced")
	}
	if old != "" {
		h.Expect(h.counts("demo", old)).To(BeFalse())
	}
	return !death.dead
}

func spoilSecret(h *harness, how string) {
	h.t.Helper()
	secret := h.secret("key")
	if how == "secret deleted" {
		h.Expect(h.client.Delete(h.ctx, secret)).To(Succeed())
		return
	}
	secret.Data[resources.ApiKeyKey] = []byte("sk_nonsense")
	h.Expect(h.client.Update(h.ctx, secret)).To(Succeed())
}
