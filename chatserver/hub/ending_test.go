package hub_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/bus/envelope"
	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/test/pod"
)

// deny takes message.receive from grace, and tells the first pod alone.
func (ty *typers) deny() {
	ty.t.Helper()
	var changed model.Member
	ty.Expect(ty.project.Store.ChangeConversation(ty.t.Context(), ty.room.ID, func(change store.Change) error {
		member, err := change.Member(ty.t.Context(), ty.grace.ID)
		if err != nil {
			return err
		}
		member.Permissions = model.Permissions{model.MessageReceive: false}
		member.Rev = change.Next()
		changed, err = change.SaveMember(ty.t.Context(), member)
		return err
	})).To(Succeed())
	event, err := envelope.NewChange(model.Event{
		Kind: model.MemberUpdated, ConversationID: ty.room.ID, Rev: changed.Rev, Member: &changed,
	})
	ty.Expect(err).NotTo(HaveOccurred())
	ty.one.Hub.Deliver([]envelope.Change{event})
	ty.two.Hub.Deliver([]envelope.Change{event})
}

func TestOneWhoMayReceiveNoMessagesIsToldSoAndNothingMore(t *testing.T) {
	ty := newTypers(t, nil)
	reader, stayer := ty.open(ty.two, ty.grace), ty.open(ty.two, ty.ada)
	ty.deny()
	reader.Await(pod.Event("member.updated"))
	send(t, ty.one, ty.ada, ty.room.ID, "not for grace")
	ty.hears(stayer, "not for grace")
	ty.silent(reader, 1, "message.created")
}

func TestOneWhoMayReceiveNoMessagesDoesNotFollowOnConnecting(t *testing.T) {
	ty := newTypers(t, nil)
	ty.deny()
	reader, stayer := ty.open(ty.two, ty.grace), ty.open(ty.two, ty.ada)
	send(t, ty.one, ty.ada, ty.room.ID, "not for grace")
	ty.hears(stayer, "not for grace")
	ty.silent(reader, 1, "message.created")
}

func TestADeletedConversationIsFollowedByNobody(t *testing.T) {
	ty := newTypers(t, nil)
	reader := ty.open(ty.two, ty.grace)
	gone := ty.room
	gone.Rev++
	event, err := envelope.NewChange(model.Event{
		Kind: model.ConversationDeleted, ConversationID: gone.ID, Rev: gone.Rev, Conversation: &gone,
	})
	ty.Expect(err).NotTo(HaveOccurred())
	ty.two.Hub.Deliver([]envelope.Change{event})
	reader.Await(pod.Event("conversation.deleted"))
	ty.two.Hub.Signal([]model.Signal{{Kind: model.CustomEvent, Conversation: gone.ID, Body: []byte("{}")}})
	ty.silent(reader, 1, "event.triggered")
}

func TestAnExpelledUserHearsNothingMore(t *testing.T) {
	ty := newTypers(t, nil)
	made, err := ty.project.Store.CreateConversation(t.Context(), store.NewConversation{
		Type: model.Open, Ephemeral: true, Properties: []byte("{}"), CreatedBy: ty.ada.ID,
	})
	ty.Expect(err).NotTo(HaveOccurred())
	reader, stayer := ty.open(ty.two, ty.grace), ty.open(ty.two, ty.ada)
	for _, socket := range []*pod.Socket{reader, stayer} {
		socket.Send(map[string]any{"id": 1, "op": "attach", "conversation": made.Conversation.ID.String()})
		ty.Expect(socket.Await(pod.Answer(1)).Error).To(BeNil())
		ty.silent(socket, 5) // the attach is over once the next frame is answered
	}
	signal := model.Signal{Kind: model.CustomEvent, Conversation: made.Conversation.ID, Body: []byte("{}")}
	ty.two.Hub.Signal([]model.Signal{signal})
	reader.Await(pod.Event("event.triggered"))
	ty.two.Hub.Notify([]envelope.Notice{{Kind: envelope.Expelled, User: ty.grace.ID, Conversation: made.Conversation.ID}})
	ty.two.Hub.Signal([]model.Signal{signal})
	stayer.Await(pod.Event("event.triggered"))
	stayer.Await(pod.Event("event.triggered"))
	ty.silent(reader, 2, "event.triggered")
	ty.Eventually(func() int {
		present, err := ty.two.Chat.ConversationPresence(t.Context(), chat.Principal{User: ty.ada.ID}, model.ConversationRef{ID: made.Conversation.ID})
		ty.Expect(err).NotTo(HaveOccurred())
		return present.Count
	}, "20s").Should(Equal(1), "the expelled one is in it no more")
}
