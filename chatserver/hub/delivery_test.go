package hub_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/bus/memory"
	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/hub"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/test/pod"
	"github.com/parley-chat/parley/test/services"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	services.Main(m)
}

// quick makes what takes seconds in production take milliseconds.
var quick = hub.Timing{
	GapWait: 20 * time.Millisecond, Sweep: 100 * time.Millisecond,
	UnhealthySweep: 50 * time.Millisecond, Ping: 30 * time.Second,
}

// slow is quick without a sweep that helps out within the test.
var slow = hub.Timing{GapWait: 20 * time.Millisecond, Sweep: time.Hour, UnhealthySweep: time.Hour, Ping: time.Hour}

// faultyBus does to publications what a network may do.
type faultyBus struct {
	bus.Bus
	mangle func(publication bus.Publication) []bus.Publication

	mu   sync.Mutex
	held []bus.Publication
}

func (b *faultyBus) Publish(ctx context.Context, publications []bus.Publication) error {
	var out []bus.Publication
	for _, publication := range publications {
		out = append(out, b.mangle(publication)...)
	}
	return b.Bus.Publish(ctx, out)
}

// faultyProject is a project whose pods publish through mangle.
func faultyProject(t *testing.T, timing hub.Timing, mangle func(b *faultyBus, publication bus.Publication) []bus.Publication) *pod.Project {
	t.Helper()
	network := memory.NewNetwork()
	return pod.New(t, pod.Options{Timing: timing, Bus: func(receiver bus.Receiver) bus.Bus {
		b := &faultyBus{Bus: network.Join(receiver)}
		b.mangle = func(publication bus.Publication) []bus.Publication { return mangle(b, publication) }
		return b
	}})
}

func dropAll(*faultyBus, bus.Publication) []bus.Publication { return nil }

// send stores a message through a pod and returns its seq.
func send(t *testing.T, target *pod.Pod, user model.User, conversation model.ConversationID, text string) int64 {
	t.Helper()
	content, err := json.Marshal(text)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	sent, err := target.Chat.Send(t.Context(), chat.Principal{User: user.ID}, chat.SendMessage{
		Conversation: model.ConversationRef{ID: conversation}, Content: content,
	})
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return sent.Message.Seq
}

// nextSeqs reads the seqs of the next messages.
func nextSeqs(t *testing.T, socket *pod.Socket, count int) []int64 {
	t.Helper()
	seqs := make([]int64, count)
	for i := range seqs {
		var message model.Message
		NewWithT(t).Expect(json.Unmarshal(socket.Await(pod.Event("message.created")).Data, &message)).To(Succeed())
		seqs[i] = message.Seq
	}
	return seqs
}

func upTo(n int) []int64 {
	seqs := make([]int64, n)
	for i := range seqs {
		seqs[i] = int64(i + 1)
	}
	return seqs
}

func TestChangesAreDeliveredInOrderWhateverTheBusDoes(t *testing.T) {
	for name, mangle := range map[string]func(b *faultyBus, publication bus.Publication) []bus.Publication{
		"drops": func(_ *faultyBus, p bus.Publication) []bus.Publication {
			return slices.Repeat([]bus.Publication{p}, rand.IntN(2))
		},
		"doubles": func(_ *faultyBus, p bus.Publication) []bus.Publication { return slices.Repeat([]bus.Publication{p}, 2) },
		"reorders": func(b *faultyBus, p bus.Publication) []bus.Publication {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.held = append(b.held, p)
			if len(b.held) < 4 {
				return nil
			}
			out := b.held
			b.held = nil
			rand.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
			return out
		},
	} {
		t.Run(name, func(t *testing.T) {
			const messages = 60
			project := faultyProject(t, quick, mangle)
			ada := project.User(t, "ada")
			conversation := project.Group(t, ada)
			sender, reader := project.Start(t), project.Start(t)
			socket := reader.Open(t, pod.Bearer(project.Token(t, ada)))
			for i := range messages {
				send(t, sender, ada, conversation.ID, fmt.Sprint(i))
			}
			NewWithT(t).Expect(nextSeqs(t, socket, messages)).To(Equal(upTo(messages)))
		})
	}
}

func TestAMissingChangeIsReadFromTheStoreWhenALaterOneArrives(t *testing.T) {
	var mu sync.Mutex
	dropped := 0
	project := faultyProject(t, slow, func(_ *faultyBus, p bus.Publication) []bus.Publication {
		mu.Lock()
		defer mu.Unlock()
		if p.Channel.Family == bus.Conversations && dropped < 2 {
			dropped++
			return nil
		}
		return []bus.Publication{p}
	})
	ada := project.User(t, "ada")
	conversation := project.Group(t, ada)
	sender, reader := project.Start(t), project.Start(t)
	socket := reader.Open(t, pod.Bearer(project.Token(t, ada)))
	for i := range 3 {
		send(t, sender, ada, conversation.ID, fmt.Sprint(i))
	}
	NewWithT(t).Expect(nextSeqs(t, socket, 3)).To(Equal(upTo(3)))
}

