package hub_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/hub"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/test/pod"
)

// clock is moved by tests.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) advance(d time.Duration) { c.ahead.Add(int64(d)) }

// typers is ada and grace in one group, each on a pod of her own.
type typers struct {
	*WithT
	t          *testing.T
	clock      clock
	ada, grace model.User
	room       model.Conversation
	one, two   *pod.Pod
	project    *pod.Project
}

func newTypers(t *testing.T, network func(bus.Receiver) bus.Bus) *typers {
	ty := &typers{WithT: NewWithT(t), t: t}
	ty.project = pod.New(t, pod.Options{Timing: slow, Bus: network, Now: ty.clock.now})
	ty.ada, ty.grace = ty.project.User(t, "ada"), ty.project.User(t, "grace")
	ty.room = ty.project.Group(t, ty.ada, ty.grace)
	ty.one, ty.two = ty.project.Start(t), ty.project.Start(t)
	return ty
}

func (ty *typers) open(target *pod.Pod, user model.User) *pod.Socket {
	ty.t.Helper()
	return target.Open(ty.t, pod.Bearer(ty.project.Token(ty.t, user)))
}

// types says on the first pod that a user types.
func (ty *typers) types(user model.User, active bool) {
	ty.t.Helper()
	ty.Expect(ty.one.Chat.Typing(ty.t.Context(), chat.Principal{User: user.ID}, chat.Typing{
		Conversation: model.ConversationRef{ID: ty.room.ID}, Active: active,
	})).To(Succeed())
}

// silent checks that no frame of the kinds lies before the answer to a ping.
func (ty *typers) silent(socket *pod.Socket, id int64, events ...string) {
	ty.t.Helper()
	socket.Send(map[string]any{"id": id, "op": "ping"})
	for {
		frame := socket.Next()
		if frame.ID != nil && *frame.ID == id {
			return
		}
		ty.Expect(events).NotTo(ContainElement(frame.Event), string(frame.Data))
	}
}

func TestTypingEndsOnEveryPodWhenThePodOfTheTypistIsDead(t *testing.T) {
	ty := newTypers(t, nil)
	reader := ty.open(ty.two, ty.grace)
	ty.types(ty.ada, true)
	started := reader.Await(pod.Event("typing.started"))
	ty.Expect(started.Data).To(MatchJSON(fmt.Sprintf(`{"user":%q}`, ty.ada.ID.String())))
	ty.Expect(started.Rev).To(BeZero())
	// Nothing more comes of the first pod.
	ty.one.Chat.Close()
	ty.clock.advance(hub.TypingLifetime)
	stopped := reader.Await(pod.Event("typing.stopped"))
	ty.Expect(stopped.Data).To(MatchJSON(started.Data))
}

func TestARenewalOfTypingIsNotShownAndKeepsItUp(t *testing.T) {
	ty := newTypers(t, nil)
	reader := ty.open(ty.two, ty.grace)
	ty.types(ty.ada, true)
	reader.Await(pod.Event("typing.started"))
	for range 3 {
		ty.clock.advance(hub.TypingLifetime - time.Second)
		ty.types(ty.ada, true)
		// A later signal of the same pod shows that the renewal has arrived.
		ty.types(ty.grace, true)
		ty.Eventually(func() string { return reader.Next().Event }).Should(Equal("typing.started"), "grace's own")
		ty.types(ty.grace, false)
		reader.Await(pod.Event("typing.stopped"))
	}
	ty.clock.advance(hub.TypingLifetime)
	reader.Await(pod.Event("typing.stopped"))
}

func TestAMessageEndsTheTypingOfItsSender(t *testing.T) {
	ty := newTypers(t, nil)
	reader := ty.open(ty.two, ty.grace)
	ty.types(ty.ada, true)
	reader.Await(pod.Event("typing.started"))
	send(t, ty.one, ty.ada, ty.room.ID, "there")
	reader.Await(pod.Event("typing.stopped"))
	// What follows the message is news at once, within the time of a renewal.
	ty.types(ty.ada, true)
	reader.Await(pod.Event("typing.started"))
}

func TestOneWhoBeginsToFollowIsToldWhoTypes(t *testing.T) {
	ty := newTypers(t, nil)
	first := ty.open(ty.one, ty.grace)
	ty.types(ty.ada, true)
	first.Await(pod.Event("typing.started"))
	ty.open(ty.one, ty.grace).Await(pod.Event("typing.started"))
}

func TestARemovedMemberTypesNoMore(t *testing.T) {
	ty := newTypers(t, nil)
	reader := ty.open(ty.two, ty.grace)
	turing := ty.project.User(t, "turing")
	_, _, err := ty.one.Chat.AddMember(t.Context(), chat.Principal{User: ty.ada.ID},
		model.ConversationRef{ID: ty.room.ID}, chat.NewMember{User: model.UserRef{ID: turing.ID}})
	ty.Expect(err).NotTo(HaveOccurred())
	ty.types(turing, true)
	reader.Await(pod.Event("typing.started"))
	ty.Expect(ty.one.Chat.RemoveMember(t.Context(), chat.Principal{User: ty.ada.ID},
		model.ConversationRef{ID: ty.room.ID}, model.UserRef{ID: turing.ID})).To(Succeed())
	reader.Await(pod.Event("typing.stopped"))
	// The admission that was remembered a moment ago counts no more.
	err = ty.one.Chat.Typing(t.Context(), chat.Principal{User: turing.ID}, chat.Typing{
		Conversation: model.ConversationRef{ID: ty.room.ID}, Active: true,
	})
	ty.Expect(model.AsError(err).Code).To(Equal("conversation_not_found"))
}

func TestABoundedNumberOfUsersIsShownToType(t *testing.T) {
	ty := newTypers(t, nil)
	reader := ty.open(ty.one, ty.grace)
	signal := func(kind model.SignalKind, n int) {
		ty.one.Hub.Signal([]model.Signal{{
			Kind: kind, Conversation: ty.room.ID, From: model.UserID(n),
			Body: []byte(fmt.Sprintf(`{"user":"%d"}`, model.FirstID+n)),
		}})
	}
	for n := range hub.MaxTypists + 1 {
		signal(model.TypingStarted, n+1)
	}
	for range hub.MaxTypists {
		reader.Await(pod.Event("typing.started"))
	}
	ty.silent(reader, 1, "typing.started")
	signal(model.TypingStopped, 1)
	reader.Await(pod.Event("typing.stopped"))
	signal(model.TypingStarted, hub.MaxTypists+1)
	reader.Await(pod.Event("typing.started"))
}
