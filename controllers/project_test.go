package controllers_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/parley-chat/parley/api/v1alpha1"
	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/controllers/resources"
)

// children names every object of a project "demo" with two shards.
func children() map[string]client.Object {
	return map[string]client.Object{
		"keyset Secret":           named(&corev1.Secret{}, "demo-keyset"),
		"signing keys Secret":     named(&corev1.Secret{}, "demo-signing-keys"),
		"settings Secret":         named(&corev1.Secret{}, "demo-settings"),
		"ServiceAccount":          named(&corev1.ServiceAccount{}, "demo"),
		"project Service":         named(&corev1.Service{}, "demo"),
		"shard 0 Service":         named(&corev1.Service{}, "demo-s0"),
		"shard 0 Deployment":      named(&appsv1.Deployment{}, "demo-s0"),
		"shard 0 PDB":             named(&policyv1.PodDisruptionBudget{}, "demo-s0"),
		"shard 1 Service":         named(&corev1.Service{}, "demo-s1"),
		"shard 1 Deployment":      named(&appsv1.Deployment{}, "demo-s1"),
		"shard 1 PDB":             named(&policyv1.PodDisruptionBudget{}, "demo-s1"),
		"the ApiKey's own Secret": named(&corev1.Secret{}, "key"),
	}
}

func named(object client.Object, name string) client.Object {
	object.SetName(name)
	return object
}

func twoShards(spec *v1alpha1.ChatProjectSpec) { spec.Shards = 2 }

func settledProject(t *testing.T) *harness {
	t.Helper()
	h := newHarness(t)
	h.createDependencies()
	h.create(h.newProject("demo", twoShards), h.newKey("key", "demo"))
	h.settle("demo")
	return h
}

func TestProjectMakesItsChildren(t *testing.T) {
	h := settledProject(t)
	for name, child := range children() {
		h.Expect(h.get(child.GetName(), child)).To(Succeed(), name)
		owner := metav1.GetControllerOf(child)
		h.Expect(owner).NotTo(BeNil(), name)
		if child.GetName() == "key" {
			h.Expect(owner.UID).To(Equal(h.apiKey("key").UID))
		} else {
			h.Expect(owner.UID).To(Equal(h.project("demo").UID), name)
		}
		h.Expect(child.GetLabels()).To(HaveKeyWithValue(resources.LabelPartOf, "parley"), name)
	}
	h.Expect(h.project("demo").Status.URL).To(Equal("http://demo." + h.namespace + ".svc"))
}

func TestNothingIsWrittenTwice(t *testing.T) {
	h := settledProject(t)
	project := h.project("demo")
	project.Spec.Pod.Resources = v1alpha1.PodResources{ // written otherwise than the cluster keeps them
		Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("0.5"), corev1.ResourceMemory: resource.MustParse("1024Ki")},
		Limits:   corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1000m"), corev1.ResourceMemory: resource.MustParse("0.25Gi")},
	}
	h.Expect(h.client.Update(h.ctx, project)).To(Succeed())
	h.createPod("demo", "pod", "10.0.0.1")
	h.pods.set("10.0.0.1", h.project("demo").Status.KeysetRevision)
	h.settle("demo")
	before := versions(h)

	h.use((&dying{}).over(h.client)) // the first write would fail
	h.settle("demo")
	h.Expect(versions(h)).To(Equal(before))
}

func versions(h *harness) map[string]string {
	h.t.Helper()
	result := map[string]string{
		"project": h.project("demo").ResourceVersion,
		"ApiKey":  h.apiKey("key").ResourceVersion,
	}
	for name, child := range children() {
		h.Expect(h.get(child.GetName(), child)).To(Succeed(), name)
		result[name] = child.GetResourceVersion()
	}
	return result
}

func TestDeletedChildComesBack(t *testing.T) {
	h := settledProject(t)
	for name, child := range children() {
		h.Expect(h.get(child.GetName(), child)).To(Succeed(), name)
		h.Expect(h.client.Delete(h.ctx, child, client.PropagationPolicy(metav1.DeletePropagationBackground))).To(Succeed(), name)
	}
	h.settle("demo")
	for name, child := range children() {
		h.Expect(h.get(child.GetName(), child)).To(Succeed(), name)
	}
}

