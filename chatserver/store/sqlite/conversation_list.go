package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/internal/identity"
)

// ListConversations reads a part of the conversations.
func (s *Store) ListConversations(ctx context.Context, filter store.ConversationFilter, page model.ListPage) (views []model.ConversationView, total int64, err error) {
	where, err := s.selectConversations(filter)
	if err != nil {
		return nil, 0, err
	}
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		found, all, err := selectPage(ctx, tx, scanConversation, listing{
			columns: conversationColumns, from: " FROM conversations AS conversation", where: where,
			time: "conversation.activity_at", id: "conversation.id", descending: true,
		}, page)
		if err != nil {
			return err
		}
		total, views = all, make([]model.ConversationView, len(found))
		for i := range found {
			if views[i], err = view(ctx, tx, found[i], filter.Viewer); err != nil {
				return err
			}
		}
		return nil
	})
	return views, total, err
}

// view adds what one user sees of a conversation.
func view(ctx context.Context, tx *sql.Tx, conversation model.Conversation, viewer model.UserID) (model.ConversationView, error) {
	seen := model.ConversationView{Conversation: conversation}
	filter := store.MessageFilter{Viewer: viewer, Live: true}
	if viewer != 0 {
		member, err := selectMember(ctx, tx, conversation.ID, viewer, model.ErrMemberNotFound)
		switch {
		case err == nil:
			seen.Member = &member
			filter.Floor = member.Floor(conversation)
			if seen.Unread, err = countUnread(ctx, tx, viewer, conversation.ID); err != nil {
				return seen, err
			}
		case !errors.Is(err, model.ErrMemberNotFound):
			return seen, err
		}
	}
	last, err := selectMessages(ctx, tx, conversation.ID, filter, model.MessagePage{Limit: 1})
	if len(last) > 0 {
		seen.LastMessage = &last[0]
	}
	return seen, err
}

func (s *Store) selectConversations(filter store.ConversationFilter) (selection, error) {
	var where selection
	where.and("conversation.deleted_at IS NULL")
	s.selectMembership(&where, filter)
	if len(filter.Types) > 0 {
		if err := where.andAmong("conversation.type", filter.Types); err != nil {
			return selection{}, err
		}
	}
	if filter.Status != "" {
		where.and("conversation.status = ?", filter.Status)
	}
	if filter.Search != "" {
		where.andPrefix([]string{"conversation.name_key"}, identity.NameKey(filter.Search))
	}
	if filter.Name != "" {
		where.and("conversation.name_key = ? AND conversation.name = ?", identity.NameKey(filter.Name), filter.Name)
	}
	if filter.Empty != nil {
		where.and("(conversation.last_seq = 0) = ?", *filter.Empty)
	}
	if !filter.ActivitySince.IsZero() {
		where.and("conversation.activity_at >= ?", filter.ActivitySince.UnixMicro())
	}
	if !filter.ActivityUntil.IsZero() {
		where.and("conversation.activity_at < ?", filter.ActivityUntil.UnixMicro())
	}
	if filter.CreatedBy != 0 {
		where.and("conversation.created_by = ?", filter.CreatedBy)
	}
	return where, nil
}

// selectMembership selects by who is a member, or may become one.
func (s *Store) selectMembership(where *selection, filter store.ConversationFilter) {
	// This way the index of a user's memberships leads.
	const memberOf = `conversation.id IN (
		SELECT member.conversation_id FROM members AS member WHERE member.user_id = ? AND member.left_rev = 0)`
	if filter.MemberOf != 0 {
		where.and(memberOf, filter.MemberOf)
	}
	if filter.JoinableBy != 0 {
		where.and("conversation.type IN ('public', 'open')")
		where.and(`NOT EXISTS (
			SELECT 1 FROM members AS member
			WHERE member.conversation_id = conversation.id AND member.user_id = ? AND member.left_rev = 0)`, filter.JoinableBy)
		where.and(`NOT EXISTS (
			SELECT 1 FROM bans AS ban
			WHERE ban.conversation_id = conversation.id AND ban.user_id = ?
				AND (ban.expires_at IS NULL OR ban.expires_at > ?))`, filter.JoinableBy, s.instant())
	}
	for _, user := range filter.WithMembers {
		where.and(memberOf, user)
	}
	if filter.OnlyMembers {
		where.and("conversation.member_count = ?", len(filter.WithMembers))
	}
	if filter.Hidden != nil {
		where.and(`EXISTS (
			SELECT 1 FROM members AS member
			WHERE member.conversation_id = conversation.id AND member.user_id = ? AND member.left_rev = 0
				AND member.hidden_seq IS NOT NULL AND member.hidden_seq >= conversation.last_seq) = ?`, filter.Viewer, *filter.Hidden)
	}
	if filter.Unread != nil {
		where.and("EXISTS (SELECT 1"+unreadMessages+" AND message.conversation_id = conversation.id) = ?", filter.Viewer, *filter.Unread)
	}
}
