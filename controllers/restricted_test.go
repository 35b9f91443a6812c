package controllers_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

// restrict makes the harness's namespace one where only restricted pods may run.
func (h *harness) restrict() {
	h.t.Helper()
	namespace := &corev1.Namespace{}
	h.Expect(h.client.Get(h.ctx, client.ObjectKey{Name: h.namespace}, namespace)).To(Succeed())
	namespace.Labels["pod-security.kubernetes.io/enforce"] = "restricted"
	h.Expect(h.client.Update(h.ctx, namespace)).To(Succeed())
}

func (h *harness) expectPodAllowed(template corev1.PodTemplateSpec) {
	h.t.Helper()
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: "pod"}, Spec: template.Spec}
	h.Expect(h.client.Create(h.ctx, pod, client.DryRunAll)).To(Succeed())
}

func TestChatServerPodsAreRestricted(t *testing.T) {
	h := settledProject(t)
	h.restrict()
	deployment := &appsv1.Deployment{}
	h.Expect(h.get("demo-s0", deployment)).To(Succeed())
	h.expectPodAllowed(deployment.Spec.Template)
}

// What config/ ships is accepted as it stands, without a field that the API
// server does not know, and runs where only restricted pods may.
func TestShippedManifests(t *testing.T) {
	for _, folder := range []string{"samples", "samples/demo", "manager", "rbac", "crd/bases"} {
		files, err := filepath.Glob(filepath.Join(repository, "config", folder, "*.yaml"))
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		NewWithT(t).Expect(files).NotTo(BeEmpty())
		for _, file := range files {
			if filepath.Base(file) != "kustomization.yaml" {
				t.Run(filepath.Join(folder, filepath.Base(file)), func(t *testing.T) { checkManifest(t, file) })
			}
		}
	}
}

func checkManifest(t *testing.T, file string) {
	t.Helper()
	h := newHarness(t)
	h.restrict()
	content, err := os.ReadFile(file)
	h.Expect(err).NotTo(HaveOccurred())
	for _, document := range bytes.Split(content, []byte("\n---\n")) {
		object := &unstructured.Unstructured{}
		h.Expect(yaml.Unmarshal(document, &object.Object)).To(Succeed())
		namespaced, err := h.client.IsObjectNamespaced(object)
		h.Expect(err).NotTo(HaveOccurred())
		if namespaced {
			object.SetNamespace(h.namespace)
		} else {
			object.SetNamespace("")
		}
		h.Expect(h.client.Patch(h.ctx, object, client.Apply, client.FieldOwner("test"), client.ForceOwnership, //nolint:staticcheck // one document of any kind
			client.DryRunAll, client.FieldValidation(metav1.FieldValidationStrict))).To(Succeed())
		var workload appsv1.Deployment // a StatefulSet has its template in the same place
		if kind := object.GetKind(); kind == "Deployment" || kind == "StatefulSet" {
			h.Expect(runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &workload)).To(Succeed())
			for _, claim := range claims(object) {
				workload.Spec.Template.Spec.Volumes = append(workload.Spec.Template.Spec.Volumes, corev1.Volume{Name: claim})
			}
			h.expectPodAllowed(workload.Spec.Template)
		}
	}
}

func claims(object *unstructured.Unstructured) []string {
	templates, _, _ := unstructured.NestedSlice(object.Object, "spec", "volumeClaimTemplates")
	var names []string
	for _, template := range templates {
		name, _, _ := unstructured.NestedString(template.(map[string]any), "metadata", "name")
		names = append(names, name)
	}
	return names
}
