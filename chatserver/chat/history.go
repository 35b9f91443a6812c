package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// History is the input of Chat.History.
type History struct {
	Conversation model.ConversationRef
	Thread       model.MessageRef // the messages of this thread, its root left out
	Parent       model.MessageRef // the replies to this message
	NoReplies    bool             // messages outside of threads, roots included
	Threads      bool             // messages that have replies or are of type thread
	Types        []model.MessageType
	Sender       model.UserRef
	GroupTag     string
	Mentions     model.UserRef // messages that mention this user
	Since, Until time.Time     // Until is exclusive
	Place        HistoryPlace
	Count        bool // how many there are in all
}

// HistoryPlace selects a part of the history. At most one of Before, After,
// Around and the page's own place is set.
type HistoryPlace struct {
	Before model.MessageRef // messages older than this one
	After  model.MessageRef // messages newer than this one
	Around model.MessageRef // this message and those on both sides of it
	// Listed says that the page is one of a list, by Offset: without tombstones.
	Listed bool
	Page   model.MessagePage
}

// HistoryPart is what Chat.History read.
type HistoryPart struct {
	Messages []model.Message   // by ascending seq
	Page     model.MessagePage // what was read, with references resolved
	Total    int64             // with Count
}

func (in History) check(limits config.Limits) error {
	f := fields{limits: limits}
	page := in.Place.Page
	if page.Limit < 1 || page.Limit > limits.MaxPageSize {
		f.add(model.Invalid("limit", "must be 1 to %d", limits.MaxPageSize))
	}
	if page.Offset < 0 || page.Offset > MaxOffset {
		f.add(model.Invalid("offset", "must be 0 to %d; use a cursor to read further", MaxOffset))
	}
	for _, of := range in.Types {
		if !of.Valid() {
			f.add(model.Invalid("type", "must be text, file, thread, system_text or system_file"))
		}
	}
	return f.err()
}

// History reads a part of a conversation's messages: those that the principal's
// user sees. A secret key without a user sees all.
func (c *Chat) History(ctx context.Context, principal Principal, in History) (HistoryPart, error) {
	if err := in.check(c.Limits); err != nil {
		return HistoryPart{}, err
	}
	found, err := c.readable(ctx, principal, in.Conversation)
	if err != nil {
		return HistoryPart{}, err
	}
	filter, err := c.historyFilter(ctx, found, in)
	if err != nil {
		return HistoryPart{}, err
	}
	var part HistoryPart
	if in.Place.Around != (model.MessageRef{}) {
		part, err = c.around(ctx, found, filter, in.Place)
	} else {
		part, err = c.historyPage(ctx, found, filter, in.Place)
	}
	if err == nil && in.Count {
		part.Total, err = c.Store.CountMessages(ctx, found.conversation.ID, filter)
	}
	return part, translate(err)
}

// readable finds a conversation whose history the principal may read.
func (c *Chat) readable(ctx context.Context, principal Principal, ref model.ConversationRef) (standing, error) {
	found, err := c.standing(ctx, principal, ref)
	if err != nil {
		return standing{}, err
	}
	return found, found.readable()
}

// view is what the principal sees at all.
func (s standing) view() store.MessageFilter {
	return store.MessageFilter{Viewer: s.principal.User, Floor: s.floor()}
}

func (c *Chat) historyFilter(ctx context.Context, found standing, in History) (store.MessageFilter, error) {
	filter := found.view()
	filter.NoReplies, filter.Threads, filter.Types, filter.GroupTag = in.NoReplies, in.Threads, in.Types, in.GroupTag
	filter.Since, filter.Until, filter.Live = in.Since, in.Until, in.Place.Listed
	for _, each := range []struct {
		ref  model.MessageRef
		into *model.MessageID
	}{{in.Thread, &filter.Thread}, {in.Parent, &filter.Parent}} {
		if each.ref == (model.MessageRef{}) {
			continue
		}
		message, err := c.visibleMessage(ctx, found, each.ref)
		if err != nil {
			return filter, err
		}
		*each.into = message.ID
	}
	var err error
	if filter.Sender, err = c.userID(ctx, in.Sender); err != nil {
		return filter, err
	}
	filter.Mentions, err = c.userID(ctx, in.Mentions)
	return filter, err
}