func TestALostLastChangeIsFoundByTheSweep(t *testing.T) {
	project := faultyProject(t, quick, dropAll)
	ada := project.User(t, "ada")
	conversation := project.Group(t, ada)
	sender, reader := project.Start(t), project.Start(t)
	socket := reader.Open(t, pod.Bearer(project.Token(t, ada)))
	send(t, sender, ada, conversation.ID, "the last one")
	NewWithT(t).Expect(nextSeqs(t, socket, 1)).To(Equal(upTo(1)))
}

func TestALostNoticeOfANewMemberIsFoundByTheSweep(t *testing.T) {
	project := faultyProject(t, quick, dropAll)
	ada, grace := project.User(t, "ada"), project.User(t, "grace")
	conversation := project.Group(t, ada)
	sender, reader := project.Start(t), project.Start(t)
	socket := reader.Open(t, pod.Bearer(project.Token(t, grace)))
	_, _, err := sender.Chat.AddMember(t.Context(), chat.Principal{User: ada.ID},
		model.ConversationRef{ID: conversation.ID}, chat.NewMember{User: model.UserRef{ID: grace.ID}})
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	socket.Await(pod.Event("member.added"))
	send(t, sender, ada, conversation.ID, "welcome")
	NewWithT(t).Expect(nextSeqs(t, socket, 1)).To(Equal(upTo(1)))
}

func TestANewMembersSessionIsAttachedByANotice(t *testing.T) {
	project := pod.New(t, pod.Options{Timing: slow})
	ada, grace := project.User(t, "ada"), project.User(t, "grace")
	conversation := project.Group(t, ada)
	sender, reader := project.Start(t), project.Start(t)
	socket := reader.Open(t, pod.Bearer(project.Token(t, grace)))
	_, _, err := sender.Chat.AddMember(t.Context(), chat.Principal{User: ada.ID},
		model.ConversationRef{ID: conversation.ID}, chat.NewMember{User: model.UserRef{ID: grace.ID}})
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	awaitWithin(t, socket, "member.added")
}

// awaitWithin fails the test when the event does not come at all.
func awaitWithin(t *testing.T, socket *pod.Socket, event string) {
	t.Helper()
	for {
		frame, err := socket.TryNext()
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		if frame.Event == event {
			return
		}
	}
}

func TestASessionThatAttachesWhileMessagesFlowMissesNone(t *testing.T) {
	const sessions, messages = 12, 240
	project := pod.New(t, pod.Options{Timing: slow})
	ada := project.User(t, "ada")
	conversation := project.Group(t, ada)
	epoch, err := project.Store.Epoch(t.Context())
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	sender, reader := project.Start(t), project.Start(t)
	var sending sync.WaitGroup
	sending.Go(func() {
		for i := range messages {
			_, err := sender.Chat.Send(t.Context(), chat.Principal{User: ada.ID}, chat.SendMessage{
				Conversation: model.ConversationRef{ID: conversation.ID}, Content: []byte(fmt.Sprintf("%q", fmt.Sprint(i))),
			})
			if err != nil {
				t.Error(err)
			}
		}
	})
	sockets := make([]*pod.Socket, sessions)
	for i := range sockets {
		socket := pod.Dial(t, reader.URL, "/chat/v1/ws?resume=true", pod.Bearer(project.Token(t, ada)))
		socket.Send(map[string]any{"id": 1, "op": "sync", "epoch": epoch, "conversations": map[string]int64{conversation.ID.String(): 1}})
		sockets[i] = socket
	}
	sending.Wait()
	for _, socket := range sockets {
		NewWithT(t).Expect(nextSeqs(t, socket, messages)).To(Equal(upTo(messages)))
	}
}

func TestAMemberThatLeftHearsNothingMore(t *testing.T) {
	g := NewWithT(t)
	project := faultyProject(t, quick, func(_ *faultyBus, p bus.Publication) []bus.Publication {
		return slices.Repeat([]bus.Publication{p}, rand.IntN(2))
	})
	ada, grace := project.User(t, "ada"), project.User(t, "grace")
	conversation := project.Group(t, ada, grace)
	sender, reader := project.Start(t), project.Start(t)
	leaver := reader.Open(t, pod.Bearer(project.Token(t, grace)))
	stayer := reader.Open(t, pod.Bearer(project.Token(t, ada)))
	send(t, sender, ada, conversation.ID, "before")
	g.Expect(sender.Chat.RemoveMember(t.Context(), chat.Principal{User: ada.ID},
		model.ConversationRef{ID: conversation.ID}, model.UserRef{ID: grace.ID})).To(Succeed())
	for range 5 {
		send(t, sender, ada, conversation.ID, "after")
	}
	g.Expect(nextSeqs(t, stayer, 6)).To(Equal(upTo(6)))
	g.Expect(nextSeqs(t, leaver, 1)).To(Equal(upTo(1)))
	g.Expect(leaver.Next().Event).To(Equal("member.removed"))
	leaver.Send(map[string]any{"id": 1, "op": "ping"})
	g.Expect(leaver.Next().ID).NotTo(BeNil(), "a frame after the removal")
}
