package hub_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/auth"
	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/bus/memory"
	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/test/pod"
)

const closeTokensRevoked = 4002

// expectRevoked reads until the connection ends.
func expectRevoked(t *testing.T, socket *pod.Socket) {
	t.Helper()
	for {
		_, err := socket.TryNext()
		if err == nil {
			continue
		}
		var closed *websocket.CloseError
		NewWithT(t).Expect(errors.As(err, &closed)).To(BeTrue(), "%v", err)
		NewWithT(t).Expect(closed.Code).To(Equal(closeTokensRevoked))
		return
	}
}

func TestRevokedTokensCloseTheSessionsOfAPodThatNoNoticeReaches(t *testing.T) {
	// Each pod has a network of its own: nothing gets from one to the other.
	project := pod.New(t, pod.Options{Timing: slow, Bus: func(receiver bus.Receiver) bus.Bus { return memory.New(receiver) }})
	ada := project.User(t, "ada")
	one, two := project.Start(t), project.Start(t)
	far := two.Open(t, pod.Bearer(project.Token(t, ada)))
	revoke(t, project, one, ada)
	expectRevoked(t, far)
}

func TestANoticeClosesTheSessionsOfRevokedTokensWithoutTheStore(t *testing.T) {
	blind := &unaskedStore{}
	project := pod.New(t, pod.Options{Timing: slow})
	blind.Store = project.Store
	project.Store = blind
	ada := project.User(t, "ada")
	one, two := project.Start(t), project.Start(t)
	far, near := two.Open(t, pod.Bearer(project.Token(t, ada))), one.Open(t, pod.Bearer(project.Token(t, ada)))
	revoke(t, project, one, ada)
	expectRevoked(t, far)
	expectRevoked(t, near)
}

func TestASessionOfALaterEpochStays(t *testing.T) {
	g := NewWithT(t)
	project := pod.New(t, pod.Options{Timing: slow})
	ada := project.User(t, "ada")
	target := project.Start(t)
	revoke(t, project, target, ada)
	present, err := project.Store.User(t.Context(), model.UserRef{ID: ada.ID})
	g.Expect(err).NotTo(HaveOccurred())
	socket := target.Open(t, pod.Bearer(project.Token(t, present)))
	// Several polls look back to the revocation.
	g.Consistently(func() int { return target.Hub.Sessions() }, 2*time.Second).Should(Equal(1))
	socket.Send(map[string]any{"id": 1, "op": "ping"})
	g.Expect(socket.Await(pod.Answer(1)).Error).To(BeNil())
}

func revoke(t *testing.T, project *pod.Project, through *pod.Pod, user model.User) {
	t.Helper()
	principal := adminOf(t, through, project)
	NewWithT(t).Expect(through.Chat.RevokeTokens(t.Context(), principal, model.UserRef{ID: user.ID})).To(Succeed())
}

// unaskedStore knows of no revocation.
type unaskedStore struct{ store.Store }

func (*unaskedStore) RevokedSince(context.Context, time.Time) ([]store.UserEpoch, error) {
	return nil, errors.New("not asked")
}

// adminOf is the project's own server.
func adminOf(t *testing.T, through *pod.Pod, project *pod.Project) chat.Principal {
	t.Helper()
	session, err := through.Authenticator.Authenticate(t.Context(), auth.Credentials{Key: project.SecretKey})
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return session.Principal
}
