package postgres

import (
	"errors"
	"testing"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// changeCalls calls every method of a change, each in a change of its own.
func changeCalls(t *testing.T, s *Store) []planCall {
	t.Helper()
	ctx := t.Context()
	joins := model.UserID(model.FirstID + 14_999)
	ref := model.MessageRef{ExternalID: planRoom.String() + "-107"}
	var calls []planCall
	add := func(method string, run func(store.Change) error) {
		calls = append(calls, planCall{method: method, run: func() error { return s.ChangeConversation(ctx, planRoom, run) }})
	}
	add("ChangeConversation", func(store.Change) error { return nil })
	add("Change.Conversation", func(change store.Change) error { change.Conversation().Avatar = "x"; return nil })
	add("Change.Next", func(change store.Change) error { change.Next(); return nil })
	add("Change.Now", func(change store.Change) error { _ = change.Now(); return nil })
	// The room holds a tenth of all users, so that reading them all is cheap.
	calls = append(calls, planCall{method: "Change.Successor", all: "users", run: func() error {
		return s.ChangeConversation(ctx, planRoom, func(change store.Change) error { return ignoring(change.Successor(ctx, planUser)) })
	}})
	add("Change.Member", func(change store.Change) error { return ignoring(change.Member(ctx, planUser)) })
	add("Change.SaveMember", func(change store.Change) error {
		rev := change.Next()
		return ignoring(change.SaveMember(ctx, model.Member{
			Conversation: planRoom, User: joins, Role: model.RoleMember, CreatedRev: rev, Rev: rev, CreatedAt: change.Now(),
		}))
	})
	add("Change.User", func(change store.Change) error { return ignoring(change.User(ctx, model.UserRef{ID: planUser})) })
	add("Change.Message", func(change store.Change) error { return ignoring(change.Message(ctx, ref)) })
	add("Change.AddReaction", func(change store.Change) error { return ignoring(change.AddReaction(ctx, 107, planUser, "y")) })
	add("Change.RemoveReaction", func(change store.Change) error { return ignoring(change.RemoveReaction(ctx, 107, planUser, "y")) })
	add("Change.ReactionsFrom", func(change store.Change) error { return ignoring(change.ReactionsFrom(ctx, planUser, 100)) })
	add("Change.MessagesFrom", func(change store.Change) error { return ignoring(change.MessagesFrom(ctx, planUser, 50, 100)) })
	add("Change.SaveMessage", func(change store.Change) error {
		message, err := change.Message(ctx, ref)
		if err != nil {
			return err
		}
		at := change.Now()
		message.Rev, message.DeletedAt = change.Next(), &at
		return change.SaveMessage(ctx, message)
	})
	add("Change.SaveBan", func(change store.Change) error {
		return change.SaveBan(ctx, model.Ban{User: planOther, CreatedAt: change.Now()})
	})
	add("Change.Ban", func(change store.Change) error { return ignoring(change.Ban(ctx, planOther)) })
	add("Change.DeleteBan", func(change store.Change) error { return change.DeleteBan(ctx, planOther) })
	add("Change.SaveInvite", func(change store.Change) error {
		return ignoring(change.SaveInvite(ctx, model.Invite{
			User: planOther, Role: model.RoleMember, Status: model.InvitePending, CreatedAt: change.Now(), UpdatedAt: change.Now(),
		}))
	})
	add("Change.PendingInvite", func(change store.Change) error { return ignoring(change.PendingInvite(ctx, planOther)) })
	add("Change.Invite", func(change store.Change) error {
		invite, err := change.PendingInvite(ctx, planOther)
		if err != nil {
			return err
		}
		return ignoring(change.Invite(ctx, invite.ID))
	})
	add("Change.AddJob", func(change store.Change) error {
		return ignoring(change.AddJob(ctx, store.NewJob{Kind: model.EraseUser}))
	})
	add("Change.AddAudit", func(change store.Change) error { return change.AddAudit(ctx, model.AuditEvent{Action: "x"}) })
	return calls
}

// jobCalls come last: they erase what the others are about.
func jobCalls(t *testing.T, s *Store) []planCall {
	t.Helper()
	ctx := t.Context()
	return []planCall{
		{method: "ClaimJob", run: func() error { return ignoringTwo(s.ClaimJob(ctx, "w", time.Minute)) }},
		{method: "SaveJob", run: func() error {
			job, found, err := s.ClaimJob(ctx, "w", time.Minute)
			if err != nil || !found {
				return errors.Join(err, model.ErrJobNotFound)
			}
			return s.SaveJob(ctx, job, "w", time.Minute)
		}},
		{method: "Job", run: func() error { return ignoring(s.Job(ctx, model.FirstID)) }},
		{method: "ListJobs", run: func() error { return ignoringTwo(s.ListJobs(ctx, model.JobRunning, planPage)) }},
		{method: "ConversationsOf", run: func() error { return ignoring(s.ConversationsOf(ctx, planUser, planDirect, 100)) }},
		{method: "EraseUserRows", run: func() error { return s.EraseUserRows(ctx, planRoom, planUser) }},
		{method: "EraseConversationRows", run: func() error {
			if err := s.ChangeConversation(ctx, planRoom, func(change store.Change) error {
				at := change.Now()
				change.Conversation().DeletedAt = &at
				return nil
			}); err != nil {
				return err
			}
			return ignoringTwo(s.EraseConversationRows(ctx, planRoom, 50_000))
		}},
	}
}