func TestEditedChildIsPutRight(t *testing.T) {
	h := settledProject(t)
	deployment := &appsv1.Deployment{}
	h.Expect(h.get("demo-s0", deployment)).To(Succeed())
	deployment.Spec.Replicas = new(int32)
	deployment.Spec.Template.Spec.Containers[0].Image = "other"
	deployment.Annotations = map[string]string{"kept": "yes"}
	h.Expect(h.client.Update(h.ctx, deployment)).To(Succeed())
	service := &corev1.Service{}
	h.Expect(h.get("demo", service)).To(Succeed())
	service.Spec.Selector = map[string]string{"app": "other"}
	delete(service.Labels, resources.LabelPartOf)
	h.Expect(h.client.Update(h.ctx, service)).To(Succeed())
	settings := h.secret("demo-settings")
	settings.Data[resources.SettingsKey] = []byte("{}")
	h.Expect(h.client.Update(h.ctx, settings)).To(Succeed())

	h.settle("demo")
	h.Expect(h.get("demo-s0", deployment)).To(Succeed())
	h.Expect(*deployment.Spec.Replicas).To(BeEquivalentTo(2))
	h.Expect(deployment.Spec.Template.Spec.Containers[0].Image).To(Equal("chatserver:test"))
	h.Expect(deployment.Annotations).To(HaveKeyWithValue("kept", "yes"))
	h.Expect(h.get("demo", service)).To(Succeed())
	h.Expect(service.Spec.Selector).To(Equal(resources.ProjectSelector("demo")))
	h.Expect(service.Labels).To(HaveKey(resources.LabelPartOf))
	h.Expect(string(h.secret("demo-settings").Data[resources.SettingsKey])).To(ContainSubstring("keysetFile"))
}

func TestSigningKeysStay(t *testing.T) {
	h := settledProject(t)
	before := h.secret("demo-signing-keys").Data[resources.SigningKeysKey]
	h.reconcileProject("demo")
	h.Expect(h.secret("demo-signing-keys").Data[resources.SigningKeysKey]).To(Equal(before))

	secret := h.secret("demo-signing-keys")
	secret.Data[resources.SigningKeysKey] = []byte("broken")
	h.Expect(h.client.Update(h.ctx, secret)).To(Succeed())
	h.reconcileProject("demo")
	_, err := keyset.DecodeSigning(h.secret("demo-signing-keys").Data[resources.SigningKeysKey], string(h.project("demo").UID))
	h.Expect(err).NotTo(HaveOccurred())
}

func TestUnwantedChildrenGo(t *testing.T) {
	h := settledProject(t)
	foreign := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: "demo-s7", Labels: map[string]string{
			resources.LabelProject: "demo", resources.LabelPartOf: resources.PartOf,
		}},
		Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 80}}},
	}
	h.create(foreign)
	project := h.project("demo")
	project.Spec.Shards, project.Spec.ReplicasPerShard = 1, 1
	h.Expect(h.client.Update(h.ctx, project)).To(Succeed())
	h.settle("demo")

	gone := []string{"shard 1 Service", "shard 1 Deployment", "shard 1 PDB", "shard 0 PDB"}
	for name, child := range children() {
		err := h.get(child.GetName(), child)
		if slices.Contains(gone, name) {
			h.Expect(apierrors.IsNotFound(err)).To(BeTrue(), name)
		} else {
			h.Expect(err).NotTo(HaveOccurred(), name)
		}
	}
	h.Expect(h.get("demo-s7", foreign)).To(Succeed(), "an object that is not the project's own")
	h.Expect(h.project("demo").Status.Shards).To(HaveLen(1))
}

