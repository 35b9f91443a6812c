package storetest

import (
	"context"
	"testing"

	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

var reactions = []rule{
	{"a reaction is stored once and counted", reactionOnce},
	{"a reaction is removed once", reactionIsRemoved},
	{"reactions are listed, the oldest first, of all emoji or of one", reactionsAreListed},
	{"reactions of one change have places of their own", reactionsOfOneChange},
	{"the reactions of a user are listed inside a change", reactionsFromUser},
	{"a tombstone loses its reactions", tombstoneLosesReactions},
	{"racing reactions are all counted", reactionRace},
}

// react changes a reaction as the chat core does: the counts are those that the
// engine made, and the message moves to the next rev.
func (f *fixture) react(
	ctx context.Context, room model.ConversationID, message model.MessageID, user model.UserID, emoji string, add bool,
) (bool, error) {
	return change(ctx, f.store, room, func(change store.Change) (bool, error) {
		ref := model.MessageRef{ID: message}
		present, err := change.Message(ctx, ref)
		if err != nil {
			return false, err
		}
		run := change.AddReaction
		if !add {
			run = change.RemoveReaction
		}
		changed, err := run(ctx, present.Seq, user, emoji)
		if err != nil || !changed {
			return false, err
		}
		if present, err = change.Message(ctx, ref); err != nil {
			return false, err
		}
		present.Rev = change.Next()
		return true, change.SaveMessage(ctx, present)
	})
}

func (f *fixture) reactionListing(room model.ConversationID, seq int64, emoji string) listing[model.Reaction, model.UserID] {
	return listing[model.Reaction, model.UserID]{
		read: func(page model.ListPage) ([]model.Reaction, int64, error) {
			return f.store.ListReactions(f.ctx, room, seq, emoji, page)
		},
		key:    func(reaction model.Reaction) model.UserID { return reaction.User },
		cursor: func(reaction model.Reaction) model.ListCursor { return at(reaction.CreatedAt, reaction.User) },
	}
}

func reactionOnce(_ *testing.T, f *fixture) {
	people := f.users(2)
	room := f.group(people...)
	message := f.send(room, people[0], "a")
	f.Expect(f.react(f.ctx, room, message.ID, people[0], "👍", true)).To(BeTrue())
	f.Expect(f.react(f.ctx, room, message.ID, people[1], "👍", true)).To(BeTrue())
	f.Expect(f.react(f.ctx, room, message.ID, people[1], "👍🏽", true)).To(BeTrue())
	f.Expect(f.react(f.ctx, room, message.ID, people[1], "👍", true)).To(BeFalse())
	wanted := message
	wanted.Reactions, wanted.Rev = map[string]int64{"👍": 2, "👍🏽": 1}, message.Rev+3
	f.Expect(f.history(room)).To(Equal([]model.Message{wanted}))
	rows := expectList(f, f.reactionListing(room, message.Seq, "👍"), people...)
	f.Expect(rows[0]).To(Equal(model.Reaction{
		Conversation: room, Message: message.ID, User: people[0], Emoji: "👍", CreatedAt: rows[0].CreatedAt,
	}))
	f.Expect(rows[0].CreatedAt).NotTo(BeZero())
}

func reactionIsRemoved(_ *testing.T, f *fixture) {
	people := f.users(2)
	room := f.group(people...)
	message := f.send(room, people[0], "a")
	for _, person := range people {
		f.Expect(f.react(f.ctx, room, message.ID, person, "👍", true)).To(BeTrue())
	}
	f.Expect(f.react(f.ctx, room, message.ID, people[0], "👎", false)).To(BeFalse())
	f.Expect(f.react(f.ctx, room, message.ID, people[0], "👍", false)).To(BeTrue())
	f.Expect(f.react(f.ctx, room, message.ID, people[0], "👍", false)).To(BeFalse())
	f.Expect(f.history(room)[0].Reactions).To(Equal(map[string]int64{"👍": 1}))
	expectList(f, f.reactionListing(room, 1, ""), people[1])
	f.Expect(f.react(f.ctx, room, message.ID, people[1], "👍", false)).To(BeTrue())
	f.Expect(f.history(room)[0].Reactions).To(BeEmpty())
	expectList(f, f.reactionListing(room, 1, ""))
}

func reactionsAreListed(_ *testing.T, f *fixture) {
	people := f.users(5)
	room := f.group(people...)
	messages := []model.Message{f.send(room, people[0], "a"), f.send(room, people[0], "b")}
	for i, person := range []int{3, 0, 4, 1} {
		f.Expect(f.react(f.ctx, room, messages[0].ID, people[person], []string{"👍", "🎉"}[i%2], true)).To(BeTrue())
	}
	f.Expect(f.react(f.ctx, room, messages[1].ID, people[2], "👍", true)).To(BeTrue())
	expectList(f, f.reactionListing(room, 1, ""), people[3], people[0], people[4], people[1])
	expectList(f, f.reactionListing(room, 1, "👍"), people[3], people[4])
	expectList(f, f.reactionListing(room, 1, "🎉"), people[0], people[1])
	expectList(f, f.reactionListing(room, 1, "👎"))
	expectList(f, f.reactionListing(room, 2, ""), people[2])
}

func reactionsOfOneChange(_ *testing.T, f *fixture) {
	person := f.user()
	room := f.group(person)
	message := f.send(room, person, "a")
	emojis := []string{"👍", "🎉", "👎", "❤️", "🙏"}
	f.Expect(f.store.ChangeConversation(f.ctx, room, func(change store.Change) error {
		for _, emoji := range emojis {
			f.Expect(change.AddReaction(f.ctx, message.Seq, person, emoji)).To(BeTrue())
		}
		f.Expect(change.AddReaction(f.ctx, message.Seq, person, emojis[0])).To(BeFalse())
		return nil
	})).To(Succeed())
	expectList(f, listing[model.Reaction, string]{
		read: func(page model.ListPage) ([]model.Reaction, int64, error) {
			return f.store.ListReactions(f.ctx, room, message.Seq, "", page)
		},
		key:    func(reaction model.Reaction) string { return reaction.Emoji },
		cursor: func(reaction model.Reaction) model.ListCursor { return at(reaction.CreatedAt, reaction.User) },
	}, emojis...)
}

func reactionsFromUser(_ *testing.T, f *fixture) {
	people := f.users(2)
	rooms := f.groups(2, people...)
	var ids []model.MessageID
	for _, clientID := range []string{"a", "b", "c"} {
		ids = append(ids, f.send(rooms[0], people[0], clientID).ID)
	}
	elsewhere := f.send(rooms[1], people[0], "a")
	for _, id := range ids {
		f.Expect(f.react(f.ctx, rooms[0], id, people[0], "👍", true)).To(BeTrue())
	}
	f.Expect(f.react(f.ctx, rooms[0], ids[0], people[1], "👍", true)).To(BeTrue())
	f.Expect(f.react(f.ctx, rooms[1], elsewhere.ID, people[0], "👍", true)).To(BeTrue())
	f.Expect(f.store.ChangeConversation(f.ctx, rooms[0], func(change store.Change) error {
		found, err := change.ReactionsFrom(f.ctx, people[0], 10)
		f.Expect(err).NotTo(HaveOccurred())
		f.Expect(keysOf(found, func(reaction model.Reaction) model.MessageID { return reaction.Message })).To(ConsistOf(ids))
		for _, reaction := range found {
			f.Expect(reaction.User).To(Equal(people[0]))
			f.Expect(reaction.Emoji).To(Equal("👍"))
			f.Expect(reaction.Conversation).To(Equal(rooms[0]))
		}
		f.Expect(change.ReactionsFrom(f.ctx, people[0], 2)).To(HaveLen(2))
		return nil
	})).To(Succeed())
}

func tombstoneLosesReactions(_ *testing.T, f *fixture) {
	people := f.users(2)
	room := f.group(people...)
	messages := []model.Message{f.send(room, people[0], "a"), f.send(room, people[0], "b")}
	for _, message := range messages {
		f.Expect(f.react(f.ctx, room, message.ID, people[1], "👍", true)).To(BeTrue())
		_, err := f.store.SaveReport(f.ctx, model.Report{Conversation: room, Message: message.ID, Reporter: people[1]})
		f.Expect(err).NotTo(HaveOccurred())
	}
	_, err := f.delete(f.ctx, room, model.MessageRef{ID: messages[0].ID})
	f.Expect(err).NotTo(HaveOccurred())
	expectList(f, f.reactionListing(room, 1, ""))
	expectList(f, f.reactionListing(room, 2, ""), people[1])
	f.Expect(f.history(room)[0].Reactions).To(BeEmpty())
	f.Expect(f.history(room)[1].Reactions).To(Equal(map[string]int64{"👍": 1}))
	reports, total, err := f.store.ListReports(f.ctx, store.ReportFilter{Conversation: room}, model.ListPage{Limit: 10})
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(total).To(Equal(int64(1)))
	f.Expect(reports[0].Message).To(Equal(messages[1].ID))
}

func reactionRace(_ *testing.T, f *fixture) {
	people := f.users(8)
	room := f.group(people...)
	message := f.send(room, people[0], "a")
	race, ctx := errgroup.WithContext(f.ctx)
	for _, person := range people {
		race.Go(func() error {
			_, err := f.react(ctx, room, message.ID, person, "👍", true)
			return err
		})
	}
	f.Expect(race.Wait()).To(Succeed())
	f.Expect(f.history(room)[0].Reactions).To(Equal(map[string]int64{"👍": int64(len(people))}))
	f.Expect(f.history(room)[0].Rev).To(Equal(message.Rev + int64(len(people))))
}