func (c *Chat) historyPage(ctx context.Context, found standing, filter store.MessageFilter, place HistoryPlace) (HistoryPart, error) {
	page := place.Page
	for _, each := range []struct {
		ref  model.MessageRef
		into *int64
	}{{place.Before, &page.Before}, {place.After, &page.After}} {
		if each.ref == (model.MessageRef{}) {
			continue
		}
		message, err := c.visibleMessage(ctx, found, each.ref)
		if err != nil {
			return HistoryPart{}, err
		}
		*each.into = message.Seq
	}
	messages, err := c.Store.Messages(ctx, found.conversation.ID, filter, page)
	return HistoryPart{Messages: messages, Page: page}, err
}

// around reads a message with half of the page on each side of it.
func (c *Chat) around(ctx context.Context, found standing, filter store.MessageFilter, place HistoryPlace) (HistoryPart, error) {
	middle, err := c.visibleMessage(ctx, found, place.Around)
	if err != nil {
		return HistoryPart{}, err
	}
	newer := place.Page.Limit / 2
	page := model.MessagePage{Before: middle.Seq + 1, Limit: place.Page.Limit - newer}
	messages, err := c.Store.Messages(ctx, found.conversation.ID, filter, page)
	if err == nil && newer > 0 {
		var later []model.Message
		later, err = c.Store.Messages(ctx, found.conversation.ID, filter, model.MessagePage{After: middle.Seq, Limit: newer})
		messages = append(messages, later...)
	}
	// What is older than the first of them is read as after a page backwards.
	return HistoryPart{Messages: messages, Page: model.MessagePage{After: middle.Seq, Limit: place.Page.Limit}}, err
}

// Message finds a message of a conversation that the principal sees; a tombstone
// is one.
func (c *Chat) Message(ctx context.Context, principal Principal, conversationRef model.ConversationRef, ref model.MessageRef) (model.Message, error) {
	found, err := c.readable(ctx, principal, conversationRef)
	if err != nil {
		return model.Message{}, err
	}
	return c.visibleMessage(ctx, found, ref)
}

// FindMessage is Message wherever the message is.
func (c *Chat) FindMessage(ctx context.Context, principal Principal, ref model.MessageRef) (model.Message, error) {
	if principal.PublicKeyOnly() {
		return model.Message{}, needsUser(principal)
	}
	message, err := c.Store.FindMessage(ctx, ref)
	if err != nil {
		return model.Message{}, translate(err)
	}
	found, err := c.readable(ctx, principal, model.ConversationRef{ID: message.Conversation})
	if isMissing(err) {
		return model.Message{}, model.ErrMessageNotFound
	}
	if err != nil {
		return model.Message{}, err
	}
	return c.visible(ctx, found, message)
}

// visibleMessage finds a message that the principal sees.
func (c *Chat) visibleMessage(ctx context.Context, found standing, ref model.MessageRef) (model.Message, error) {
	message, err := c.Store.Message(ctx, found.conversation.ID, ref)
	if err != nil {
		return model.Message{}, translate(err)
	}
	return c.visible(ctx, found, message)
}

// visible lets the store's own rule decide what a user sees: floor, hidden
// messages and blocks. One that is not seen does not exist.
func (c *Chat) visible(ctx context.Context, found standing, message model.Message) (model.Message, error) {
	if found.principal.User == 0 {
		return message, nil
	}
	seen, err := c.Store.Messages(ctx, found.conversation.ID, found.view(), model.MessagePage{Before: message.Seq + 1, Limit: 1})
	if err != nil {
		return model.Message{}, translate(err)
	}
	if len(seen) == 0 || seen[0].ID != message.ID {
		return model.Message{}, model.ErrMessageNotFound
	}
	return seen[0], nil
}
