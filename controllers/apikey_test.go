package controllers_test

import (
	"context"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/parley-chat/parley/api/v1alpha1"
	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/controllers/resources"
)

func TestKeyIsIssued(t *testing.T) {
	h := newHarness(t)
	h.createDependencies()
	h.create(h.newProject("demo"), h.newKey("key", "demo"), h.newKey("web", "demo", func(spec *v1alpha1.ApiKeySpec) {
		spec.Type = v1alpha1.PublicApiKey
		spec.SecretName = "elsewhere"
		spec.AllowedOrigins = []v1alpha1.Origin{"https://a.example"}
	}))
	h.reconcileKey("key")
	h.Expect(h.keyCondition("key").Reason).To(Equal(v1alpha1.ReasonKeyPending), "no keyset holds it yet")
	h.settle("demo")

	h.Expect(h.keyCondition("key").Status).To(Equal(metav1.ConditionTrue))
	keyType, id, ok := keyset.Parse(h.value("key"))
	h.Expect(ok).To(BeTrue())
	h.Expect(keyType).To(Equal(keyset.Secret))
	h.Expect(h.apiKey("key").Status.KeyID).To(Equal(id))
	h.Expect(h.apiKey("key").Status.SecretName).To(Equal("key"))

	_, set := h.keyset("demo")
	entry, ok := set.Verify(h.value("elsewhere"), h.clock.Now())
	h.Expect(ok).To(BeTrue())
	h.Expect(entry.Type).To(Equal(keyset.Public))
	h.Expect(entry.Name).To(Equal("web"))
	h.Expect(entry.AllowedOrigins).To(Equal([]string{"https://a.example"}))
	expectNoValueTold(h, h.value("key"), h.value("elsewhere"))
}

// expectNoValueTold looks for key values where people read.
func expectNoValueTold(h *harness, values ...string) {
	h.t.Helper()
	var told strings.Builder
	for len(h.recorder.Events) > 0 {
		told.WriteString(<-h.recorder.Events)
	}
	for _, key := range []string{"key", "web"} {
		for _, condition := range h.apiKey(key).Status.Conditions {
			told.WriteString(condition.Message)
		}
		told.WriteString(h.apiKey(key).Status.KeyID)
	}
	h.Expect(told.String()).To(ContainSubstring("issued key"))
	for _, value := range values {
		h.Expect(told.String()).NotTo(ContainSubstring(value))
		h.Expect(told.String()).NotTo(ContainSubstring(value[len("sk_")+12:]))
	}
}

func TestKeyStopsCounting(t *testing.T) {
	inAnHour := func(h *harness) *metav1.Time { return &metav1.Time{Time: h.clock.Now().Add(time.Hour)} }
	cases := []struct {
		name   string
		stop   func(*harness)
		reason string
	}{
		{"disabled", func(h *harness) {
			key := h.apiKey("key")
			key.Spec.Disabled = true
			h.Expect(h.client.Update(h.ctx, key)).To(Succeed())
		}, v1alpha1.ReasonKeyDisabled},
		{"expired", func(h *harness) { h.clock.SetTime(h.clock.Now().Add(time.Hour)) }, v1alpha1.ReasonKeyExpired},
		{"deleted", func(h *harness) { h.Expect(h.client.Delete(h.ctx, h.apiKey("key"))).To(Succeed()) }, ""},
		{"being deleted", func(h *harness) {
			key := h.apiKey("key")
			key.Finalizers = []string{"example.com/wait"}
			h.Expect(h.client.Update(h.ctx, key)).To(Succeed())
			h.Expect(h.client.Delete(h.ctx, key)).To(Succeed())
		}, ""},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			h := newHarness(t)
			h.createDependencies()
			h.create(h.newProject("demo"), h.newKey("other", "demo"),
				h.newKey("key", "demo", func(spec *v1alpha1.ApiKeySpec) { spec.ExpiresAt = inAnHour(h) }))
			h.settle("demo")
			value, other := h.value("key"), h.value("other")
			h.Expect(h.counts("demo", value)).To(BeTrue())
			h.Expect(h.reconcileProject("demo").RequeueAfter).To(Equal(time.Hour), "it looks again when the key expires")
			h.Expect(h.reconcileKey("key").RequeueAfter).To(Equal(time.Hour))

			test.stop(h)
			h.reconcileProject("demo")
			file, _ := h.keyset("demo")
			h.Expect(file.Keys).To(HaveLen(1))
			h.Expect(h.counts("demo", value)).To(BeFalse())
			h.Expect(h.counts("demo", other)).To(BeTrue())
			h.reconcileKey("key")
			if test.reason != "" {
				h.Expect(h.keyCondition("key").Reason).To(Equal(test.reason))
				h.Expect(h.value("key")).To(Equal(value), "the Secret stays")
			}
		})
	}
}

