package storetest

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// The use cases of this file change a conversation as the chat core does. They
// fail no test, so that racing goroutines may call them.

// change runs a change and gives what its function made.
func change[T any](
	ctx context.Context, target store.Store, room model.ConversationID, run func(store.Change) (T, error),
) (T, error) {
	var made T
	err := target.ChangeConversation(ctx, room, func(change store.Change) (err error) {
		made, err = run(change)
		return err
	})
	if err != nil {
		return *new(T), err
	}
	return made, nil
}

// addMember reports false for one who is a member already.
func (f *fixture) addMember(
	ctx context.Context, room model.ConversationID, user model.UserID, role model.MemberRole,
) (member model.Member, added bool, err error) {
	member, err = change(ctx, f.store, room, func(change store.Change) (model.Member, error) {
		added = false
		present, err := change.Member(ctx, user)
		if !errors.Is(err, model.ErrMemberNotFound) {
			return present, err
		}
		added = true
		rev := change.Next()
		return change.SaveMember(ctx, model.Member{
			Conversation: room, User: user, Role: role, JoinedSeq: change.Conversation().LastSeq,
			CreatedRev: rev, Rev: rev, CreatedAt: change.Now(),
		})
	})
	return member, added && err == nil, err
}

func (f *fixture) removeMember(ctx context.Context, room model.ConversationID, user model.UserID) (model.Member, error) {
	return f.changeMember(ctx, room, user, func(member *model.Member) { member.LeftRev = member.Rev })
}

// changeMember changes a present member at the next rev.
func (f *fixture) changeMember(
	ctx context.Context, room model.ConversationID, user model.UserID, apply func(*model.Member),
) (model.Member, error) {
	return change(ctx, f.store, room, func(change store.Change) (model.Member, error) {
		member, err := change.Member(ctx, user)
		if err != nil {
			return model.Member{}, err
		}
		member.Rev = change.Next()
		apply(&member)
		return change.SaveMember(ctx, member)
	})
}

// edit replaces a message's content.
func (f *fixture) edit(
	ctx context.Context, room model.ConversationID, ref model.MessageRef, content string,
) (model.Message, error) {
	return f.changeMessage(ctx, room, ref, func(change store.Change, message *model.Message) error {
		at := change.Now()
		message.Content, message.EditedAt = json.RawMessage(content), &at
		return nil
	})
}

// delete makes a message a tombstone.
func (f *fixture) delete(ctx context.Context, room model.ConversationID, ref model.MessageRef) (model.Message, error) {
	return f.changeMessage(ctx, room, ref, func(change store.Change, message *model.Message) error {
		at := change.Now()
		message.DeletedAt = &at
		message.Content, message.Properties, message.Reactions = nil, nil, nil
		message.Attachments, message.Mentions, message.Links, message.GroupTag = nil, nil, nil, ""
		return nil
	})
}

// changeMessage changes a message that is no tombstone at the next rev.
func (f *fixture) changeMessage(
	ctx context.Context, room model.ConversationID, ref model.MessageRef,
	apply func(store.Change, *model.Message) error,
) (model.Message, error) {
	return change(ctx, f.store, room, func(change store.Change) (model.Message, error) {
		message, err := change.Message(ctx, ref)
		if err != nil {
			return model.Message{}, err
		}
		if message.Deleted() {
			return model.Message{}, model.ErrMessageDeleted
		}
		message.Rev = change.Next()
		if err := apply(change, &message); err != nil {
			return model.Message{}, err
		}
		return bare(message), change.SaveMessage(ctx, message)
	})
}

// changeConversation changes a conversation's own fields at the next rev.
func (f *fixture) changeConversation(room model.ConversationID, apply func(store.Change, *model.Conversation)) error {
	return f.store.ChangeConversation(f.ctx, room, func(change store.Change) error {
		conversation := change.Conversation()
		conversation.ObjectRev = change.Next()
		conversation.Version++
		conversation.UpdatedAt = change.Now()
		apply(change, conversation)
		return nil
	})
}

// bare leaves out the author, whom only some reads add.
func bare(message model.Message) model.Message {
	message.Author = nil
	return message
}
