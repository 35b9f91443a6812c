package chat

import (
	"context"
	"encoding/json"

	"github.com/parley-chat/parley/chatserver/model"
)

// EditMessage is the input of Chat.EditMessage: a merge patch of a message.
type EditMessage struct {
	Conversation model.ConversationRef
	Message      model.MessageRef
	Content      json.RawMessage           // nil keeps it; null takes the text from a file message
	Properties   json.RawMessage           // a merge patch of the properties; nil keeps them, null deletes all
	Attachments  Patch[[]model.Attachment] // of file messages
	Mentions     Patch[[]NewMention]       // the list beside what the text shows
}

func (in EditMessage) check(f *fields) {
	if in.Content != nil && !isNull(in.Content) {
		f.content("content", in.Content)
	}
	f.propertiesPatch(in.Properties)
	f.mentions(in.Mentions.Value)
}

// rewrites reports whether the patch changes more than the properties.
func (in EditMessage) rewrites() bool {
	return in.Content != nil || in.Attachments.Given || in.Mentions.Given
}

// EditMessage changes a message; its sender may, who needs message.edit, and
// those who administer the project. Properties alone may change without the
// message counting as edited.
func (c *Chat) EditMessage(ctx context.Context, principal Principal, in EditMessage) (model.Message, error) {
	f := fields{limits: c.Limits}
	in.check(&f)
	if err := f.err(); err != nil {
		return model.Message{}, err
	}
	// Reads outside of the transaction, which must not wait for another one.
	mentions, links, err := c.references(ctx, principal, in.Content, in.Mentions.Value)
	if err != nil {
		return model.Message{}, err
	}
	var edited model.Message
	err = c.change(ctx, principal, in.Conversation, func(change *change) error {
		message, err := change.Message(ctx, in.Message)
		if err != nil {
			return err
		}
		if message.Seq <= change.floor() {
			return model.ErrMessageNotFound // the answer would be the message
		}
		if err := change.mayEdit(message); err != nil {
			return err
		}
		if message.Deleted() {
			return model.ErrMessageDeleted
		}
		if message.Properties, err = mergeProperties(message.Properties, in.Properties, c.Limits.PropertiesBytes); err != nil {
			return err
		}
		if in.rewrites() {
			if err := c.rewrite(&message, in, mentions, links); err != nil {
				return err
			}
			now := change.Now()
			message.EditedAt, message.EditedBy = &now, principal.User
		}
		message.Rev = change.Next()
		edited = message
		change.event(model.Event{Kind: model.MessageEdited, Message: &message})
		return change.SaveMessage(ctx, message)
	})
	return edited, err
}

func (c *change) mayEdit(message model.Message) error {
	switch {
	case c.administers():
		return nil
	case message.Sender == 0 || message.Sender != c.principal.User:
		return model.Forbidden("only its sender may edit a message")
	}
	return c.require(model.MessageEdit)
}

// rewrite puts the new content, attachments and mentions into the message.
func (c *Chat) rewrite(message *model.Message, in EditMessage, mentions []model.Mention, links []model.Link) error {
	f := fields{limits: c.Limits}
	if isNull(in.Content) && !message.Type.HasFiles() {
		f.add(model.Invalid("content", "must not be null: only a file message goes without a text"))
	}
	in.Attachments.apply(&message.Attachments)
	f.attachments(message.Type, message.Attachments)
	if err := f.err(); err != nil {
		return err
	}
	message.Attachments = compactAttachments(message.Attachments)
	if in.Content == nil {
		// The text is as it was, and so is what it shows.
		if in.Mentions.Given {
			message.Mentions = append(shown(message.Mentions, true), mentions...)
		}
	} else {
		if !in.Mentions.Given {
			mentions = append(shown(message.Mentions, false), mentions...)
		}
		message.Content, message.Mentions, message.Links = compact(in.Content), mentions, links
		if isNull(in.Content) {
			message.Content = contentOrEmpty(nil)
		}
	}
	message.Mentions = message.Mentions[:min(len(message.Mentions), c.Limits.MentionsPerMessage)]
	return nil
}

// shown are the mentions that the text shows, or does not.
func shown(mentions []model.Mention, inText bool) []model.Mention {
	var kept []model.Mention
	for _, mention := range mentions {
		if (mention.End > 0) == inText {
			kept = append(kept, mention)
		}
	}
	return kept
}
