package native

import (
	"encoding/json"
	"fmt"

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

// conversationResponse is a conversation with its members.
type conversationResponse struct {
	model.Conversation
	Members []model.Member `json:"members"`
}

func (a *API) conversationRoutes(routes *gin.RouterGroup) {
	routes.POST("/conversations", a.createConversation)
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
