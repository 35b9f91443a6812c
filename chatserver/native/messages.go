package native

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/model"
)

type sendMessageRequest struct {
	ClientID   string          `json:"clientId"`
	ExternalID string          `json:"externalId"`
	Content    json.RawMessage `json:"content"`
	Properties json.RawMessage `json:"properties"`
}

func (a *API) messageRoutes(routes *gin.RouterGroup) {
	routes.GET("/conversations/:conversation/messages", a.listMessages)
	routes.POST("/conversations/:conversation/messages", a.sendMessage)
	routes.PATCH("/conversations/:conversation/messages/:message", a.editMessage)
	routes.DELETE("/conversations/:conversation/messages/:message", a.deleteMessage)
}

func (a *API) sendMessage(c *gin.Context) {
	var request sendMessageRequest
	if err := decodeBody(c, &request); err != nil {
		a.fail(c, err)
		return
	}
	sent, err := a.Chat.Send(c.Request.Context(), sessionOf(c).Principal, chat.SendMessage{
		Conversation: conversationRef(c), ClientID: request.ClientID, ExternalID: request.ExternalID,
		Content: request.Content, Properties: request.Properties,
	})
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(createdStatus(!sent.Duplicate), sent.Message)
}

type editMessageRequest struct {
	Content    json.RawMessage `json:"content"`
	Properties json.RawMessage `json:"properties"`
}

func (a *API) editMessage(c *gin.Context) {
	var request editMessageRequest
	if err := decodeBody(c, &request); err != nil {
		a.fail(c, err)
		return
	}
	message, err := a.Chat.EditMessage(c.Request.Context(), sessionOf(c).Principal, chat.EditMessage{
		Conversation: conversationRef(c), Message: model.ParseMessageRef(c.Param("message")),
		Content: request.Content, Properties: request.Properties,
	})
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(http.StatusOK, message)
}

func (a *API) deleteMessage(c *gin.Context) {
	err := a.Chat.DeleteMessage(c.Request.Context(), sessionOf(c).Principal, conversationRef(c), model.ParseMessageRef(c.Param("message")))
	if err != nil {
		a.fail(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

// messagesResponse is one page of history by ascending seq. Older is absent at
// the beginning of the history; newer is always there, to ask for what comes.
type messagesResponse struct {
	Items []model.Message `json:"items"`
	Older string          `json:"older,omitempty"`
	Newer string          `json:"newer"`
}

func (a *API) listMessages(c *gin.Context) {
	page, err := a.pageOf(c)
	if err != nil {
		a.fail(c, err)
		return
	}
	messages, err := a.Chat.History(c.Request.Context(), sessionOf(c).Principal, conversationRef(c), page)
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(http.StatusOK, newMessagesResponse(messages, page))
}

func (a *API) pageOf(c *gin.Context) (model.MessagePage, error) {
	page := model.MessagePage{Limit: a.Chat.Limits.PageSize}
	if text := c.Query("cursor"); text != "" {
		var ok bool
		if page, ok = decodeCursor(text); !ok {
			return page, model.Invalid("cursor", "is not one that this API gave out")
		}
		page.Limit = a.Chat.Limits.PageSize
	}
	if text := c.Query("limit"); text != "" {
		limit, err := strconv.Atoi(text)
		if err != nil {
			return page, model.Invalid("limit", "must be 1 to %d", a.Chat.Limits.MaxPageSize)
		}
		page.Limit = limit
	}
	return page, nil
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
