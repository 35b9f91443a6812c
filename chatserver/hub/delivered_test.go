package hub_test

import (
	"sync"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/hub"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/test/pod"
)

// deliveries is a hub.DeliveredSink that remembers how far each user got.
type deliveries struct {
	mu  sync.Mutex
	got map[model.UserID]int64
}

func (d *deliveries) Delivered(_ model.ConversationID, user model.UserID, seq int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.got[user] = max(d.got[user], seq)
}

func (d *deliveries) of(user model.User) func() int64 {
	return func() int64 {
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.got[user.ID]
	}
}

// listening makes the hub of the second pod tell what it delivers.
func listening(ty *typers) *deliveries {
	told := &deliveries{got: make(map[model.UserID]int64)}
	ty.two.Hub.TellDelivered(told)
	return told
}

var _ hub.DeliveredSink = (*deliveries)(nil)

func TestWhatWasWrittenToAClientIsToldButNotToItsSender(t *testing.T) {
	ty := newTypers(t, nil)
	told := listening(ty)
	ty.open(ty.two, ty.grace)
	writer := ty.open(ty.two, ty.ada)
	for range 3 {
		send(t, ty.one, ty.ada, ty.room.ID, "hi")
	}
	ty.Eventually(told.of(ty.grace), "20s").Should(BeEquivalentTo(3))
	nextSeqs(t, writer, 3)
	ty.Expect(told.of(ty.ada)()).To(BeZero())
}

func TestWhatAResumeBringsIsDelivered(t *testing.T) {
	ty := newTypers(t, nil)
	told := listening(ty)
	for range 2 {
		send(t, ty.one, ty.ada, ty.room.ID, "hi")
	}
	epoch, err := ty.project.Store.Epoch(t.Context())
	ty.Expect(err).NotTo(HaveOccurred())
	reader := pod.Dial(t, ty.two.URL, "/chat/v1/ws?resume=true", pod.Bearer(ty.project.Token(t, ty.grace)))
	reader.Send(map[string]any{"id": 1, "op": "sync", "epoch": epoch, "conversations": map[string]int64{ty.room.ID.String(): 1}})
	ty.Eventually(told.of(ty.grace), "20s").Should(BeEquivalentTo(2))
}

func TestABlockedMessageCountsAsNotDelivered(t *testing.T) {
	ty := newTypers(t, nil)
	told := listening(ty)
	ty.block()
	reader := ty.open(ty.two, ty.grace)
	send(t, ty.one, ty.ada, ty.room.ID, "unwanted")
	send(t, ty.one, ty.grace, ty.room.ID, "mine")
	ty.hears(reader, "mine")
	ty.silent(reader, 1)
	ty.Expect(told.of(ty.grace)()).To(BeZero())
}
