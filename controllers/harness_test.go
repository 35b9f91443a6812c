package controllers_test

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/parley-chat/parley/api/v1alpha1"
	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/controllers"
	"github.com/parley-chat/parley/controllers/resources"
)

// harness is one namespace, and reconcilers that a test runs step by step.
type harness struct {
	*WithT
	t         *testing.T
	ctx       context.Context
	client    client.WithWatch
	namespace string
	clock     *clocktesting.FakePassiveClock
	recorder  *events.FakeRecorder
	pods      *fakePodKeysets
	revoked   *fakePodRevocations
	projects  *controllers.ChatProjectReconciler
	keys      *controllers.ApiKeyReconciler
}

func newHarness(t *testing.T) *harness {
	t.Helper()
	h := &harness{
		WithT:    NewWithT(t),
		t:        t,
		ctx:      t.Context(),
		clock:    clocktesting.NewFakePassiveClock(time.Now().Truncate(time.Second)),
		recorder: events.NewFakeRecorder(1000),
		pods:     &fakePodKeysets{revisions: map[string]string{}},
		revoked:  &fakePodRevocations{notices: map[string][]string{}},
	}
	cluster, err := client.NewWithWatch(shared.admin, client.Options{Scheme: shared.scheme})
	h.Expect(err).NotTo(HaveOccurred())
	h.client = cluster
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}}
	h.Expect(h.client.Create(h.ctx, namespace)).To(Succeed())
	h.namespace = namespace.Name
	h.use(cluster)
	return h
}

// use makes the reconcilers anew over a client, as a restarted operator would.
func (h *harness) use(cluster client.Client) {
	both := controllers.Cluster{Client: cluster, Live: cluster}
	h.projects = &controllers.ChatProjectReconciler{
		Cluster: both, Recorder: h.recorder, PodKeysets: h.pods, PodRevocations: h.revoked, Clock: h.clock, Random: rand.Reader, Image: "chatserver:test",
	}
	h.keys = &controllers.ApiKeyReconciler{Cluster: both, Recorder: h.recorder, Clock: h.clock, Random: rand.Reader}
}

func (h *harness) create(objects ...client.Object) {
	h.t.Helper()
	for _, object := range objects {
		h.Expect(h.client.Create(h.ctx, object)).To(Succeed())
	}
}

func (h *harness) get(name string, into client.Object) error {
	return h.client.Get(h.ctx, h.key(name), into)
}

func (h *harness) key(name string) client.ObjectKey {
	return client.ObjectKey{Namespace: h.namespace, Name: name}
}

func (h *harness) project(name string) *v1alpha1.ChatProject {
	h.t.Helper()
	project := &v1alpha1.ChatProject{}
	h.Expect(h.get(name, project)).To(Succeed())
	return project
}

func (h *harness) apiKey(name string) *v1alpha1.ApiKey {
	h.t.Helper()
	key := &v1alpha1.ApiKey{}
	h.Expect(h.get(name, key)).To(Succeed())
	return key
}

func (h *harness) secret(name string) *corev1.Secret {
	h.t.Helper()
	secret := &corev1.Secret{}
	h.Expect(h.get(name, secret)).To(Succeed())
	return secret
}

func (h *harness) newProject(name string, change ...func(*v1alpha1.ChatProjectSpec)) *v1alpha1.ChatProject {
	project := &v1alpha1.ChatProject{
		ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: name},
		Spec: v1alpha1.ChatProjectSpec{
			Postgres: v1alpha1.PostgresSpec{SecretRef: v1alpha1.SecretKeyReference{Name: "postgres"}},
			Redis:    v1alpha1.RedisSpec{SecretRef: v1alpha1.SecretKeyReference{Name: "redis"}},
		},
	}
	for _, apply := range change {
		apply(&project.Spec)
	}
	return project
}

func (h *harness) newKey(name, project string, change ...func(*v1alpha1.ApiKeySpec)) *v1alpha1.ApiKey {
	key := &v1alpha1.ApiKey{
		ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: name},
		Spec:       v1alpha1.ApiKeySpec{ProjectRef: v1alpha1.ProjectReference{Name: project}, Type: v1alpha1.SecretApiKey},
	}
	for _, apply := range change {
		apply(&key.Spec)
	}
	return key
}

