package chat

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/sqlite"
)

func TestADeletedConversationIsErasedInBoundedSteps(t *testing.T) {
	g := NewWithT(t)
	opened, err := sqlite.Open(t.Context(), sqlite.Options{
		Path: filepath.Join(t.TempDir(), "parley.db"), Project: "p", Logger: slog.New(slog.DiscardHandler),
	})
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { g.Expect(opened.Close()).To(Succeed()) })
	ada, err := opened.CreateUser(t.Context(), store.NewUser{Properties: emptyObject})
	g.Expect(err).NotTo(HaveOccurred())
	made, err := opened.CreateConversation(t.Context(), store.NewConversation{
		Type: model.Group, Properties: emptyObject, CreatedBy: ada.ID, Members: []store.NewMember{{User: ada.ID, Role: model.RoleOwner}},
	})
	g.Expect(err).NotTo(HaveOccurred())
	id := made.Conversation.ID
	group := make([]store.NewMessage, eraseBatch+1)
	for i := range group {
		group[i] = store.NewMessage{
			Conversation: id, Sender: ada.ID, ClientID: fmt.Sprint(i), Type: model.TextMessage, Content: []byte(`"a"`), Properties: emptyObject,
		}
	}
	_, err = opened.Append(t.Context(), group)
	g.Expect(err).NotTo(HaveOccurred())
	var job model.Job
	g.Expect(opened.ChangeConversation(t.Context(), id, func(change store.Change) error {
		now := change.Now()
		change.Conversation().DeletedAt = &now
		change.Conversation().ObjectRev = change.Next()
		job, err = change.AddJob(t.Context(), store.NewJob{Kind: model.EraseConversation, Conversation: id})
		return err
	})).To(Succeed())

	c := &Chat{Dependencies: Dependencies{Store: opened}}
	step := c.conversationErasureSteps()
	g.Expect(step(t.Context(), &job)).To(Succeed())
	g.Expect(job.State).To(Equal(model.JobRunning))
	g.Expect(job.Done).To(BeEquivalentTo(eraseBatch))
	g.Expect(job.Total).To(BeEquivalentTo(eraseBatch + 2)) // a message and the membership are left
	g.Expect(step(t.Context(), &job)).To(Succeed())
	g.Expect(job.State).To(Equal(model.JobDone))
	g.Expect(job.Done).To(Equal(job.Total))

	// Whoever does the last step again after a crash does nothing.
	again := job
	g.Expect(step(t.Context(), &again)).To(Succeed())
	g.Expect(again).To(Equal(job))
}
