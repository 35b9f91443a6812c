package native

import (
	"cmp"
	"encoding/json"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/model"
)

func (a *API) messageRoutes(routes *gin.RouterGroup) {
	routes.GET("/messages/:message", a.findMessage)
	conversation := routes.Group("/conversations/:conversation")
	conversation.GET("/messages", a.listMessages)
	conversation.GET("/threads", a.listThreads)
	conversation.POST("/messages", a.sendMessage)
	conversation.POST("/events", a.triggerEvent)
	message := conversation.Group("/messages/:message")
	message.GET("", a.getMessage)
	message.PATCH("", a.editMessage)
	message.DELETE("", a.deleteMessage)
}

// messageFields are what a client says of a new message, by REST and WebSocket
// alike.
type messageFields struct {
	ClientID    string             `json:"clientId,omitzero"`
	ExternalID  string             `json:"externalId,omitzero"`
	Type        model.MessageType  `json:"type,omitzero"`
	Content     json.RawMessage    `json:"content,omitzero"`
	Properties  json.RawMessage    `json:"properties,omitzero"`
	Attachments []model.Attachment `json:"attachments,omitzero"`
	Mentions    []mentionRequest   `json:"mentions,omitzero"`
	GroupTag    string             `json:"groupTag,omitzero"`
	Parent      string             `json:"parent,omitzero"`
}

func (f messageFields) message(conversation model.ConversationRef) chat.SendMessage {
	return chat.SendMessage{
		Conversation: conversation, ClientID: f.ClientID, ExternalID: f.ExternalID, Type: f.Type,
		Content: f.Content, Properties: f.Properties, Attachments: f.Attachments,
		Mentions: newMentions(f.Mentions), GroupTag: f.GroupTag, Parent: model.ParseMessageRef(f.Parent),
	}
}

// mentionRequest names a user or a conversation that a message mentions.
type mentionRequest struct {
	User         string `json:"user"`
	Conversation string `json:"conversation"`
	Start        int    `json:"start"`
	End          int    `json:"end"`
}

func newMentions(requests []mentionRequest) []chat.NewMention {
	var mentions []chat.NewMention
	for _, request := range requests {
		mentions = append(mentions, chat.NewMention{
			User:         model.ParseUserRef(request.User),
			Conversation: model.ParseConversationRef(request.Conversation),
			Start:        request.Start, End: request.End,
		})
	}
	return mentions
}

type sendMessageRequest struct {
	messageFields
	Sender string `json:"sender"`
}

// sentResponse is a message with whether it is kept.
type sentResponse struct {
	model.Message
	Durable bool `json:"durable"`
}

func (a *API) sendMessage(c *gin.Context) {
	var request sendMessageRequest
	if err := decodeBody(c, &request); err != nil {
		a.fail(c, err)
		return
	}
	if err := cmp.Or(checkNamed("parent", request.Parent), checkNamed("sender", request.Sender)); err != nil {
		a.fail(c, err)
		return
	}
	in := request.message(conversationRef(c))
	in.Sender = model.ParseUserRef(request.Sender)
	sent, err := a.Chat.Send(c.Request.Context(), sessionOf(c).Principal, in)
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(createdStatus(sent.Durable && !sent.Duplicate), sentResponse{Message: sent.Message, Durable: sent.Durable})
}

// messagePatch is a JSON merge patch (RFC 7396) of a message.
type messagePatch struct {
	Content     json.RawMessage                `json:"content,omitzero"`
	Properties  json.RawMessage                `json:"properties,omitzero"`
	Attachments chat.Patch[[]model.Attachment] `json:"attachments,omitzero"`
	Mentions    chat.Patch[[]mentionRequest]   `json:"mentions,omitzero"`
}

func (p messagePatch) edit(conversation model.ConversationRef, message model.MessageRef) chat.EditMessage {
	return chat.EditMessage{
		Conversation: conversation, Message: message,
		Content: p.Content, Properties: p.Properties, Attachments: p.Attachments,
		Mentions: chat.Patch[[]chat.NewMention]{Given: p.Mentions.Given, Value: newMentions(p.Mentions.Value)},
	}
}

func (a *API) editMessage(c *gin.Context) {
	var request messagePatch
	if err := decodeBody(c, &request); err != nil {
		a.fail(c, err)
		return
	}
	message, err := a.Chat.EditMessage(c.Request.Context(), sessionOf(c).Principal, request.edit(conversationRef(c), messageRef(c)))
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(http.StatusOK, message)
}

// For whom a message is deleted.
const (
	forAll = "all"
	forMe  = "me"
)

func checkFor(whom string) error {
	switch whom {
	case "", forAll, forMe:
		return nil
	}
	return model.Invalid("for", "must be all or me")
}

func (a *API) deleteMessage(c *gin.Context) {
	whom := c.Query("for")
	err := checkFor(whom)
	if err == nil {
		remove := a.Chat.DeleteMessage
		if whom == forMe {
			remove = a.Chat.HideMessage
		}
		err = remove(c.Request.Context(), sessionOf(c).Principal, conversationRef(c), messageRef(c))
	}
	if err != nil {
		a.fail(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

// eventRequest is a custom event.
type eventRequest struct {
	Type       string          `json:"type"`
	Properties json.RawMessage `json:"properties,omitzero"`
}

func (a *API) triggerEvent(c *gin.Context) {
	var request eventRequest
	if err := decodeBody(c, &request); err != nil {
		a.fail(c, err)
		return
	}
	err := a.Chat.TriggerEvent(c.Request.Context(), sessionOf(c).Principal, chat.TriggerEvent{
		Conversation: conversationRef(c), Type: request.Type, Properties: request.Properties,
	})
	if err != nil {
		a.fail(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

func messageRef(c *gin.Context) model.MessageRef { return model.ParseMessageRef(c.Param("message")) }
