package native_test

import (
	"net/http"
	"testing"

	"github.com/parley-chat/parley/test/pod"
)

func TestAnInviteIsToldToTheInvitedAndItsAnswerToBoth(t *testing.T) {
	l := newLivePods(t, pod.Options{})
	guest, host := l.open(l.two, l.turing), l.open(l.two, l.ada)
	path := "/chat/v1/conversations/" + l.room.ID.String() + "/invites"
	invite := l.rest(l.ada).call(http.MethodPost, path, map[string]any{"user": "username:turing"}).expect(http.StatusCreated)
	guest.Await(pod.Event("invite.created"))
	l.rest(l.turing).call(http.MethodPost, "/chat/v1/invites/"+invite["id"].(string)+"/decline", nil).expect(http.StatusOK)
	guest.Await(pod.Event("invite.updated"))
	host.Await(pod.Event("invite.updated"))
}