// An object of somebody else keeps its name, and everything else is made.
func TestNameConflict(t *testing.T) {
	for name, taken := range children() {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			h.createDependencies()
			h.create(h.newProject("demo", twoShards), h.newKey("key", "demo"))
			taken.SetNamespace(h.namespace)
			taken.SetLabels(map[string]string{"mine": "yes"})
			fillForeign(taken)
			h.create(taken)
			version := taken.GetResourceVersion()
			h.settle("demo")

			h.Expect(h.get(taken.GetName(), taken)).To(Succeed())
			h.Expect(taken.GetResourceVersion()).To(Equal(version), "it was written")
			condition := h.projectCondition("demo", v1alpha1.ConditionAccepted)
			if taken.GetName() == "key" {
				condition = h.keyCondition("key")
			} else {
				h.Expect(h.projectCondition("demo", v1alpha1.ConditionReady).Reason).To(Equal(v1alpha1.ReasonNameConflict))
			}
			h.Expect(condition.Status).To(Equal(metav1.ConditionFalse))
			h.Expect(condition.Reason).To(Equal(v1alpha1.ReasonNameConflict))
			h.Expect(condition.Message).To(ContainSubstring(" " + taken.GetName()))
			for other, child := range children() {
				if other != name && !dependsOn(other, name) {
					h.Expect(h.get(child.GetName(), child)).To(Succeed(), other)
				}
			}

			h.Expect(h.client.Delete(h.ctx, taken)).To(Succeed())
			h.settle("demo")
			h.Expect(h.projectCondition("demo", v1alpha1.ConditionAccepted).Status).To(Equal(metav1.ConditionTrue))
		})
	}
}

// dependsOn reports whether a child waits for another: shards for the settings.
func dependsOn(child, other string) bool {
	return other == "settings Secret" && strings.HasPrefix(child, "shard")
}

func fillForeign(object client.Object) {
	labels := map[string]string{"mine": "yes"}
	switch typed := object.(type) {
	case *corev1.Service:
		typed.Spec.Ports = []corev1.ServicePort{{Port: 1}}
	case *appsv1.Deployment:
		typed.Spec.Selector = &metav1.LabelSelector{MatchLabels: labels}
		typed.Spec.Template.Labels = labels
		typed.Spec.Template.Spec.Containers = []corev1.Container{{Name: "a", Image: "a"}}
	}
}

// A project that was made anew under an old name does not take over what the
// old one left behind.
func TestChildOfAnotherProjectIsAConflict(t *testing.T) {
	h := settledProject(t)
	h.Expect(h.client.Delete(h.ctx, h.project("demo"))).To(Succeed())
	h.create(h.newProject("demo"))
	h.settle("demo")
	h.Expect(h.projectCondition("demo", v1alpha1.ConditionAccepted).Reason).To(Equal(v1alpha1.ReasonNameConflict))
	h.Expect(h.keyCondition("key").Status).To(Equal(metav1.ConditionFalse))
}

func TestDependencies(t *testing.T) {
	h := newHarness(t)
	h.create(h.newProject("demo"))
	expect := func(status metav1.ConditionStatus, reason, message string) {
		t.Helper()
		h.reconcileProject("demo")
		condition := h.projectCondition("demo", v1alpha1.ConditionDependenciesReady)
		h.Expect(condition.Status).To(Equal(status))
		h.Expect(condition.Reason).To(Equal(reason))
		h.Expect(condition.Message).To(ContainSubstring(message))
	}
	expect(metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound, `spec.postgres.secretRef: there is no Secret "postgres"`)
	h.create(h.newSecret("postgres", map[string]string{"uri": "postgres://"}))
	expect(metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound, `spec.redis.secretRef: there is no Secret "redis"`)
	h.create(h.newSecret("redis", map[string]string{"url": "redis://"}))
	expect(metav1.ConditionFalse, v1alpha1.ReasonKeyNotFound, `Secret "redis" has nothing under the key "uri"`)
	redis := h.secret("redis")
	redis.StringData = map[string]string{"uri": "redis://"}
	h.Expect(h.client.Update(h.ctx, redis)).To(Succeed())
	expect(metav1.ConditionTrue, v1alpha1.ReasonDependenciesFound, "")
}

