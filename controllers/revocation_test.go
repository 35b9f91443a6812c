package controllers_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/parley-chat/parley/api/v1alpha1"
	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/controllers"
	"github.com/parley-chat/parley/controllers/resources"
)

// fakePodRevocations plays the pods' internal port.
type fakePodRevocations struct {
	mutex   sync.Mutex
	notices map[string][]string                        // by address
	answer  func(ctx context.Context, ip string) error // nil: takes it
}

func (p *fakePodRevocations) Revoke(ctx context.Context, podIP, notice string) error {
	p.mutex.Lock()
	p.notices[podIP] = append(p.notices[podIP], notice)
	answer := p.answer
	p.mutex.Unlock()
	if answer == nil {
		return nil
	}
	return answer(ctx, podIP)
}

func (p *fakePodRevocations) told() map[string][]string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	told := p.notices
	p.notices = map[string][]string{}
	return told
}

// revocations returns what each pod was told since it was asked last, as the
// servers of the project would understand it.
func (h *harness) revocations(project string) map[string][]keyset.Revocation {
	h.t.Helper()
	h.projects.AwaitPushes()
	uid := string(h.project(project).UID)
	file, err := keyset.DecodeSigning(h.secret(resources.SigningKeysSecretName(project)).Data[resources.SigningKeysKey], uid)
	h.Expect(err).NotTo(HaveOccurred())
	public, _ := file.Keys[0].Private().Public().(ed25519.PublicKey)
	understood := map[string][]keyset.Revocation{}
	for podIP, notices := range h.revoked.told() {
		for _, notice := range notices {
			revocation, err := keyset.VerifyRevocation(notice, uid,
				func(kid string) (ed25519.PublicKey, bool) { return public, kid == file.Keys[0].ID }, h.clock.Now())
			h.Expect(err).NotTo(HaveOccurred())
			h.Expect(revocation.NotAfter).To(BeTemporally("==", h.clock.Now().Add(5*time.Minute)))
			understood[podIP] = append(understood[podIP], revocation)
		}
	}
	return understood
}

func (h *harness) keyID(name string) string {
	h.t.Helper()
	_, id, ok := keyset.Parse(h.value(name))
	h.Expect(ok).To(BeTrue())
	return id
}

func (h *harness) setPod(name string, change func(*corev1.Pod)) {
	h.t.Helper()
	pod := &corev1.Pod{}
	h.Expect(h.get(name, pod)).To(Succeed())
	change(pod)
	h.Expect(h.client.Status().Update(h.ctx, pod)).To(Succeed())
}

func TestPodsAreToldOfKeysThatCeaseToCount(t *testing.T) {
	for _, example := range []struct {
		name  string
		cease func(*harness)
		told  bool
	}{
		{"deleted", func(h *harness) { h.Expect(h.client.Delete(h.ctx, h.apiKey("key"))).To(Succeed()) }, true},
		{"disabled", func(h *harness) {
			key := h.apiKey("key")
			key.Spec.Disabled = true
			h.Expect(h.client.Update(h.ctx, key)).To(Succeed())
		}, true},
		{"value replaced", func(h *harness) { h.overwrite("key", "") }, true},
		{"another made", func(h *harness) {
			h.create(h.newKey("third", "demo"))
			h.reconcileKey("third")
		}, false},
		{"nothing", func(*harness) {}, false},
	} {
		t.Run(example.name, func(t *testing.T) {
			h := settledProject(t)
			h.create(h.newKey("other", "demo"))
			h.settle("demo")
			h.createPod("demo", "ready", "10.0.0.1")
			h.createPod("demo", "starting", "10.0.0.2")
			h.setPod("starting", func(pod *corev1.Pod) { pod.Status.Conditions = nil })
			h.createPod("demo", "over", "10.0.0.3")
			h.setPod("over", func(pod *corev1.Pod) { pod.Status.Phase = corev1.PodFailed })
			h.createPod("demo", "without-address", "10.0.0.5")
			h.setPod("without-address", func(pod *corev1.Pod) { pod.Status.PodIP, pod.Status.PodIPs = "", nil })
			h.createPod("elsewhere", "foreign", "10.0.0.4")
			h.settle("demo")
			h.Expect(h.revocations("demo")).To(BeEmpty(), "keys that come are no news")

			id := h.keyID("key")
			example.cease(h)
			h.reconcileProject("demo")
			told := h.revocations("demo")
			if !example.told {
				h.Expect(told).To(BeEmpty())
				return
			}
			h.Expect(told).To(HaveLen(2))
			for _, podIP := range []string{"10.0.0.1", "10.0.0.2"} {
				h.Expect(told[podIP]).To(HaveLen(1))
				h.Expect(told[podIP][0].Keys).To(Equal([]string{id}))
			}
			h.reconcileProject("demo")
			h.Expect(h.projectCondition("demo", v1alpha1.ConditionKeysSynced).Reason).NotTo(BeEmpty())
			h.Expect(h.revocations("demo")).To(BeEmpty(), "a pod that lags is not told again")
		})
	}
}

