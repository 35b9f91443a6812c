package server_test

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/chatserver/server"
	"github.com/parley-chat/parley/test/pod"
)

// notice says that the key counts no more, signed as the operator does unless
// changed.
func (k *keyed) notice(value string, change func(*keyset.SigningKey, *keyset.Revocation)) string {
	k.t.Helper()
	encoded, err := os.ReadFile(k.demo.Configuration.SigningKeysFile)
	k.Expect(err).NotTo(HaveOccurred())
	file, err := keyset.DecodeSigning(encoded, server.DevelopmentProject)
	k.Expect(err).NotTo(HaveOccurred())
	_, id, ok := keyset.Parse(value)
	k.Expect(ok).To(BeTrue())
	revocation := keyset.Revocation{
		Project: server.DevelopmentProject, Keys: []string{id}, NotAfter: time.Now().Add(time.Minute),
	}
	change(&file.Keys[0], &revocation)
	signed, err := keyset.SignRevocation(file.Keys[0], revocation)
	k.Expect(err).NotTo(HaveOccurred())
	return signed
}

func asItIs(*keyset.SigningKey, *keyset.Revocation) {}

func (r *running) pushNotice(notice string) answer {
	r.t.Helper()
	return r.call(http.MethodPost, r.internal+"/revocations", notice, http.Header{})
}

func TestAKeyIsRefusedBeforeTheFileChanges(t *testing.T) {
	k := startKeyed(t)
	kept, revoked := k.open(k.demo.SecretKey.Reveal(), "ada"), k.open(k.extra, "ada")
	before := k.revision()
	notice := k.notice(k.extra, asItIs)

	k.Expect(k.pushNotice(notice)).To(Equal(answer{http.StatusNoContent, ""}))
	k.Expect(k.statusWith(k.extra)).To(Equal(http.StatusUnauthorized), "the first request after the answer")
	expectClosed(t, revoked, closeKeyRevoked)
	k.Expect(k.statusWith(k.demo.SecretKey.Reveal())).To(Equal(http.StatusOK))
	kept.Send(map[string]any{"id": 5, "op": "ping"})
	kept.Await(pod.Answer(5))
	k.Expect(k.revision()).To(Equal(before), "the file is the truth about what the pod holds")
	k.Expect(k.pushNotice(notice).Status).To(Equal(http.StatusNoContent), "once more changes nothing")

	k.mount.replace(k.withoutExtra())
	k.Eventually(k.revision).WithTimeout(hangGuard).ShouldNot(Equal(before))
	encoded, err := k.file.Encode()
	k.Expect(err).NotTo(HaveOccurred())
	k.mount.replace(encoded)
	k.Eventually(k.revision).WithTimeout(hangGuard).Should(Equal(before))
	k.Expect(k.statusWith(k.extra)).To(Equal(http.StatusOK), "the file brings a key back")
	k.Expect(k.logs.String()).NotTo(ContainSubstring(notice))
}

func TestANoticeThatIsNotTheOperatorsRevokesNothing(t *testing.T) {
	k := startKeyed(t)
	socket := k.open(k.extra, "ada")
	good := k.notice(k.extra, asItIs)
	for rule, example := range map[string]struct {
		notice string
		status int
	}{
		"nothing":         {"", http.StatusUnauthorized},
		"no JWT":          {"hello", http.StatusUnauthorized},
		"a user token":    {k.token("ada"), http.StatusUnauthorized},
		"an API key":      {k.extra, http.StatusUnauthorized},
		"cut short":       {good[:len(good)-1], http.StatusUnauthorized},
		"another key":     {k.notice(k.extra, func(key *keyset.SigningKey, _ *keyset.Revocation) { key.Seed = make([]byte, 32) }), http.StatusUnauthorized},
		"another kid":     {k.notice(k.extra, func(key *keyset.SigningKey, _ *keyset.Revocation) { key.ID = "other" }), http.StatusUnauthorized},
		"another project": {k.notice(k.extra, func(_ *keyset.SigningKey, r *keyset.Revocation) { r.Project = "other" }), http.StatusUnauthorized},
		"over":            {k.notice(k.extra, func(_ *keyset.SigningKey, r *keyset.Revocation) { r.NotAfter = time.Now().Add(-time.Second) }), http.StatusUnauthorized},
		"too large":       {good + strings.Repeat("a", keyset.MaxRevocationBytes), http.StatusRequestEntityTooLarge},
	} {
		refusal := k.pushNotice(example.notice)
		k.Expect(refusal.Status).To(Equal(example.status), rule)
		k.Expect(refusal.Body).To(Or(Equal("refused\n"), Equal("too large\n")), rule)
	}
	k.Expect(k.statusWith(k.extra)).To(Equal(http.StatusOK))
	socket.Send(map[string]any{"id": 5, "op": "ping"})
	socket.Await(pod.Answer(5))
	k.Expect(k.logs.String()).NotTo(Or(ContainSubstring(k.extra), ContainSubstring(good)))
}

func TestNoticesAreForTheInternalPortAlone(t *testing.T) {
	k := startKeyed(t)
	good := k.notice(k.extra, asItIs)
	k.Expect(k.call(http.MethodPost, k.URL+"/revocations", good, k.secret()).Status).To(Equal(http.StatusNotFound))
	k.Expect(k.probe("/revocations").Status).To(Equal(http.StatusMethodNotAllowed))
	k.Expect(k.statusWith(k.extra)).To(Equal(http.StatusOK))
}

func TestAServerThatHasNotOpenedYetTakesNoNotice(t *testing.T) {
	r, _ := run(t, withPostgresAt(t, prepare(t), "postgres://parley@"+closedAddress(t)+"/parley?sslmode=disable"))
	r.Expect(r.pushNotice("anything")).To(Equal(answer{http.StatusServiceUnavailable, "starting\n"}))
	r.Expect(r.stop()).NotTo(Succeed())
}
