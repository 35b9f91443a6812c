package auth_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/auth"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/test/issuer"
)

// What the keys of an issuer promise.
const (
	refresh  = 10 * time.Minute // the age at which used keys are fetched again
	idle     = 20 * time.Minute // without use, after which a token waits for them
	lifetime = 24 * time.Hour   // of keys whose issuer is silent
	pause    = 30 * time.Second // between two requests to an issuer
	hang     = time.Minute      // ends a test that waits for what never comes
)

// rotate has the issuer publish a new key, and returns a token of it.
func (f *foreign) rotate(kid string) string {
	f.t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	f.Expect(err).NotTo(HaveOccurred())
	f.issuer.Publish(kid, private)
	return f.issuer.Sign(kid, f.claims())
}

// unknown is a good token whose key the issuer does not publish.
func (f *foreign) unknown(kid string) string {
	f.t.Helper()
	defer f.issuer.Withdraw(kid)
	return f.rotate(kid)
}

// hold has the issuer's server keep requests until the test lets go or ends.
func (f *foreign) hold() (release func()) {
	held := make(chan struct{})
	var once sync.Once
	release = func() { once.Do(func() { close(held) }) }
	f.t.Cleanup(release)
	f.issuer.Answer(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-held:
		case <-r.Context().Done():
		}
		_, _ = w.Write(f.issuer.Document())
	})
	return release
}