// A pod that never answers must hold up neither the reconcile nor other pods.
func TestAPodThatDoesNotListenHoldsUpNothing(t *testing.T) {
	h := settledProject(t)
	h.createPod("demo", "deaf", "10.0.0.1")
	h.createPod("demo", "refusing", "10.0.0.2")
	h.createPod("demo", "good", "10.0.0.3")
	h.reconcileProject("demo")
	var bounded time.Duration
	var ended error
	release := make(chan struct{})
	h.revoked.answer = func(ctx context.Context, podIP string) error {
		switch podIP {
		case "10.0.0.1":
			deadline, _ := ctx.Deadline()
			bounded = time.Until(deadline)
			<-release
			ended = ctx.Err()
			return ended
		case "10.0.0.2":
			return errors.New("connection refused")
		}
		return nil
	}
	h.Expect(h.client.Delete(h.ctx, h.apiKey("key"))).To(Succeed())
	ctx, cancel := context.WithCancel(h.ctx)
	_, err := h.projects.Reconcile(ctx, requestFor(h, "demo"))
	cancel() // as the manager does after each reconcile
	h.Expect(err).NotTo(HaveOccurred())
	h.Expect(h.podAnnotation("deaf", resources.AnnotationKeysetRevision)).To(Equal(h.project("demo").Status.KeysetRevision))
	close(release)
	h.Expect(h.revocations("demo")).To(HaveLen(3))
	h.Expect(ended).NotTo(HaveOccurred(), "the notice goes on when the reconcile is over")
	h.Expect(bounded).To(And(BeNumerically(">", 0), BeNumerically("<=", time.Second)))
}

// Without a key to sign with, the file and the touch revoke the key.
func TestAProjectWithoutSigningKeysRevokesByTheFile(t *testing.T) {
	h := settledProject(t)
	h.createPod("demo", "a", "10.0.0.1")
	h.reconcileProject("demo")
	value := h.value("key")
	h.Expect(h.client.Delete(h.ctx, h.secret(resources.SigningKeysSecretName("demo")))).To(Succeed())
	h.Expect(h.client.Delete(h.ctx, h.apiKey("key"))).To(Succeed())
	h.reconcileProject("demo")
	h.Expect(h.revocations("demo")).To(BeEmpty())
	h.Expect(h.counts("demo", value)).To(BeFalse())
	h.Expect(h.podAnnotation("a", resources.AnnotationKeysetRevision)).To(Equal(h.project("demo").Status.KeysetRevision))
}

func TestHTTPPodRevocations(t *testing.T) {
	for _, example := range []struct {
		name, podIP, host string
		status            int
		taken             bool
	}{
		{"taken", "10.0.0.1", "10.0.0.1:8081", http.StatusNoContent, true},
		{"IPv6", "fd00::1", "[fd00::1]:8081", http.StatusNoContent, true},
		{"refused", "10.0.0.1", "10.0.0.1:8081", http.StatusUnauthorized, false},
		{"starting", "10.0.0.1", "10.0.0.1:8081", http.StatusServiceUnavailable, false},
		{"an older server", "10.0.0.1", "10.0.0.1:8081", http.StatusNotFound, false},
		{"something else", "10.0.0.1", "10.0.0.1:8081", http.StatusOK, false},
	} {
		t.Run(example.name, func(t *testing.T) {
			g := NewWithT(t)
			asked, body := "", ""
			pods := controllers.HTTPPodRevocations{Client: &http.Client{Transport: roundTrip(func(request *http.Request) *http.Response {
				asked = request.Method + " " + request.URL.Host + request.URL.Path
				content, _ := io.ReadAll(request.Body)
				body = string(content)
				recorder := httptest.NewRecorder()
				recorder.WriteHeader(example.status)
				return recorder.Result()
			})}}
			err := pods.Revoke(t.Context(), example.podIP, "the notice")
			g.Expect(asked).To(Equal("POST " + example.host + "/revocations"))
			g.Expect(body).To(Equal("the notice"))
			if example.taken {
				g.Expect(err).NotTo(HaveOccurred())
				return
			}
			g.Expect(err).To(MatchError(HavePrefix("tell a pod of revoked keys: ")))
			g.Expect(err.Error()).NotTo(ContainSubstring("the notice"))
		})
	}
}

// The garbage collector may take the Secret of a deleted ApiKey before the cache
// hears of the deletion.
func TestADeletedKeyIsNotIssuedAgainFromAStaleCache(t *testing.T) {
	for name, replace := range map[string]func(*harness){
		"gone":          func(*harness) {},
		"being deleted": func(*harness) {},
		"made anew":     func(h *harness) { h.create(h.newKey("key", "demo")) },
	} {
		t.Run(name, func(t *testing.T) {
			h := settledProject(t)
			if name == "being deleted" {
				key := h.apiKey("key")
				key.Finalizers = []string{"example.com/wait"}
				h.Expect(h.client.Update(h.ctx, key)).To(Succeed())
			}
			stale := h.apiKey("key")
			h.Expect(h.client.Delete(h.ctx, stale)).To(Succeed())
			h.Expect(h.client.Delete(h.ctx, h.secret("key"))).To(Succeed())
			replace(h)

			cached := interceptor.NewClient(h.client, interceptor.Funcs{
				Get: func(ctx context.Context, cluster client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
					if into, ok := object.(*v1alpha1.ApiKey); ok {
						stale.DeepCopyInto(into)
						return nil
					}
					return cluster.Get(ctx, key, object, options...)
				},
			})
			h.keys.Cluster = controllers.Cluster{Client: cached, Live: h.client}
			told := len(h.recorder.Events)
			h.reconcileKey("key")
			h.Expect(h.get("key", &corev1.Secret{})).NotTo(Succeed())
			h.Expect(h.recorder.Events).To(HaveLen(told), "nothing is said of it")
		})
	}
}
