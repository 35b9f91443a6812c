package controllers_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/parley-chat/parley/api/v1alpha1"
	"github.com/parley-chat/parley/controllers"
	"github.com/parley-chat/parley/controllers/resources"
)

func TestPodsAreTouchedForEveryKeyset(t *testing.T) {
	h := settledProject(t)
	h.createPod("demo", "old", "10.0.0.1")
	h.createPod("other", "foreign", "10.0.0.2")
	h.reconcileProject("demo")
	first := h.project("demo").Status.KeysetRevision
	h.Expect(first).NotTo(BeEmpty())
	h.Expect(h.podAnnotation("old", resources.AnnotationKeysetRevision)).To(Equal(first), "a pod that lacks it")

	h.Expect(h.client.Delete(h.ctx, h.apiKey("key"))).To(Succeed())
	h.createPod("demo", "new", "10.0.0.3")
	h.reconcileProject("demo")
	second := h.project("demo").Status.KeysetRevision
	h.Expect(second).NotTo(Equal(first))
	h.Expect(h.podAnnotation("old", resources.AnnotationKeysetRevision)).To(Equal(second))
	h.Expect(h.podAnnotation("new", resources.AnnotationKeysetRevision)).To(Equal(second))
	h.Expect(h.podAnnotation("foreign", resources.AnnotationKeysetRevision)).To(BeEmpty())
}

func TestKeysSynced(t *testing.T) {
	h := settledProject(t)
	h.createPod("demo", "a", "10.0.0.1")
	h.createPod("demo", "b", "10.0.0.2")
	notReady := &corev1.Pod{}
	h.createPod("demo", "c", "10.0.0.3")
	h.Expect(h.get("c", notReady)).To(Succeed())
	notReady.Status.Conditions[0].Status = corev1.ConditionFalse
	h.Expect(h.client.Status().Update(h.ctx, notReady)).To(Succeed())
	revision := h.project("demo").Status.KeysetRevision
	h.pods.set("10.0.0.1", revision)
	h.pods.set("10.0.0.2", "old")

	result := h.reconcileProject("demo")
	h.Expect(result.RequeueAfter).To(Equal(250 * time.Millisecond))
	condition := h.projectCondition("demo", v1alpha1.ConditionKeysSynced)
	h.Expect(condition.Status).To(Equal(metav1.ConditionFalse))
	h.Expect(condition.Message).To(Equal("1 of 2 ready pods hold the present keyset"))

	touched := h.podAnnotation("b", resources.AnnotationKeysetTouched)
	h.Expect(touched).NotTo(BeEmpty(), "it is touched again")
	h.Expect(h.podAnnotation("a", resources.AnnotationKeysetTouched)).To(BeEmpty())
	h.clock.SetTime(h.clock.Now().Add(time.Second))
	h.reconcileProject("demo")
	h.Expect(h.podAnnotation("b", resources.AnnotationKeysetTouched)).To(Equal(touched), "but not all the time")
	h.clock.SetTime(h.clock.Now().Add(9 * time.Second))
	h.Expect(h.reconcileProject("demo").RequeueAfter).To(Equal(10*time.Second), "and asked less and less often")
	h.Expect(h.podAnnotation("b", resources.AnnotationKeysetTouched)).NotTo(Equal(touched))

	h.pods.set("10.0.0.2", revision)
	h.reconcileProject("demo")
	h.Expect(h.projectCondition("demo", v1alpha1.ConditionKeysSynced).Status).To(Equal(metav1.ConditionTrue))
}

// roundTrip answers instead of a pod.
type roundTrip func(*http.Request) *http.Response

func (r roundTrip) RoundTrip(request *http.Request) (*http.Response, error) { return r(request), nil }

func TestHTTPPodKeysets(t *testing.T) {
	cases := []struct {
		name, podIP, body, host, want string
		status                        int
	}{
		{"revision", "10.0.0.1", `{"revision":"abc"}`, "10.0.0.1:8081", "abc", 200},
		{"IPv6", "fd00::1", `{"revision":"abc"}`, "[fd00::1]:8081", "abc", 200},
		{"error", "10.0.0.1", `{}`, "10.0.0.1:8081", "", 503},
		{"not JSON", "10.0.0.1", `hello`, "10.0.0.1:8081", "", 200},
		{"endless", "10.0.0.1", `{"revision":"` + strings.Repeat("a", 1<<20) + `"}`, "10.0.0.1:8081", "", 200},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			g := NewWithT(t)
			asked := ""
			reader := controllers.HTTPPodKeysets{Client: &http.Client{Transport: roundTrip(func(request *http.Request) *http.Response {
				asked = request.URL.Host + request.URL.Path
				recorder := httptest.NewRecorder()
				recorder.WriteHeader(test.status)
				_, _ = recorder.WriteString(test.body)
				return recorder.Result()
			})}}
			revision, err := reader.Revision(t.Context(), test.podIP)
			g.Expect(asked).To(Equal(test.host + "/keyset"))
			g.Expect(revision).To(Equal(test.want))
			g.Expect(err == nil).To(Equal(test.want != ""))
		})
	}
}
