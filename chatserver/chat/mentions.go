package chat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// NewMention points from a message to a user or a conversation: exactly one of
// both. Start and End are as in model.Mention.
type NewMention struct {
	User         model.UserRef
	Conversation model.ConversationRef
	Start, End   int
}

// mentions checks a request's own list. Whether positions are within the text is
// known only when the text is.
func (f *fields) mentions(mentions []NewMention) {
	const field = "mentions"
	if len(mentions) > f.limits.MentionsPerMessage {
		f.add(model.Invalid(field, "must not be more than %d", f.limits.MentionsPerMessage))
		return
	}
	for i, mention := range mentions {
		if (mention.User == model.UserRef{}) == (mention.Conversation == model.ConversationRef{}) {
			f.add(model.Invalid(fmt.Sprintf("%s.%d", field, i), "must have exactly one of user and conversation"))
		}
	}
}

// references finds what a message points to: what the request lists, and what
// the text shows.
func (c *Chat) references(
	ctx context.Context, principal Principal, content json.RawMessage, listed []NewMention,
) ([]model.Mention, []model.Link, error) {
	if len(listed) == 0 && !mayPoint(content) {
		return nil, nil, nil
	}
	text := textOf(content)
	mentions, err := c.listedMentions(ctx, principal, text, listed)
	if err != nil {
		return nil, nil, err
	}
	links := c.links.in(text)
	mentions, err = c.addShownMentions(ctx, text, mentions, links)
	return mentions, links, err
}

// mayPoint rules out at little cost that a content shows links or mentions: most
// do not. A backslash may hide either.
func mayPoint(content json.RawMessage) bool {
	return bytes.ContainsAny(content, `@\`) || bytes.Contains(content, []byte("://"))
}

// textOf gives the text of a content: the string, or the object's text.
func textOf(content json.RawMessage) string {
	var text string
	if json.Unmarshal(content, &text) == nil {
		return text
	}
	var object struct {
		Text string `json:"text"`
	}
	if json.Unmarshal(content, &object) != nil {
		return ""
	}
	return object.Text
}

// listedMentions resolves a request's own list: the users in one read, the
// conversations, which the principal must see, each in one.
func (c *Chat) listedMentions(ctx context.Context, principal Principal, text string, listed []NewMention) ([]model.Mention, error) {
	length := utf16Length(text)
	mentions := make([]model.Mention, len(listed))
	var users []model.UserRef
	var places []int
	for i, mention := range listed {
		shown := mention.Start != 0 || mention.End != 0
		if mention.Start < 0 || mention.End > length || (shown && mention.Start >= mention.End) {
			return nil, model.Invalid(fmt.Sprintf("mentions.%d", i),
				"start and end must be positions in the text, which has %d UTF-16 code units, start before end", length)
		}
		mentions[i] = model.Mention{Start: mention.Start, End: mention.End}
		if mention.User != (model.UserRef{}) {
			users, places = append(users, mention.User), append(places, i)
			continue
		}
		found, err := c.standing(ctx, principal, mention.Conversation)
		if isMissing(err) {
			return nil, model.Invalid(fmt.Sprintf("mentions.%d.conversation", i), "no such conversation")
		}
		if err != nil {
			return nil, err
		}
		mentions[i].Conversation = found.conversation.ID
	}
	if len(users) == 0 {
		return mentions, nil
	}
	ids, err := c.Store.UserIDs(ctx, users)
	if unknown := (*store.UnknownReferenceError)(nil); errors.As(err, &unknown) {
		return nil, model.Invalid(fmt.Sprintf("mentions.%d.user", places[unknown.Index]), "no such user")
	}
	if err != nil {
		return nil, translate(err)
	}
	for i, id := range ids {
		mentions[places[i]].User = id
	}
	return mentions, nil
}

// shownName is what may be a mention in a text: an @ and what could be a
// username behind it. Positions are in UTF-16 code units.
type shownName struct {
	start int
	names []string // the longest first: a full stop may end the name or the sentence
}

// addShownMentions adds the users whom the text shows as @username, as many as a
// message may have. What is no username means nothing.
func (c *Chat) addShownMentions(ctx context.Context, text string, mentions []model.Mention, links []model.Link) ([]model.Mention, error) {
	shown := namesIn(text, c.Limits.MentionsPerMessage-len(mentions), func(start int) bool {
		return slices.ContainsFunc(mentions, func(m model.Mention) bool { return m.Start <= start && start < m.End }) ||
			slices.ContainsFunc(links, func(l model.Link) bool { return l.Start <= start && start < l.End })
	})
	if len(shown) == 0 {
		return mentions, nil
	}
	var names []string
	for _, each := range shown {
		names = append(names, each.names...)
	}
	known, err := c.Store.UserIDsByUsername(ctx, names)
	if err != nil {
		return nil, translate(err)
	}
	for _, each := range shown {
		for _, name := range each.names {
			if user, ok := known[name]; ok {
				end := each.start + 1 + utf16Length(name)
				mentions = append(mentions, model.Mention{User: user, Start: each.start, End: end})
				break
			}
		}
	}
	return mentions, nil
}

// namesIn finds at most limit places that may be mentions and are not taken.
func namesIn(text string, limit int, taken func(start int) bool) []shownName {
	var found []shownName
	position, done := 0, 0
	for len(found) < limit {
		at := strings.IndexByte(text[done:], '@')
		if at < 0 {
			break
		}
		at += done
		position += utf16Length(text[done:at])
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		name := text[at+1:]
		if end := strings.IndexFunc(name, func(r rune) bool { return !inName(r) }); end >= 0 {
			name = name[:end]
		}
		// Behind a letter it is an address for e-mail.
		if name != "" && len(name) <= MaxIdentifierLength*utf8.UTFMax && !inName(before) && !taken(position) {
			found = append(found, shownName{start: position, names: readings(name)})
		}
		position++
		done = at + 1
	}
	return found
}

// readings are the usernames that a name may stand for.
func readings(name string) []string {
	shorter := strings.TrimRight(name, ".-")
	if shorter == name || shorter == "" {
		return []string{name}
	}
	return []string{name, shorter}
}

// inName accepts what usernames are made of when they are mentioned. Others are
// mentioned by the request's own list.
func inName(r rune) bool {
	return r == '_' || r == '-' || r == '.' || (r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r)))
}