func (h *harness) newSecret(name string, data map[string]string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: name}, StringData: data}
}

func (h *harness) createDependencies() {
	h.t.Helper()
	h.create(h.newSecret("postgres", map[string]string{"uri": "postgres://"}), h.newSecret("redis", map[string]string{"uri": "redis://"}))
}

func (h *harness) reconcileProject(name string) ctrl.Result {
	h.t.Helper()
	result, err := h.projects.Reconcile(h.ctx, ctrl.Request{NamespacedName: h.key(name)})
	h.Expect(err).NotTo(HaveOccurred())
	return result
}

func (h *harness) reconcileKey(name string) ctrl.Result {
	h.t.Helper()
	result, err := h.keys.Reconcile(h.ctx, ctrl.Request{NamespacedName: h.key(name)})
	h.Expect(err).NotTo(HaveOccurred())
	return result
}

// settle reconciles a project and its keys until nothing is left to do.
func (h *harness) settle(project string) {
	h.t.Helper()
	var list v1alpha1.ApiKeyList
	h.Expect(h.client.List(h.ctx, &list, client.InNamespace(h.namespace))).To(Succeed())
	for range 3 {
		for _, key := range list.Items {
			h.reconcileKey(key.Name)
		}
		h.reconcileProject(project)
	}
}

// keyset loads what the servers of a project would load.
func (h *harness) keyset(project string) (keyset.File, *keyset.Set) {
	h.t.Helper()
	encoded := h.secret(resources.KeysetSecretName(project)).Data[resources.KeysetKey]
	file, err := keyset.Decode(encoded)
	h.Expect(err).NotTo(HaveOccurred())
	set, err := keyset.Load(encoded, string(h.project(project).UID))
	h.Expect(err).NotTo(HaveOccurred())
	return file, set
}

// counts reports whether the servers of a project would accept a key value.
func (h *harness) counts(project, value string) bool {
	h.t.Helper()
	_, set := h.keyset(project)
	_, ok := set.Verify(value, h.clock.Now())
	return ok
}

func (h *harness) value(secret string) string {
	h.t.Helper()
	return string(h.secret(secret).Data[resources.ApiKeyKey])
}

func (h *harness) projectCondition(name, conditionType string) metav1.Condition {
	h.t.Helper()
	return found(h.project(name).Status.Conditions, conditionType)
}

func (h *harness) keyCondition(name string) metav1.Condition {
	h.t.Helper()
	return found(h.apiKey(name).Status.Conditions, v1alpha1.ConditionReady)
}

func found(conditions []metav1.Condition, conditionType string) metav1.Condition {
	if condition := meta.FindStatusCondition(conditions, conditionType); condition != nil {
		return *condition
	}
	return metav1.Condition{}
}

// createPod plays a ready pod of a project.
func (h *harness) createPod(project, name, podIP string) {
	h.t.Helper()
	labels := resources.ShardSelector(project, 0)
	labels[resources.LabelPartOf] = resources.PartOf
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: name, Labels: labels},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "chatserver", Image: "chatserver"}}},
	}
	h.create(pod)
	// A patch, because a running operator may touch the pod meanwhile.
	before := client.MergeFrom(pod.DeepCopy())
	pod.Status.Phase = corev1.PodRunning
	pod.Status.PodIP = podIP
	pod.Status.PodIPs = []corev1.PodIP{{IP: podIP}}
	pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	h.Expect(h.client.Status().Patch(h.ctx, pod, before)).To(Succeed())
}

func (h *harness) podAnnotation(name, annotation string) string {
	pod := &corev1.Pod{}
	h.Expect(h.get(name, pod)).To(Succeed())
	return pod.Annotations[annotation]
}

// fakePodKeysets plays the pods' internal port.
type fakePodKeysets struct {
	mutex     sync.Mutex
	revisions map[string]string // by address
}

func (k *fakePodKeysets) set(podIP, revision string) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.revisions[podIP] = revision
}

func (k *fakePodKeysets) Revision(_ context.Context, podIP string) (string, error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if revision, ok := k.revisions[podIP]; ok {
		return revision, nil
	}
	return "", errors.New("connection refused")
}

func requestFor(h *harness, name string) ctrl.Request {
	return ctrl.Request{NamespacedName: h.key(name)}
}
