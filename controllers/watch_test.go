package controllers_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/config"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/parley-chat/parley/api/v1alpha1"
	"github.com/parley-chat/parley/controllers"
	"github.com/parley-chat/parley/controllers/resources"
)

const soon = 10 * time.Second

// startOperator runs the whole operator on the harness's namespace, with the
// rights of the generated role only.
func startOperator(h *harness) {
	h.t.Helper()
	manager, err := ctrl.NewManager(shared.operator, ctrl.Options{
		Scheme:     shared.scheme,
		Cache:      controllers.CacheOptions([]string{h.namespace}),
		Metrics:    metricsserver.Options{BindAddress: "0"},
		Controller: config.Controller{SkipNameValidation: ptr.To(true)},
	})
	h.Expect(err).NotTo(HaveOccurred())
	err = controllers.Setup(h.ctx, manager, controllers.Options{
		Image: "chatserver:test", Namespaces: []string{h.namespace}, PodKeysets: h.pods, PodRevocations: h.revoked,
	})
	h.Expect(err).NotTo(HaveOccurred())
	stopped := make(chan error, 1)
	go func() { stopped <- manager.Start(h.ctx) }()
	h.t.Cleanup(func() { NewWithT(h.t).Expect(<-stopped).To(Succeed()) })
	h.Expect(manager.GetCache().WaitForCacheSync(h.ctx)).To(BeTrue())
}

// eventually waits until a check passes.
func (h *harness) eventually(check func(g Gomega)) {
	h.t.Helper()
	h.Eventually(check).WithTimeout(soon).WithPolling(10 * time.Millisecond).Should(Succeed())
}

func TestOperatorFollowsEvents(t *testing.T) {
	h := newHarness(t)
	startOperator(h)
	h.create(h.newKey("key", "demo"))
	h.eventually(func(g Gomega) {
		g.Expect(h.keyCondition("key").Reason).To(Equal(v1alpha1.ReasonProjectNotFound))
	})
	h.create(h.newProject("demo", twoShards))
	h.eventually(func(g Gomega) {
		g.Expect(h.keyCondition("key").Status).To(Equal(metav1.ConditionTrue))
		g.Expect(h.projectCondition("demo", v1alpha1.ConditionDependenciesReady).Reason).To(Equal(v1alpha1.ReasonSecretNotFound))
	})

	h.createDependencies()
	h.eventually(func(g Gomega) {
		g.Expect(h.projectCondition("demo", v1alpha1.ConditionDependenciesReady).Status).To(Equal(metav1.ConditionTrue))
	})
	h.Expect(h.client.Delete(h.ctx, h.secret("redis"))).To(Succeed())
	h.eventually(func(g Gomega) {
		g.Expect(h.projectCondition("demo", v1alpha1.ConditionDependenciesReady).Reason).To(Equal(v1alpha1.ReasonSecretNotFound))
	})

	deployment := &appsv1.Deployment{}
	h.Expect(h.get("demo-s1", deployment)).To(Succeed())
	h.Expect(h.client.Delete(h.ctx, deployment)).To(Succeed())
	h.eventually(func(g Gomega) {
		again := &appsv1.Deployment{}
		g.Expect(h.get("demo-s1", again)).To(Succeed())
		g.Expect(again.UID).NotTo(Equal(deployment.UID))
	})

	project := h.project("demo")
	project.Spec.Shards = 1
	h.Expect(h.client.Update(h.ctx, project)).To(Succeed())
	h.eventually(func(g Gomega) { g.Expect(h.get("demo-s1", &appsv1.Deployment{})).NotTo(Succeed()) })
}

