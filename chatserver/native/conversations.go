package native

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/model"
)

func (a *API) conversationRoutes(routes *gin.RouterGroup) {
	routes.GET("/project", a.project)
	routes.GET("/conversations", a.listConversations)
	routes.POST("/conversations", a.createConversation)
	routes.GET("/conversations/:conversation", a.getConversation)
	routes.PATCH("/conversations/:conversation", a.updateConversation)
	routes.DELETE("/conversations/:conversation", a.deleteConversation)
	routes.POST("/conversations/:conversation/archive", a.setStatus(model.ConversationArchived))
	routes.POST("/conversations/:conversation/unarchive", a.setStatus(model.ConversationActive))
}

type createConversationRequest struct {
	ExternalID string                 `json:"externalId"`
	Type       model.ConversationType `json:"type"`
	Name       string                 `json:"name"`
	Avatar     string                 `json:"avatar"`
	Properties json.RawMessage        `json:"properties"`
	Ephemeral  bool                   `json:"ephemeral"`
	SinceJoin  bool                   `json:"sinceJoin"`
	Members    []memberRequest        `json:"members"`
	Message    *messageFields         `json:"message"`
	CreatedBy  string                 `json:"createdBy"`
}

func (r createConversationRequest) conversation() (chat.CreateConversation, error) {
	in := chat.CreateConversation{
		ExternalID: r.ExternalID, Type: r.Type, Name: r.Name, Avatar: r.Avatar, Properties: r.Properties,
		Ephemeral: r.Ephemeral, SinceJoin: r.SinceJoin, CreatedBy: optionalUser(r.CreatedBy),
	}
	for i, each := range r.Members {
		member, err := each.member(fmt.Sprintf("members.%d.user", i))
		if err != nil {
			return in, err
		}
		in.Members = append(in.Members, member)
	}
	if r.Message != nil {
		message := r.Message.message(model.ConversationRef{})
		in.Message = &message
	}
	return in, nil
}

// optionalUser reads a reference that may be left out.
func optionalUser(text string) *model.UserRef {
	if text == "" {
		return nil
	}
	ref := model.ParseUserRef(text)
	return &ref
}

// createdConversationResponse is a conversation with its members and, if there
// is one, its first message.
type createdConversationResponse struct {
	model.Conversation
	Members []model.Member `json:"members"`
	Message *model.Message `json:"message,omitempty"`
}

func (a *API) createConversation(c *gin.Context) {
	var request createConversationRequest
	if err := decodeBody(c, &request); err != nil {
		a.fail(c, err)
		return
	}
	in, err := request.conversation()
	if err != nil {
		a.fail(c, err)
		return
	}
	created, err := a.Chat.CreateConversation(c.Request.Context(), sessionOf(c).Principal, in)
	if err != nil {
		a.fail(c, err)
		return
	}
	setVersion(c, created.Conversation.Version)
	c.PureJSON(createdStatus(created.Created), createdConversationResponse{
		Conversation: created.Conversation, Members: orEmpty(created.Members), Message: created.Message,
	})
}

// orEmpty makes a list without items one that JSON shows as such.
func orEmpty[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

// conversationResponse is a conversation as the caller sees it.
type conversationResponse struct {
	model.ConversationView
	Members []model.Member `json:"members,omitempty"` // with include=members
}

func (a *API) getConversation(c *gin.Context) {
	includes := queryList(c, "include")
	for _, include := range includes {
		if include != "members" {
			a.fail(c, model.Invalid("include", "must be members"))
			return
		}
	}
	ctx, principal, ref := c.Request.Context(), sessionOf(c).Principal, conversationRef(c)
	view, err := a.Chat.ConversationView(ctx, principal, ref)
	if err != nil {
		a.fail(c, err)
		return
	}
	response := conversationResponse{ConversationView: view}
	if slices.Contains(includes, "members") {
		page := model.ListPage{Limit: min(chat.MaxIncludedMembers, a.Chat.Limits.MaxPageSize)}
		if response.Members, _, err = a.Chat.Members(ctx, principal, ref, chat.ListMembers{}, page); err != nil {
			a.fail(c, err)
			return
		}
	}
	setVersion(c, view.Version)
	c.PureJSON(http.StatusOK, response)
}

// updateConversationRequest is a merge patch. The last three are read in order
// to say what to do instead.
type updateConversationRequest struct {
	Name       chat.Patch[string] `json:"name"`
	Avatar     chat.Patch[string] `json:"avatar"`
	ExternalID chat.Patch[string] `json:"externalId"`
	SinceJoin  chat.Patch[bool]   `json:"sinceJoin"`
	Properties json.RawMessage    `json:"properties"`
	Ephemeral  json.RawMessage    `json:"ephemeral"`
	Type       json.RawMessage    `json:"type"`
	Status     json.RawMessage    `json:"status"`
}

func (r updateConversationRequest) check() error {
	switch {
	case r.Ephemeral != nil:
		return model.Invalid("ephemeral", "never changes; create another conversation")
	case r.Type != nil:
		return model.Invalid("type", "never changes; create another conversation")
	case r.Status != nil:
		return model.Invalid("status", "is changed by POST …/archive and POST …/unarchive")
	}
	return nil
}

func (a *API) updateConversation(c *gin.Context) {
	var request updateConversationRequest
	if err := decodeBody(c, &request); err != nil {
		a.fail(c, err)
		return
	}
	version, err := ifMatch(c)
	if err == nil {
		err = request.check()
	}
	if err != nil {
		a.fail(c, err)
		return
	}
	conversation, err := a.Chat.UpdateConversation(c.Request.Context(), sessionOf(c).Principal, conversationRef(c), chat.UpdateConversation{
		Name: request.Name, Avatar: request.Avatar, ExternalID: request.ExternalID, SinceJoin: request.SinceJoin,
		Properties: request.Properties, Version: version,
	})
	a.answerConversation(c, conversation, err)
}

// setStatus archives a conversation or makes it active.
func (a *API) setStatus(status model.ConversationStatus) gin.HandlerFunc {
	return func(c *gin.Context) {
		var request struct{}
		if err := decodeBody(c, &request); err != nil {
			a.fail(c, err)
			return
		}
		conversation, err := a.Chat.SetStatus(c.Request.Context(), sessionOf(c).Principal, conversationRef(c), status)
		a.answerConversation(c, conversation, err)
	}
}

func (a *API) answerConversation(c *gin.Context, conversation model.Conversation, err error) {
	if err != nil {
		a.fail(c, err)
		return
	}
	setVersion(c, conversation.Version)
	c.PureJSON(http.StatusOK, conversation)
}

func (a *API) deleteConversation(c *gin.Context) {
	job, err := a.Chat.DeleteConversation(c.Request.Context(), sessionOf(c).Principal, conversationRef(c))
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(http.StatusAccepted, job)
}
