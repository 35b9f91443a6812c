package storetest

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

var erasure = []rule{
	{"the rows of a deleted conversation go in steps until none is left", conversationIsErased},
	{"nothing of a conversation that is there is erased", livingConversationStays},
	{"an erased user is unknown, and its names are free", erasedUserIsUnknown},
	{"an erased user's tokens are revoked", erasedUserIsRevoked},
	{"nothing personal remains of an erased user", nothingPersonalRemains},
	{"the conversations of a user are all those where it is or was a member", conversationsOfUser},
	{"what is left of a user in one conversation goes, of others stays", userRowsAreErased},
	{"an unknown user cannot be erased", unknownUserIsErased},
}

func (f *fixture) eraseUser(user model.UserID) model.Job {
	job, err := f.store.EraseUser(f.ctx, user, store.NewJob{Kind: model.EraseUser, User: user},
		model.AuditEvent{Action: "user.deleted", User: user})
	f.Expect(err).NotTo(HaveOccurred())
	return job
}

// fill puts one of everything into a conversation of the people, all about the
// last of them, and reads and hides its messages.
func (f *fixture) fill(people ...model.UserID) model.ConversationID {
	room := f.group(people...)
	last := people[len(people)-1]
	root := f.send(room, last, "root")
	f.answer(room, people[0], "reply", root.ID)
	_, err := f.react(f.ctx, room, root.ID, last, "👍", true)
	f.Expect(err).NotTo(HaveOccurred())
	f.report(room, root.ID, last, "reason")
	f.ban(room, last, 0)
	f.invite(room, last, people[0])
	f.read(room, last, 1)
	f.read(room, last, 2)
	f.Expect(f.store.MarkDelivered(f.ctx, []store.DeliveredMark{{Conversation: room, User: people[0], Seq: 2}}, everySize)).To(HaveLen(1))
	_, _, err = f.store.HideMessage(f.ctx, room, last, 2)
	f.Expect(err).NotTo(HaveOccurred())
	return room
}

func conversationIsErased(_ *testing.T, f *fixture) {
	people := f.users(2)
	room, other := f.fill(people...), f.fill(people...)
	before := f.everything(other, people)
	f.deleteConversation(room)
	var erased int64
	lastLeft := int64(-1)
	for step := 0; ; step++ {
		f.Expect(step).To(BeNumerically("<", 50), "it ends")
		deleted, left, err := f.store.EraseConversationRows(f.ctx, room, 2)
		f.Expect(err).NotTo(HaveOccurred())
		f.Expect(deleted).To(BeNumerically("<=", 2))
		if lastLeft >= 0 {
			f.Expect(left).To(Equal(lastLeft - deleted))
		}
		erased, lastLeft = erased+deleted, left
		if left == 0 {
			break
		}
		f.Expect(deleted).To(BeNumerically(">", 0))
	}
	f.Expect(erased).To(BeNumerically(">=", 2+2+1+1+1), "messages, members, a ban, an invite, a report")
	deleted, left, err := f.store.EraseConversationRows(f.ctx, room, 100)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(deleted + left).To(BeZero())
	f.Expect(f.store.ConversationsOf(f.ctx, people[1], 0, 10)).To(Equal([]model.ConversationID{other}))
	f.Expect(f.store.Messages(f.ctx, room, store.MessageFilter{}, model.MessagePage{Limit: 10})).To(BeEmpty())
	f.Expect(f.everything(other, people)).To(Equal(before), "another conversation stays")
	changes, err := f.store.Changes(f.ctx, room, 0, 10)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(changes.Conversation.Deleted()).To(BeTrue(), "its deletion is still told")
}

func livingConversationStays(_ *testing.T, f *fixture) {
	people := f.users(2)
	room := f.fill(people...)
	before := f.everything(room, people)
	_, _, err := f.store.EraseConversationRows(f.ctx, room, 100)
	f.Expect(err).To(Or(Succeed(), MatchError(model.ErrConversationNotFound)))
	f.Expect(f.everything(room, people)).To(Equal(before))
}