// Revocation reaches the pods in a moment: with kubelet's 0.17 s it stays well
// under a second.
func TestOperatorRevokesAtOnce(t *testing.T) {
	h := newHarness(t)
	h.createDependencies()
	startOperator(h)
	h.create(h.newProject("demo"), h.newKey("key", "demo"), h.newKey("other", "demo"))
	h.eventually(func(g Gomega) {
		g.Expect(h.keyCondition("key").Status).To(Equal(metav1.ConditionTrue))
		g.Expect(h.keyCondition("other").Status).To(Equal(metav1.ConditionTrue))
	})
	h.createPod("demo", "pod", "10.0.0.1")
	revision := func() string { return h.podAnnotation("pod", resources.AnnotationKeysetRevision) }
	h.eventually(func(g Gomega) { g.Expect(revision()).NotTo(BeEmpty()) })
	value, before := h.value("key"), revision()

	start := time.Now()
	h.Expect(h.client.Delete(h.ctx, h.apiKey("key"))).To(Succeed())
	h.eventually(func(g Gomega) { g.Expect(revision()).NotTo(Equal(before)) })
	t.Logf("from the deletion to the touched pod: %s", time.Since(start))
	h.Expect(h.counts("demo", value)).To(BeFalse())
	// The status is written when everything else is done.
	h.eventually(func(g Gomega) {
		g.Expect(h.projectCondition("demo", v1alpha1.ConditionKeysSynced).Status).To(Equal(metav1.ConditionFalse))
	})
	h.pods.set("10.0.0.1", revision())
	h.eventually(func(g Gomega) {
		g.Expect(h.projectCondition("demo", v1alpha1.ConditionKeysSynced).Status).To(Equal(metav1.ConditionTrue))
	})
}

// The cache holds only labelled Secrets, so a Secret that lost its labels and
// one that is somebody else's are both seen through it.
func TestOperatorSeesWhatItsCacheLacks(t *testing.T) {
	h := newHarness(t)
	h.createDependencies()
	h.create(h.newSecret("demo-settings", map[string]string{"mine": "yes"}))
	startOperator(h)
	h.create(h.newProject("demo"), h.newKey("key", "demo"))
	h.eventually(func(g Gomega) {
		g.Expect(h.projectCondition("demo", v1alpha1.ConditionAccepted).Reason).To(Equal(v1alpha1.ReasonNameConflict))
		g.Expect(h.keyCondition("key").Status).To(Equal(metav1.ConditionTrue))
	})
	h.Expect(h.secret("demo-settings").Data).To(HaveLen(1))

	value := h.value("key")
	secret := h.secret("key")
	secret.Labels = nil
	h.Expect(h.client.Update(h.ctx, secret)).To(Succeed())
	h.eventually(func(g Gomega) {
		current := &corev1.Secret{}
		g.Expect(h.get("key", current)).To(Succeed())
		g.Expect(current.Labels).To(HaveKey(resources.LabelPartOf))
		g.Expect(string(current.Data[resources.ApiKeyKey])).To(Equal(value))
	})
}

// A new pod concerns its project, and a new keyset the keys that wait for it:
// nothing else happens here that could make them look.
func TestOperatorHearsOfPodsAndKeysets(t *testing.T) {
	h := newHarness(t)
	h.createDependencies()
	foreign := h.newSecret("demo-keyset", nil)
	h.create(foreign, h.newProject("demo"), h.newKey("key", "demo"))
	startOperator(h)
	h.eventually(func(g Gomega) {
		g.Expect(h.keyCondition("key").Reason).To(Equal(v1alpha1.ReasonKeyPending))
		g.Expect(h.projectCondition("demo", v1alpha1.ConditionAccepted).Reason).To(Equal(v1alpha1.ReasonNameConflict))
	})
	time.Sleep(time.Second) // whatever is under way ends
	h.Expect(h.client.Delete(h.ctx, foreign)).To(Succeed())
	h.Consistently(func() string { return h.keyCondition("key").Reason }).WithTimeout(time.Second).
		Should(Equal(v1alpha1.ReasonKeyPending))
	h.createPod("demo", "pod", "10.0.0.1")
	h.eventually(func(g Gomega) { g.Expect(h.keyCondition("key").Status).To(Equal(metav1.ConditionTrue)) })
}
