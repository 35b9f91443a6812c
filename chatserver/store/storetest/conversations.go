package storetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"

	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/chatserver/model"
)

var conversations = []rule{
	{"a conversation is created with its members at rev 1", createdAtRevOne},
	{"a taken externalId is refused and nothing is stored", conversationExternalIDIsUnique},
	{"an unknown member is refused and nothing is stored", unknownFirstMember},
	{"an unknown conversation is not found", unknownConversation},
	{"a direct conversation exists once per set of members", directOnce},
	{"an existing direct conversation is found although its externalId is asked for again", directWithExternalID},
	{"racing creators of a direct conversation share one, created once", directRace},
}

func createdAtRevOne(_ *testing.T, f *fixture) {
	people := f.users(3)
	wanted := conversationOf(model.Group, people[2], people[0], people[1])
	wanted.Name, wanted.ExternalID, wanted.Properties = "Room", "room-1", json.RawMessage(`{"z":1, "a":2}`)
	made := f.create(wanted)
	stored, members := made.Conversation, made.Members
	f.Expect(stored.ID).To(BeNumerically(">=", model.FirstID))
	f.Expect(stored.Rev).To(Equal(int64(1)))
	f.Expect(stored.ObjectRev).To(Equal(int64(1)))
	f.Expect(stored.FirstSeq).To(Equal(int64(1)))
	f.Expect(stored.LastSeq).To(BeZero())
	f.Expect(stored.CreatedBy).To(Equal(people[2]))
	f.Expect(string(stored.Properties)).To(Equal(`{"z":1, "a":2}`))

	f.Expect(members).To(HaveLen(3))
	for i, member := range members {
		f.Expect(member.User).To(Equal(people[i]), "members come by user id")
		f.Expect(member.Rev).To(Equal(int64(1)))
		f.Expect(member.CreatedRev).To(Equal(int64(1)))
		f.Expect(member.Left()).To(BeFalse())
		if member.User == stored.CreatedBy {
			f.Expect(member.InvitedBy).To(BeZero())
		} else {
			f.Expect(member.InvitedBy).To(Equal(stored.CreatedBy), "the creator added it")
		}
		f.Expect(f.store.Member(f.ctx, stored.ID, member.User)).To(Equal(member))
	}
	f.Expect(members[2].Role).To(Equal(model.RoleOwner))
	f.Expect(f.conversation(stored.ID)).To(Equal(stored))
	f.Expect(f.store.Conversation(f.ctx, model.ConversationRef{ExternalID: "room-1"})).To(Equal(stored))
}

func conversationExternalIDIsUnique(_ *testing.T, f *fixture) {
	person := f.user()
	wanted := conversationOf(model.Group, person)
	wanted.ExternalID = "taken"
	f.create(wanted)
	again, err := f.store.CreateConversation(f.ctx, wanted)
	f.Expect(err).To(MatchError(model.ErrConversationExists))
	f.Expect(again.Created).To(BeFalse())
	f.Expect(f.store.Memberships(f.ctx, person, 10)).To(HaveLen(1))
}

func unknownFirstMember(_ *testing.T, f *fixture) {
	person := f.user()
	wanted := conversationOf(model.Group, person, model.FirstID+99)
	wanted.ExternalID = "half"
	_, err := f.store.CreateConversation(f.ctx, wanted)
	f.Expect(err).To(MatchError(model.ErrUserNotFound))
	_, err = f.store.Conversation(f.ctx, model.ConversationRef{ExternalID: "half"})
	f.Expect(err).To(MatchError(model.ErrConversationNotFound))
}

func unknownConversation(_ *testing.T, f *fixture) {
	f.group(f.user())
	for _, ref := range []model.ConversationRef{{ID: model.FirstID + 99}, {ExternalID: "none"}, {}} {
		_, err := f.store.Conversation(f.ctx, ref)
		f.Expect(err).To(MatchError(model.ErrConversationNotFound))
	}
}

func directOnce(_ *testing.T, f *fixture) {
	people := f.users(3)
	first := f.create(conversationOf(model.Direct, people[0], people[1]))
	f.send(first.Conversation.ID, people[0], "a")

	again, err := f.store.CreateConversation(f.ctx, conversationOf(model.Direct, people[1], people[0]))
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(again.Created).To(BeFalse())
	f.Expect(again.Conversation).To(Equal(f.conversation(first.Conversation.ID)), "nothing changed")
	f.Expect(again.Members).To(Equal(first.Members))

	other := f.create(conversationOf(model.Direct, people...))
	f.Expect(other.Conversation.ID).NotTo(Equal(first.Conversation.ID))
	f.Expect(f.group(people[0], people[1])).NotTo(Equal(first.Conversation.ID))
}

func directWithExternalID(_ *testing.T, f *fixture) {
	people := f.users(2)
	wanted := conversationOf(model.Direct, people...)
	wanted.ExternalID = "pair"
	first := f.create(wanted)
	again, err := f.store.CreateConversation(f.ctx, wanted)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(again.Created).To(BeFalse())
	f.Expect(again.Conversation.ID).To(Equal(first.Conversation.ID))
}

func directRace(_ *testing.T, f *fixture) {
	for _, externalID := range []string{"", "pair"} {
		people := f.users(2)
		var mu sync.Mutex
		ids, births := map[model.ConversationID]bool{}, 0
		var race errgroup.Group
		for i := range 8 {
			race.Go(func() error {
				pair := slices.Clone(people)
				if i%2 == 1 {
					slices.Reverse(pair)
				}
				wanted := conversationOf(model.Direct, pair...)
				wanted.ExternalID = externalID
				made, err := f.store.CreateConversation(f.ctx, wanted)
				mu.Lock()
				defer mu.Unlock()
				ids[made.Conversation.ID] = true
				if made.Created {
					births++
				}
				if err == nil && len(made.Members) != 2 {
					return fmt.Errorf("a racing creator got %d members", len(made.Members))
				}
				return err
			})
		}
		f.Expect(race.Wait()).To(Succeed())
		f.Expect(ids).To(HaveLen(1))
		f.Expect(births).To(Equal(1))
	}
}
