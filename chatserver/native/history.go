package native

import (
	"cmp"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/model"
)

// messagesResponse is one page of history by ascending seq. Older is absent at
// the beginning of the history; newer is always there, to ask for what comes.
type messagesResponse struct {
	Items []model.Message `json:"items"`
	Total *int64          `json:"total,omitempty"`
	Older string          `json:"older,omitempty"`
	Newer string          `json:"newer"`
}

func (a *API) getMessage(c *gin.Context) {
	message, err := a.Chat.Message(c.Request.Context(), sessionOf(c).Principal, conversationRef(c), messageRef(c))
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(http.StatusOK, message)
}

func (a *API) findMessage(c *gin.Context) {
	message, err := a.Chat.FindMessage(c.Request.Context(), sessionOf(c).Principal, messageRef(c))
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(http.StatusOK, message)
}

func (a *API) listMessages(c *gin.Context) { a.history(c, chat.History{}) }

func (a *API) listThreads(c *gin.Context) { a.history(c, chat.History{Threads: true}) }

func (a *API) history(c *gin.Context, in chat.History) {
	in.Conversation = conversationRef(c)
	err := cmp.Or(historyFilter(c, &in), a.historyPlace(c, &in))
	if err != nil {
		a.fail(c, err)
		return
	}
	part, err := a.Chat.History(c.Request.Context(), sessionOf(c).Principal, in)
	if err != nil {
		a.fail(c, err)
		return
	}
	response := newMessagesResponse(part.Messages, part.Page)
	if in.Count {
		response.Total = &part.Total
	}
	c.PureJSON(http.StatusOK, response)
}

func historyFilter(c *gin.Context, in *chat.History) error {
	var thread, parent, sender, mentions string
	noReplies, noRepliesErr := queryFlag(c, "noReplies")
	since, sinceErr := queryTime(c, "since")
	until, untilErr := queryTime(c, "until")
	err := cmp.Or(
		queryReference(c, "thread", &thread), queryReference(c, "parent", &parent), queryReference(c, "sender", &sender),
		queryReference(c, "mentions", &mentions), checkText("groupTag", c.Query("groupTag")), noRepliesErr, sinceErr, untilErr)
	if err != nil {
		return err
	}
	in.Thread, in.Parent = model.ParseMessageRef(thread), model.ParseMessageRef(parent)
	in.Sender, in.Mentions = model.ParseUserRef(sender), model.ParseUserRef(mentions)
	in.NoReplies = noReplies != nil && *noReplies
	in.Since, in.Until, in.GroupTag = since, until, c.Query("groupTag")
	for _, name := range queryList(c, "type") {
		in.Types = append(in.Types, model.MessageType(name))
	}
	return nil
}

// queryReference leaves the text alone when the parameter is absent. One that
// names nothing would stand for no filter.
func queryReference(c *gin.Context, name string, into *string) error {
	text := c.Query(name)
	*into = text
	return cmp.Or(checkText(name, text), checkNamed(name, text))
}

func checkNamed(field, reference string) error {
	if model.IsReferencePrefix(reference) {
		return model.Invalid(field, "names nothing behind the colon")
	}
	return nil
}

// historyPlace reads limit and at most one of the ways to say which part.
func (a *API) historyPlace(c *gin.Context, in *chat.History) error {
	given := 0
	for _, name := range []string{"cursor", "before", "after", "around", "offset", "page"} {
		if c.Query(name) != "" {
			given++
		}
	}
	if given > 1 {
		return model.Invalid("cursor", "give at most one of cursor, before, after, around, offset and page")
	}
	count, err := queryFlag(c, "count")
	if err != nil {
		return err
	}
	place := &in.Place
	place.Page.Limit = a.Chat.Limits.PageSize
	if text := c.Query("cursor"); text != "" {
		page, ok := decodeCursor(text)
		if !ok {
			return model.Invalid("cursor", "is not one that this API gave out")
		}
		page.Limit = place.Page.Limit
		place.Page = page
	}
	if err := cmp.Or(queryNumber(c, "limit", &place.Page.Limit), queryPlaces(c, place), queryOffset(c, place)); err != nil {
		return err
	}
	in.Count = place.Listed || (count != nil && *count)
	return nil
}

// queryPlaces reads the places in the history, which are seqs or messages.
func queryPlaces(c *gin.Context, place *chat.HistoryPlace) error {
	for _, each := range []struct {
		name string
		into *model.MessageRef
		seq  *int64
	}{{"before", &place.Before, &place.Page.Before}, {"after", &place.After, &place.Page.After}, {"around", &place.Around, nil}} {
		var text string
		if err := queryReference(c, each.name, &text); err != nil {
			return err
		}
		if seq, err := strconv.ParseInt(text, 10, 64); err == nil && seq < model.FirstID && each.seq != nil {
			if seq < 0 || (seq == 0 && each.name == "before") {
				return model.Invalid(each.name, "must be a seq, or name a message")
			}
			// What comes after nothing is the beginning, and not the end.
			*each.seq, place.Page.Oldest = seq, seq == 0
			continue
		}
		*each.into = model.ParseMessageRef(text)
	}
	return nil
}

func queryOffset(c *gin.Context, place *chat.HistoryPlace) error {
	number := 1
	if err := cmp.Or(queryNumber(c, "offset", &place.Page.Offset), queryNumber(c, "page", &number)); err != nil {
		return err
	}
	if number < 1 {
		return model.Invalid("page", "counts from 1")
	}
	if number > 1 {
		place.Page.Offset = (number - 1) * place.Page.Limit
	}
	place.Listed = c.Query("offset") != "" || c.Query("page") != ""
	return nil
}

func newMessagesResponse(messages []model.Message, page model.MessagePage) messagesResponse {
	response := messagesResponse{Items: messages}
	if len(messages) == 0 {
		response.Items = []model.Message{}
		// Nothing newer yet, or nothing older: the same place stays the place.
		response.Newer = encodeCursor(model.MessagePage{After: max(page.After, page.Before-1)})
		return response
	}
	first, last := messages[0].Seq, messages[len(messages)-1].Seq
	response.Newer = encodeCursor(model.MessagePage{After: last})
	if first > 1 && (page.After > 0 || len(messages) == page.Limit) {
		response.Older = encodeCursor(model.MessagePage{Before: first})
	}
	return response
}