func erasedUserIsUnknown(_ *testing.T, f *fixture) {
	names := store.NewUser{Username: "anna", ExternalID: "ext", DisplayName: "Anna"}
	erased, other := f.created(names).ID, f.user()
	room := f.group(other, erased)
	message := f.send(room, erased, "a")
	f.eraseUser(erased)

	for _, ref := range []model.UserRef{{ID: erased}, {Username: "anna"}, {ExternalID: "ext"}} {
		_, err := f.store.User(f.ctx, ref)
		f.Expect(err).To(MatchError(model.ErrUserNotFound))
		_, err = f.store.UserIDs(f.ctx, []model.UserRef{ref})
		f.Expect(err).To(MatchError(model.ErrUserNotFound))
	}
	f.Expect(f.store.UsersByID(f.ctx, []model.UserID{erased})).To(BeEmpty())
	expectList(f, f.userListing(store.UserFilter{}), other)
	_, err := f.store.UpdateUser(f.ctx, erased, func(*model.User) error { return nil })
	f.Expect(err).To(MatchError(model.ErrUserNotFound))
	_, err = f.store.RevokeTokens(f.ctx, erased)
	f.Expect(err).To(MatchError(model.ErrUserNotFound))
	_, err = f.store.Standing(f.ctx, model.ConversationRef{ID: room}, erased)
	f.Expect(err).To(MatchError(model.ErrUserNotFound))
	_, _, err = f.store.SaveBlock(f.ctx, other, erased)
	f.Expect(err).To(MatchError(model.ErrUserNotFound))
	f.Expect(f.store.SetSecret(f.ctx, erased, "x", []byte("x"))).To(MatchError(model.ErrUserNotFound))
	_, err = f.store.CreateConversation(f.ctx, conversationOf(model.Group, other, erased))
	f.Expect(err).To(MatchError(model.ErrUserNotFound))
	_, _, err = f.addMember(f.ctx, f.group(other), erased, model.RoleMember)
	f.Expect(err).To(MatchError(model.ErrUserNotFound))
	f.Expect(f.append(text(room, erased, "b", ""))[0].Err).To(HaveOccurred())
	_, err = f.store.EraseUser(f.ctx, erased, store.NewJob{Kind: model.EraseUser, User: erased}, model.AuditEvent{Action: "user.deleted"})
	f.Expect(err).To(MatchError(model.ErrUserNotFound))

	read, err := f.store.Message(f.ctx, room, model.MessageRef{ID: message.ID})
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(read.Author).To(BeNil())
	f.Expect(f.created(names).ID).NotTo(Equal(erased))
}

func erasedUserIsRevoked(_ *testing.T, f *fixture) {
	people := f.users(2)
	f.login(people[0], "family", "token", morning.Add(time.Hour))
	epoch := f.person(people[0]).TokenEpoch
	since, err := f.store.Now(f.ctx)
	f.Expect(err).NotTo(HaveOccurred())
	job := f.eraseUser(people[0])
	f.Expect(job.Kind).To(Equal(model.EraseUser))
	f.Expect(job.User).To(Equal(people[0]))
	f.Expect(f.storedJob(job.ID)).To(Equal(job))
	claimed, found := f.claim("w", longLease)
	f.Expect(found).To(BeTrue())
	f.Expect(claimed.ID).To(Equal(job.ID))
	f.Expect(f.store.RevokedSince(f.ctx, since)).To(Equal([]store.UserEpoch{{User: people[0], Epoch: epoch + 1}}))
	_, err = f.rotate("token", "next", morning)
	f.Expect(err).To(MatchError(model.ErrInvalidRefresh))
	events, _, err := f.store.ListAudit(f.ctx, store.AuditFilter{User: people[0]}, model.ListPage{Limit: 10})
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(keysOf(events, func(event model.AuditEvent) string { return event.Action })).To(Equal([]string{"user.deleted"}))
}

// planted are the words that only the erased user's own data holds.
const planted = "zanzibar"

func nothingPersonalRemains(_ *testing.T, f *fixture) {
	stays := f.created(store.NewUser{DisplayName: "lighthouse"}).ID
	user := f.created(store.NewUser{
		ExternalID: planted + "-external", Username: planted + "-username", DisplayName: planted + " display",
		Email: planted + "@example.org", Avatar: "https://example.org/" + planted, Properties: json.RawMessage(`{"k":"` + planted + `"}`),
	}).ID
	f.updateUser(user, func(user *model.User) { user.AccountStatus = model.AccountSuspended })
	for _, pair := range [][2]model.UserID{{stays, user}, {user, stays}} {
		f.block(pair[0], pair[1])
	}
	f.Expect(f.store.SetSecret(f.ctx, user, planted, []byte(planted))).To(Succeed())
	f.login(user, planted, planted, morning.Add(time.Hour))
	record := session(planted, user, morning)
	record.UserAgent = planted
	other := session("other", stays, morning)
	f.Expect(f.store.RecordSessions(f.ctx, []model.SessionRecord{record, other}, nil)).To(Succeed())
	f.Expect(f.dump()).To(ContainSubstring(planted), "the dump shows what is there")
	f.Expect(f.dump()).To(ContainSubstring(string(model.AccountSuspended)))
	f.Expect(f.dump()).To(ContainSubstring("lighthouse"))

	f.eraseUser(user)
	f.Expect(f.dump()).NotTo(ContainSubstring(planted))
	f.Expect(f.dump()).NotTo(ContainSubstring(string(model.AccountSuspended)))
	f.Expect(f.dump()).To(ContainSubstring("lighthouse"), "the other user stays")
	f.Expect(f.store.BlockedBy(f.ctx, []model.UserID{stays, user})).To(BeEmpty())
	f.Expect(f.store.SecretNames(f.ctx, user)).To(BeEmpty())
	_, err := f.store.Secret(f.ctx, user, planted)
	f.Expect(err).To(MatchError(model.ErrSecretNotFound))
	expectList(f, f.sessionListing(store.SessionFilter{}), "other")
}