func TestKeyIsReissued(t *testing.T) {
	public, err := func() (string, error) {
		_, value, err := keyset.Mint(strings.NewReader(strings.Repeat("randomness", 10)), keyset.Public)
		return value.Reveal(), err
	}()
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	cases := map[string]func(h *harness, value string){
		"Secret deleted":  func(h *harness, _ string) { h.Expect(h.client.Delete(h.ctx, h.secret("key"))).To(Succeed()) },
		"value emptied":   func(h *harness, _ string) { h.overwrite("key", "") },
		"value mistyped":  func(h *harness, value string) { h.overwrite("key", value[:len(value)-1]+"!") },
		"value shortened": func(h *harness, value string) { h.overwrite("key", value[:20]) },
		"other type":      func(h *harness, _ string) { h.overwrite("key", public) },
		"copy of another": func(h *harness, _ string) { h.overwrite("key", h.value("a-key")) },
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			h.createDependencies()
			h.create(h.newProject("demo"), h.newKey("a-key", "demo"))
			h.settle("demo")
			h.create(h.newKey("key", "demo"))
			h.settle("demo")
			old, other := h.value("key"), h.value("a-key")
			spoil(h, old)
			h.settle("demo")

			h.Expect(h.value("key")).NotTo(Equal(old))
			h.Expect(h.counts("demo", old)).To(BeFalse())
			h.Expect(h.counts("demo", h.value("key"))).To(BeTrue())
			h.Expect(h.value("a-key")).To(Equal(other))
			h.Expect(h.counts("demo", other)).To(BeTrue())
			h.Expect(h.keyCondition("key").Status).To(Equal(metav1.ConditionTrue))
			_, id, _ := keyset.Parse(h.value("key"))
			h.Expect(h.apiKey("key").Status.KeyID).To(Equal(id))
		})
	}
}

func (h *harness) overwrite(secret, value string) {
	h.t.Helper()
	current := h.secret(secret)
	current.Data[resources.ApiKeyKey] = []byte(value)
	h.Expect(h.client.Update(h.ctx, current)).To(Succeed())
}

func TestKeyWithoutProject(t *testing.T) {
	h := newHarness(t)
	h.create(h.newKey("key", "demo"))
	h.reconcileKey("key")
	h.Expect(h.keyCondition("key").Reason).To(Equal(v1alpha1.ReasonProjectNotFound))
	h.Expect(h.get("key", h.newSecret("key", nil))).NotTo(Succeed())

	h.createDependencies()
	h.create(h.newProject("demo"))
	h.settle("demo")
	value := h.value("key")
	h.Expect(h.counts("demo", value)).To(BeTrue())

	h.Expect(h.client.Delete(h.ctx, h.project("demo"))).To(Succeed())
	h.reconcileKey("key")
	h.Expect(h.keyCondition("key").Reason).To(Equal(v1alpha1.ReasonProjectNotFound))
	h.Expect(h.value("key")).To(Equal(value), "the Secret stays")
}

// A Secret that an ApiKey merely names gives no key.
func TestForeignSecretGivesNoKey(t *testing.T) {
	h := newHarness(t)
	h.createDependencies()
	h.create(h.newProject("demo"), h.newKey("a-key", "demo"))
	h.settle("demo")
	h.create(h.newKey("thief", "demo", func(spec *v1alpha1.ApiKeySpec) { spec.SecretName = "a-key" }))
	h.settle("demo")
	file, _ := h.keyset("demo")
	h.Expect(file.Keys).To(HaveLen(1))
	h.Expect(h.keyCondition("thief").Reason).To(Equal(v1alpha1.ReasonNameConflict))
	h.Expect(h.keyCondition("a-key").Status).To(Equal(metav1.ConditionTrue))
}

// A Secret that cannot be mended is said, and nothing it holds counts.
func TestImmutableTamperedSecret(t *testing.T) {
	h := newHarness(t)
	h.createDependencies()
	h.create(h.newProject("demo"), h.newKey("key", "demo"))
	h.settle("demo")
	old := h.value("key")
	secret := h.secret("key")
	secret.Data[resources.ApiKeyKey] = []byte("nonsense")
	secret.Immutable = ptr.To(true)
	h.Expect(h.client.Update(h.ctx, secret)).To(Succeed())
	h.settle("demo")
	h.Expect(h.keyCondition("key").Reason).To(Equal(v1alpha1.ReasonRefused))
	h.Expect(h.counts("demo", old)).To(BeFalse())

	h.Expect(h.client.Delete(h.ctx, h.secret("key"))).To(Succeed())
	h.settle("demo")
	h.Expect(h.counts("demo", h.value("key"))).To(BeTrue())
}

// An operator that slept while another one took its place sees old ApiKeys and
// an old keyset. Its write must not bring a deleted key back.
func TestDelayedWriteBringsNoKeyBack(t *testing.T) {
	h := newHarness(t)
	h.createDependencies()
	h.create(h.newProject("demo"))
	h.settle("demo")
	oldKeyset := h.secret("demo-keyset")
	h.create(h.newKey("key", "demo"))
	h.reconcileKey("key")
	value, oldKey := h.value("key"), h.apiKey("key")
	h.settle("demo")
	h.Expect(h.client.Delete(h.ctx, oldKey)).To(Succeed())
	h.settle("demo")
	h.Expect(h.counts("demo", value)).To(BeFalse())

	h.use(interceptor.NewClient(h.client, interceptor.Funcs{
		Get: func(ctx context.Context, cluster client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
			if secret, ok := object.(*corev1.Secret); ok && key.Name == oldKeyset.Name {
				oldKeyset.DeepCopyInto(secret)
				return nil
			}
			return cluster.Get(ctx, key, object, options...)
		},
		List: func(ctx context.Context, cluster client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
			if keys, ok := list.(*v1alpha1.ApiKeyList); ok {
				keys.Items = []v1alpha1.ApiKey{*oldKey}
				return nil
			}
			return cluster.List(ctx, list, options...)
		},
	}))
	h.Expect(h.reconcileProject("demo").RequeueAfter).To(Equal(100 * time.Millisecond))
	h.Expect(h.counts("demo", value)).To(BeFalse())
}
