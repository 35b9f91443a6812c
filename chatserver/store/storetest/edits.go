package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

var edits = []rule{
	{"an edit replaces the content at a new rev", editReplaces},
	{"a delete leaves a tombstone without content", deleteLeavesTombstone},
	{"an error stops the change of a message", errorStopsEdit},
	{"a tombstone cannot be changed", tombstoneStays},
	{"unknown messages and conversations give the model's errors", editUnknown},
	{"racing edits each get a rev of their own", editRace},
}

func editReplaces(_ *testing.T, f *fixture) {
	person := f.user()
	room := f.group(person)
	message := text(room, person, "c", "old")
	message.Properties, message.ExternalID = json.RawMessage(`{"k":1}`), "ext"
	stored := f.append(message)[0].Message
	f.send(room, person, "later")

	edited, err := f.changeMessage(f.ctx, room, model.MessageRef{ExternalID: "ext"}, func(change store.Change, present *model.Message) error {
		before := bare(*present)
		before.Rev = stored.Rev
		f.Expect(before).To(Equal(stored))
		at := change.Now()
		present.Content, present.EditedAt, present.EditedBy = json.RawMessage(`"new"`), &at, person
		return nil
	})
	f.Expect(err).NotTo(HaveOccurred())
	wanted := stored
	wanted.Content, wanted.Rev, wanted.EditedAt, wanted.EditedBy = json.RawMessage(`"new"`), 4, edited.EditedAt, person
	f.Expect(edited).To(Equal(wanted), "properties, seq and createdRev stay")
	f.Expect(f.message(room, model.MessageRef{ID: stored.ID})).To(Equal(edited))
	f.Expect(f.conversation(room).Rev).To(Equal(int64(4)))
	f.Expect(f.conversation(room).LastSeq).To(Equal(int64(2)))

	edited, err = f.changeMessage(f.ctx, room, model.MessageRef{ID: stored.ID}, func(_ store.Change, present *model.Message) error {
		present.Content, present.Properties = json.RawMessage(`"newer"`), json.RawMessage(`{}`)
		return nil
	})
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(string(edited.Properties)).To(Equal(`{}`))
	f.Expect(f.message(room, model.MessageRef{ID: stored.ID})).To(Equal(edited))
}

func deleteLeavesTombstone(_ *testing.T, f *fixture) {
	person := f.user()
	room := f.group(person)
	stored := f.send(room, person, "c")
	deleted, err := f.delete(f.ctx, room, model.MessageRef{ID: stored.ID})
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(deleted.Deleted()).To(BeTrue())
	wanted := stored
	wanted.Content, wanted.Properties, wanted.Rev, wanted.DeletedAt = nil, nil, 3, deleted.DeletedAt
	f.Expect(deleted).To(Equal(wanted))
	f.Expect(f.history(room)).To(Equal([]model.Message{deleted}))
}

func errorStopsEdit(_ *testing.T, f *fixture) {
	person := f.user()
	room := f.group(person)
	stored := f.send(room, person, "c")
	errNo := errors.New("no")
	_, err := f.changeMessage(f.ctx, room, model.MessageRef{ID: stored.ID}, func(change store.Change, message *model.Message) error {
		message.Content = json.RawMessage(`"x"`)
		f.Expect(change.SaveMessage(f.ctx, *message)).To(Succeed())
		return errNo
	})
	f.Expect(err).To(MatchError(errNo))
	f.Expect(f.history(room)).To(Equal([]model.Message{stored}))
	f.Expect(f.conversation(room).Rev).To(Equal(int64(2)))
}

func tombstoneStays(_ *testing.T, f *fixture) {
	person := f.user()
	room := f.group(person)
	ref := model.MessageRef{ID: f.send(room, person, "c").ID}
	_, err := f.delete(f.ctx, room, ref)
	f.Expect(err).NotTo(HaveOccurred())
	_, err = f.delete(f.ctx, room, ref)
	f.Expect(err).To(MatchError(model.ErrMessageDeleted))
	_, err = f.edit(f.ctx, room, ref, `"x"`)
	f.Expect(err).To(MatchError(model.ErrMessageDeleted))
	f.Expect(f.conversation(room).Rev).To(Equal(int64(3)))
}

func editUnknown(_ *testing.T, f *fixture) {
	person := f.user()
	rooms := f.groups(2, person)
	ref := model.MessageRef{ID: f.send(rooms[0], person, "c").ID}
	_, err := f.delete(f.ctx, rooms[1], ref)
	f.Expect(err).To(MatchError(model.ErrMessageNotFound), "of another conversation")
	_, err = f.delete(f.ctx, rooms[0], model.MessageRef{ExternalID: "none"})
	f.Expect(err).To(MatchError(model.ErrMessageNotFound))
	_, err = f.delete(f.ctx, model.FirstID+99, ref)
	f.Expect(err).To(MatchError(model.ErrConversationNotFound))
	f.Expect(f.conversation(rooms[1]).Rev).To(Equal(int64(1)))
}

func editRace(_ *testing.T, f *fixture) {
	const editors, rounds = 4, 10
	person := f.user()
	room := f.group(person)
	ref := model.MessageRef{ID: f.send(room, person, "c").ID}
	revs := make(chan int64, editors*rounds)
	var race errgroup.Group
	for editor := range editors {
		race.Go(func() error {
			for round := range rounds {
				edited, err := f.edit(f.ctx, room, ref, fmt.Sprintf(`"%d %d"`, editor, round))
				if err != nil {
					return err
				}
				revs <- edited.Rev
			}
			return nil
		})
	}
	f.Expect(race.Wait()).To(Succeed())
	close(revs)
	seen := map[int64]bool{}
	for rev := range revs {
		seen[rev] = true
	}
	f.Expect(seen).To(HaveLen(editors * rounds))
	f.Expect(f.conversation(room).Rev).To(Equal(int64(2 + editors*rounds)))
}