func conversationsOfUser(_ *testing.T, f *fixture) {
	people := f.users(2)
	var wanted []model.ConversationID
	present := f.group(people...)
	f.group(people[0])
	left := f.group(people...)
	_, err := f.removeMember(f.ctx, left, people[1])
	f.Expect(err).NotTo(HaveOccurred())
	deleted := f.group(people...)
	f.send(deleted, people[1], "a")
	f.deleteConversation(deleted)
	wanted = append(wanted, present, left, deleted)
	f.Expect(f.store.ConversationsOf(f.ctx, people[1], 0, 10)).To(Equal(wanted))
	f.Expect(f.store.ConversationsOf(f.ctx, people[1], 0, 2)).To(Equal(wanted[:2]))
	f.Expect(f.store.ConversationsOf(f.ctx, people[1], wanted[1], 2)).To(Equal(wanted[2:]))
	f.Expect(f.store.ConversationsOf(f.ctx, people[1], wanted[2], 2)).To(BeEmpty())
	f.eraseUser(people[1])
	f.Expect(f.store.ConversationsOf(f.ctx, people[1], 0, 10)).To(Equal(wanted), "also of an erased user")
	f.Expect(f.store.ConversationsOf(f.ctx, model.FirstID+77, 0, 10)).To(BeEmpty())
}

func userRowsAreErased(_ *testing.T, f *fixture) {
	// Ids of different kinds begin alike: these keep them apart in the dump.
	filler := f.users(10)
	f.groups(20, filler[0])
	people := f.users(3)
	room, other := f.fill(people...), f.fill(people...)
	f.report(room, f.history(room)[0].ID, people[1], "stays")
	f.ban(room, people[1], 0)
	f.eraseUser(people[2])
	elsewhere := f.everything(other, people[:2])
	rows := func(room model.ConversationID) (count int) {
		for line := range strings.Lines(f.dump()) {
			if strings.Contains(line, room.String()) && strings.Contains(line, people[2].String()) {
				count++
			}
		}
		return count
	}
	rowsHere, rowsElsewhere := rows(room), rows(other)
	f.Expect(f.store.EraseUserRows(f.ctx, room, people[2])).To(Succeed())
	f.Expect(f.store.EraseUserRows(f.ctx, room, people[2])).To(Succeed(), "a second time")
	f.Expect(rowsHere-rows(room)).To(BeNumerically(">=", 2+1+1+1+1), "moves of the marks, a hidden message, a report, an invite, a ban")
	f.Expect(rows(other)).To(Equal(rowsElsewhere))

	bans, _, err := f.store.ListBans(f.ctx, room, model.ListPage{Limit: 10})
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(keysOf(bans, func(ban model.Ban) model.UserID { return ban.User })).To(Equal(people[1:2]))
	expectList(f, f.reportListing(store.ReportFilter{Conversation: room}), "stays")
	_, total, err := f.store.ListInvites(f.ctx, store.InviteFilter{Conversation: room}, model.ListPage{Limit: 10})
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(total).To(BeZero())
	after := f.everything(other, people[:2])
	for _, name := range []string{"bans", "invites", "reactions", "history", "conversation"} {
		f.Expect(after[name]).To(Equal(elsewhere[name]), name)
	}
}

func unknownUserIsErased(_ *testing.T, f *fixture) {
	_, err := f.store.EraseUser(f.ctx, model.FirstID+77, store.NewJob{Kind: model.EraseUser, User: model.FirstID + 77},
		model.AuditEvent{Action: "user.deleted", User: model.FirstID + 77})
	f.Expect(err).To(MatchError(model.ErrUserNotFound))
	_, found := f.claim("w", longLease)
	f.Expect(found).To(BeFalse(), "no job is left behind")
	_, total, err := f.store.ListAudit(f.ctx, store.AuditFilter{}, model.ListPage{Limit: 10})
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(total).To(BeZero())
}
