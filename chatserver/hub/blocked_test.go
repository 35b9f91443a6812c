package hub_test

import (
	"bytes"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/bus/envelope"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/test/pod"
)

// block stores that grace blocks ada; no pod is told.
func (ty *typers) block() {
	ty.t.Helper()
	_, _, err := ty.project.Store.SaveBlock(ty.t.Context(), ty.grace.ID, ty.ada.ID)
	ty.Expect(err).NotTo(HaveOccurred())
}

// hears checks that the next message a socket gets is that one.
func (ty *typers) hears(socket *pod.Socket, text string) {
	ty.t.Helper()
	frame := socket.Await(pod.Event("message.created"))
	ty.Expect(string(frame.Data)).To(ContainSubstring(`"` + text + `"`))
}

func TestMessagesOfABlockedUserAreNotDeliveredLive(t *testing.T) {
	ty := newTypers(t, nil)
	ty.block()
	reader := ty.open(ty.two, ty.grace)
	send(t, ty.one, ty.ada, ty.room.ID, "unwanted")
	ty.types(ty.ada, true)
	send(t, ty.one, ty.grace, ty.room.ID, "mine")
	for {
		frame := reader.Next()
		ty.Expect(frame.Event).NotTo(Equal("typing.started"))
		if frame.Event == "message.created" {
			ty.Expect(string(frame.Data)).To(ContainSubstring(`"mine"`))
			return
		}
	}
}

func TestABlockCountsFromItsNoticeOnAndNoLonger(t *testing.T) {
	ty := newTypers(t, nil)
	reader := ty.open(ty.two, ty.grace)
	notice := envelope.Notice{Kind: envelope.Blocked, User: ty.grace.ID, Other: ty.ada.ID}
	ty.two.Hub.Notify([]envelope.Notice{notice})
	send(t, ty.one, ty.ada, ty.room.ID, "unwanted")
	send(t, ty.one, ty.grace, ty.room.ID, "mine")
	ty.hears(reader, "mine")
	notice.Kind = envelope.Unblocked
	ty.two.Hub.Notify([]envelope.Notice{notice})
	send(t, ty.one, ty.ada, ty.room.ID, "wanted")
	ty.hears(reader, "wanted")
}

func TestABlockWhoseNoticeWasLostIsFoundByTheSweep(t *testing.T) {
	g := NewWithT(t)
	project := pod.New(t, pod.Options{Timing: quick})
	ada, grace := project.User(t, "ada"), project.User(t, "grace")
	room := project.Group(t, ada, grace)
	target := project.Start(t)
	reader := target.Open(t, pod.Bearer(project.Token(t, grace)))
	_, _, err := project.Store.SaveBlock(t.Context(), grace.ID, ada.ID)
	g.Expect(err).NotTo(HaveOccurred())
	g.Eventually(func() bool {
		send(t, target, ada, room.ID, "is it blocked?")
		send(t, target, grace, room.ID, "mark")
		return bytes.Contains(reader.Await(pod.Event("message.created")).Data, []byte(`"mark"`))
	}, "20s").Should(BeTrue())
}

func TestAResumeLeavesOutWhatABlockedUserSent(t *testing.T) {
	ty := newTypers(t, nil)
	ty.block()
	send(t, ty.one, ty.ada, ty.room.ID, "unwanted")
	send(t, ty.one, ty.grace, ty.room.ID, "mine")
	epoch, err := ty.project.Store.Epoch(t.Context())
	ty.Expect(err).NotTo(HaveOccurred())
	reader := pod.Dial(t, ty.two.URL, "/chat/v1/ws?resume=true", pod.Bearer(ty.project.Token(t, ty.grace)))
	reader.Send(map[string]any{"id": 1, "op": "sync", "epoch": epoch, "conversations": map[string]int64{ty.room.ID.String(): 1}})
	ty.hears(reader, "mine")
}

func TestARepairLeavesOutWhatABlockedUserSent(t *testing.T) {
	project := faultyProject(t, quick, dropAll)
	ada, grace := project.User(t, "ada"), project.User(t, "grace")
	room := project.Group(t, ada, grace)
	_, _, err := project.Store.SaveBlock(t.Context(), grace.ID, ada.ID)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	sender, other := project.Start(t), project.Start(t)
	reader := other.Open(t, pod.Bearer(project.Token(t, grace)))
	send(t, sender, ada, room.ID, "unwanted")
	send(t, sender, grace, room.ID, "mine")
	NewWithT(t).Expect(string(reader.Await(pod.Event("message.created")).Data)).To(ContainSubstring(`"mine"`))
}

func TestABlockHidesNothingInADirectConversation(t *testing.T) {
	ty := newTypers(t, nil)
	made, err := ty.project.Store.CreateConversation(t.Context(), store.NewConversation{
		Type: model.Direct, Properties: []byte("{}"), CreatedBy: ty.ada.ID,
		Members: []store.NewMember{{User: ty.ada.ID, Role: model.RoleMember}, {User: ty.grace.ID, Role: model.RoleMember}},
	})
	ty.Expect(err).NotTo(HaveOccurred())
	reader := ty.open(ty.two, ty.grace)
	// Only the hub knows of the block, so that the message can be sent at all.
	ty.two.Hub.Notify([]envelope.Notice{{Kind: envelope.Blocked, User: ty.grace.ID, Other: ty.ada.ID}})
	send(t, ty.one, ty.ada, made.Conversation.ID, "said before")
	ty.hears(reader, "said before")
}