func (f *foreign) fail() {
	f.issuer.Answer(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
}

func TestKeysAreFetchedWhenTheFirstTokenComesAndKept(t *testing.T) {
	f := newForeign(t)
	f.Expect(f.issuer.Requests()).To(BeZero())
	for range 10 {
		f.accepted(f.good())
	}
	f.Expect(f.issuer.Requests()).To(Equal(1))
}

func TestFetchesAreCountedByTheirResult(t *testing.T) {
	f := newForeign(t)
	counted := func() string {
		families, err := f.metrics.Gather()
		f.Expect(err).NotTo(HaveOccurred())
		f.Expect(families).To(HaveLen(1))
		var text strings.Builder
		for _, metric := range families[0].GetMetric() {
			fmt.Fprintf(&text, "%s %v ", metric.GetLabel()[0].GetValue(), metric.GetCounter().GetValue())
		}
		return text.String()
	}
	f.Expect(counted()).To(Equal("failed 0 ok 0 "), "both are told from the start")
	f.accepted(f.good())
	f.Expect(counted()).To(Equal("failed 0 ok 1 "))
	f.fail()
	f.now = noon.Add(refresh)
	f.accepted(f.good())
	f.Eventually(counted).WithTimeout(hang).Should(Equal("failed 1 ok 1 "))
}

func TestTokensThatComeAtOnceShareARequest(t *testing.T) {
	const together = 20
	f := newForeign(t)
	release := f.hold()
	token := f.good()
	outcomes := make(chan error, together)
	for range together {
		go func() {
			_, err := f.auth.Authenticate(t.Context(), auth.Credentials{Token: token})
			outcomes <- err
		}()
	}
	f.Eventually(f.issuer.Requests).WithTimeout(hang).Should(Equal(1))
	release()
	for range together {
		f.Expect(<-outcomes).NotTo(HaveOccurred())
	}
	f.Expect(f.issuer.Requests()).To(Equal(1))
}

func TestUsedKeysAreRefreshedInTheBackground(t *testing.T) {
	f := newForeign(t)
	f.accepted(f.good())
	f.now = noon.Add(refresh - time.Nanosecond)
	f.accepted(f.good())
	f.Expect(f.issuer.Requests()).To(Equal(1))

	old := f.good()
	f.issuer.Withdraw(issuer.FirstKey)
	next := f.rotate("next")
	release := f.hold()
	f.now = noon.Add(refresh)
	f.accepted(old)
	f.Eventually(f.issuer.Requests).WithTimeout(hang).Should(Equal(2))
	f.accepted(old)
	release()
	f.accepted(next)
	f.refusedToken(old, "invalid_token")
	f.Expect(f.issuer.Requests()).To(Equal(2), "the token of the new key waits for the request that runs")
}

func TestAfterALongPauseATokenWaitsForFreshKeys(t *testing.T) {
	for _, example := range []struct {
		rule string
		age  time.Duration
		code string
	}{
		{"shorter than the pause", idle - time.Nanosecond, ""},
		{"as long as the pause", idle, "invalid_token"},
	} {
		t.Run(example.rule, func(t *testing.T) {
			f := newForeign(t)
			f.accepted(f.good())
			f.issuer.Withdraw(issuer.FirstKey)
			f.now = noon.Add(example.age)
			release := f.hold()
			token := f.good()
			if example.code == "" {
				f.accepted(token)
				return
			}
			outcomes := make(chan error, 2)
			for range cap(outcomes) {
				go func() {
					_, err := f.auth.Authenticate(t.Context(), auth.Credentials{Token: token})
					outcomes <- err
				}()
			}
			f.Eventually(f.issuer.Requests).WithTimeout(hang).Should(Equal(2))
			release()
			for range cap(outcomes) {
				f.Expect(model.AsError(<-outcomes).Code).To(Equal(example.code))
			}
		})
	}
}

func TestANewKeyCountsAtOnce(t *testing.T) {
	f := newForeign(t)
	f.accepted(f.good())
	f.now = noon.Add(pause)
	f.accepted(f.rotate("next"))
	f.accepted(f.good())
	f.Expect(f.issuer.Requests()).To(Equal(2))
}

func TestAKeyThatIsTakenBackIsRefusedAfterARefresh(t *testing.T) {
	f := newForeign(t)
	f.accepted(f.good())
	f.issuer.Withdraw(issuer.FirstKey)
	f.now = noon.Add(pause)
	f.accepted(f.rotate("next"))
	f.refusedToken(f.good(), "invalid_token")
}

func TestAnEmptySetTakesEveryKeyBack(t *testing.T) {
	f := newForeign(t)
	f.accepted(f.good())
	f.answer(`{"keys":[]}`)
	f.now = noon.Add(pause)
	f.refusedToken(f.unknown("next"), "invalid_token")
	f.refusedToken(f.good(), "invalid_token")
}

func TestUnknownKeysDoNotHammerTheIssuer(t *testing.T) {
	f := newForeign(t)
	f.accepted(f.good())
	attack := func() {
		t.Helper()
		for i := range 50 {
			f.refusedToken(f.unknown(fmt.Sprint(i)), "invalid_token")
		}
	}
	f.now = noon.Add(pause - time.Nanosecond)
	attack()
	f.Expect(f.issuer.Requests()).To(Equal(1))
	for round := range 3 {
		f.now = noon.Add(time.Duration(round+1) * pause)
		attack()
		f.Expect(f.issuer.Requests()).To(Equal(round + 2))
	}
	f.accepted(f.good())
}

func TestKnownKeysCountForADayWhileTheIssuerIsDown(t *testing.T) {
	f := newForeign(t)
	f.accepted(f.good())
	f.issuer.Stop()
	f.now = noon.Add(pause)
	f.refusedToken(f.unknown("next"), "invalid_token")
	f.accepted(f.good())
	f.now = noon.Add(lifetime - time.Nanosecond)
	f.accepted(f.good())
	f.now = noon.Add(lifetime)
	f.refusedToken(f.good(), "unavailable")
}

func TestTheDayBeginsWithTheLastGoodAnswer(t *testing.T) {
	f := newForeign(t)
	f.accepted(f.good())
	f.now = noon.Add(idle)
	f.accepted(f.good())
	f.Expect(f.issuer.Requests()).To(Equal(2))
	f.fail()
	f.now = noon.Add(lifetime + idle - time.Nanosecond)
	f.accepted(f.good())
	f.now = noon.Add(lifetime + idle + pause)
	f.refusedToken(f.good(), "unavailable")
	f.issuer.Answer(nil)
	f.now = f.now.Add(pause)
	f.accepted(f.good())
}

func TestWhileNoKeyIsKnownATokenIsNotJudged(t *testing.T) {
	f := newForeign(t)
	f.fail()
	for range 10 {
		f.refusedToken(f.good(), "unavailable")
		f.refusedToken(f.unknown("next"), "unavailable")
	}
	f.Expect(f.issuer.Requests()).To(Equal(1))

	f.issuer.Answer(nil)
	f.now = noon.Add(pause - time.Nanosecond)
	f.refusedToken(f.good(), "unavailable")
	f.now = noon.Add(pause)
	f.accepted(f.good())
	f.Expect(f.issuer.Requests()).To(Equal(2))
}

func TestAnIssuerThatIsDownFromTheBeginningIsUnavailable(t *testing.T) {
	f := newForeign(t)
	f.issuer.Stop()
	f.refusedToken(f.good(), "unavailable")
	f.Expect(f.accepted(f.token(f.ada)).Principal.User).To(Equal(f.ada.ID), "own tokens do not depend on it")
}

func TestAnIssuerThatDoesNotAnswerIsGivenUp(t *testing.T) {
	f := newForeign(t)
	f.hold()
	f.refusedToken(f.good(), "unavailable")
}

func TestWhoeverGoesAwayDoesNotFailTheOthers(t *testing.T) {
	f := newForeign(t)
	release := f.hold()
	token := f.good()
	impatient, leave := context.WithCancel(t.Context())
	outcome := make(chan error, 1)
	go func() {
		_, err := f.auth.Authenticate(impatient, auth.Credentials{Token: token})
		outcome <- err
	}()
	f.Eventually(f.issuer.Requests).WithTimeout(hang).Should(Equal(1))
	leave()
	err := <-outcome
	f.Expect(model.AsError(err).Code).To(Equal("unavailable"))
	f.Expect(errors.Is(err, context.Canceled)).To(BeTrue())
	release()
	f.accepted(token)
	f.Expect(f.issuer.Requests()).To(Equal(1))
}

func TestCloseEndsARunningRequestAndBeginsNone(t *testing.T) {
	f := newForeign(t)
	f.accepted(f.good())
	f.hold()
	f.now = noon.Add(refresh)
	f.accepted(f.good())
	f.Eventually(f.issuer.Requests).WithTimeout(hang).Should(Equal(2))
	f.issuers.Close()
	f.issuers.Close()
	f.now = noon.Add(idle)
	f.accepted(f.good())
	f.refusedToken(f.unknown("next"), "invalid_token")
	f.Expect(f.issuer.Requests()).To(Equal(2))
}