func TestImageMissing(t *testing.T) {
	h := newHarness(t)
	h.create(h.newProject("demo"))
	h.projects.Image = ""
	h.reconcileProject("demo")
	h.Expect(h.projectCondition("demo", v1alpha1.ConditionAccepted).Reason).To(Equal(v1alpha1.ReasonImageMissing))
}

// What the cluster refuses is said and not tried again in a hurry.
func TestRefusedSpec(t *testing.T) {
	h := newHarness(t)
	h.createDependencies()
	h.create(h.newProject("demo", func(spec *v1alpha1.ChatProjectSpec) {
		spec.Pod.Resources.Requests = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("2")}
		spec.Pod.Resources.Limits = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1")}
	}))
	result := h.reconcileProject("demo")
	h.Expect(result.RequeueAfter).To(Equal(time.Minute))
	condition := h.projectCondition("demo", v1alpha1.ConditionAccepted)
	h.Expect(condition.Reason).To(Equal(v1alpha1.ReasonRefused))
	h.Expect(condition.Message).To(ContainSubstring("must be less than or equal to cpu limit"))
}

func TestReady(t *testing.T) {
	h := settledProject(t)
	h.Expect(h.projectCondition("demo", v1alpha1.ConditionReady).Reason).To(Equal(v1alpha1.ReasonShardsPending))
	for i, name := range []string{"demo-s0", "demo-s1"} {
		deployment := &appsv1.Deployment{}
		h.Expect(h.get(name, deployment)).To(Succeed())
		deployment.Status = appsv1.DeploymentStatus{
			ObservedGeneration: deployment.Generation, Replicas: 2, ReadyReplicas: 2, AvailableReplicas: 2, UpdatedReplicas: 2,
		}
		h.Expect(h.client.Status().Update(h.ctx, deployment)).To(Succeed())
		h.reconcileProject("demo")
		h.Expect(h.project("demo").Status.Shards[i]).To(Equal(v1alpha1.ShardStatus{Index: int32(i), Replicas: 2, AvailableReplicas: 2}))
	}
	for _, condition := range h.project("demo").Status.Conditions {
		h.Expect(condition.Status).To(Equal(metav1.ConditionTrue), condition.Type)
		h.Expect(condition.ObservedGeneration).To(Equal(h.project("demo").Generation))
	}
	h.Expect(h.project("demo").Status.ObservedGeneration).To(Equal(h.project("demo").Generation))

	h.pods.set("10.0.0.1", "old")
	h.createPod("demo", "pod", "10.0.0.1")
	h.reconcileProject("demo")
	h.Expect(h.projectCondition("demo", v1alpha1.ConditionReady).Reason).To(Equal(v1alpha1.ReasonKeysPending))

	h.projects.Image = "chatserver:new"
	h.reconcileProject("demo")
	h.Expect(h.projectCondition("demo", v1alpha1.ConditionShardsAvailable).Message).To(Equal("shard 0 is being changed"),
		"what is known of a Deployment is about the one before")
}

// A settings change rolls the pods, a new key does not.
func TestWhatRollsPods(t *testing.T) {
	h := settledProject(t)
	template := func() corev1.PodTemplateSpec {
		deployment := &appsv1.Deployment{}
		h.Expect(h.get("demo-s0", deployment)).To(Succeed())
		return deployment.Spec.Template
	}
	before := template()
	h.create(h.newKey("another", "demo"))
	h.settle("demo")
	h.Expect(template()).To(Equal(before))

	project := h.project("demo")
	project.Spec.Auth.GuestSessions = true
	h.Expect(h.client.Update(h.ctx, project)).To(Succeed())
	h.settle("demo")
	h.Expect(template()).NotTo(Equal(before))
}

// An error that passes says nothing about the project.
func TestPassingErrorKeepsConditions(t *testing.T) {
	h := settledProject(t)
	before := h.project("demo").Status
	h.use((&dying{dead: true}).over(h.client))
	_, err := h.projects.Reconcile(h.ctx, requestFor(h, "demo"))
	h.Expect(errors.Is(err, errCrash)).To(BeTrue())
	h.Expect(h.project("demo").Status).To(Equal(before))
}
