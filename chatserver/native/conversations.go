package native

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/model"
)

type createConversationRequest struct {
	ExternalID string                 `json:"externalId"`
	Type       model.ConversationType `json:"type"`
	Name       string                 `json:"name"`
	Properties json.RawMessage        `json:"properties"`
	Members    []memberRequest        `json:"members"`
}

type memberRequest struct {
	User string           `json:"user"`
	Role model.MemberRole `json:"role"`
}

func (r memberRequest) member(field string) (chat.NewMember, error) {
	if r.User == "" {
		return chat.NewMember{}, model.Invalid(field, "is missing: name a user by id, external id or username:NAME")
	}
	return chat.NewMember{User: model.ParseUserRef(r.User), Role: r.Role}, nil
}

// conversationResponse is a conversation with its members.
type conversationResponse struct {
	model.Conversation
	Members []model.Member `json:"members"`
}

func (a *API) createConversation(c *gin.Context) {
	var request createConversationRequest
	if err := decodeBody(c, &request); err != nil {
		a.fail(c, err)
		return
	}
	in := chat.CreateConversation{
		ExternalID: request.ExternalID, Type: request.Type, Name: request.Name, Properties: request.Properties,
	}
	for i, each := range request.Members {
		member, err := each.member(fmt.Sprintf("members.%d.user", i))
		if err != nil {
			a.fail(c, err)
			return
		}
		in.Members = append(in.Members, member)
	}
	conversation, members, created, err := a.Chat.CreateConversation(c.Request.Context(), sessionOf(c).Principal, in)
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(createdStatus(created), conversationResponse{Conversation: conversation, Members: members})
}

func (a *API) addMember(c *gin.Context) {
	var request memberRequest
	if err := decodeBody(c, &request); err != nil {
		a.fail(c, err)
		return
	}
	in, err := request.member("user")
	if err != nil {
		a.fail(c, err)
		return
	}
	member, added, err := a.Chat.AddMember(c.Request.Context(), sessionOf(c).Principal, conversationRef(c), in)
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(createdStatus(added), member)
}

func (a *API) removeMember(c *gin.Context) {
	err := a.Chat.RemoveMember(c.Request.Context(), sessionOf(c).Principal, conversationRef(c), model.ParseUserRef(c.Param("user")))
	if err != nil {
		a.fail(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}
