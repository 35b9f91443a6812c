package native

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/presence"
)

func (a *API) presenceRoutes(routes *gin.RouterGroup) {
	routes.GET("/users/:user/presence", a.userPresence)
	routes.PUT("/users/:user/presence", a.setPresence)
	routes.GET("/presence", a.presences)
	routes.GET("/conversations/:conversation/presence", a.conversationPresence)
	routes.POST("/conversations/:conversation/typing", a.typing)
}

// actingUser is the user of a path in which "me" stands for the one who asks.
func actingUser(c *gin.Context) model.UserRef {
	if principal := sessionOf(c).Principal; c.Param("user") == "me" && principal.User != 0 {
		return model.UserRef{ID: principal.User}
	}
	return model.ParseUserRef(c.Param("user"))
}

func (a *API) userPresence(c *gin.Context) {
	found, err := a.Chat.Presences(c.Request.Context(), sessionOf(c).Principal, []model.UserRef{actingUser(c)})
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(http.StatusOK, found[0])
}

type setPresenceRequest struct {
	Status presence.Status `json:"status"`
}

func (a *API) setPresence(c *gin.Context) {
	var request setPresenceRequest
	if err := decodeBody(c, &request); err != nil {
		a.fail(c, err)
		return
	}
	chosen, err := a.Chat.SetPresence(c.Request.Context(), sessionOf(c).Principal, actingUser(c), request.Status)
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(http.StatusOK, chosen)
}

type presencesResponse struct {
	Items []chat.UserPresence `json:"items"`
}

func (a *API) presences(c *gin.Context) {
	var refs []model.UserRef
	for _, text := range queryList(c, "user") {
		if err := checkText("user", text); err != nil {
			a.fail(c, err)
			return
		}
		refs = append(refs, model.ParseUserRef(text))
	}
	found, err := a.Chat.Presences(c.Request.Context(), sessionOf(c).Principal, refs)
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(http.StatusOK, presencesResponse{Items: found})
}

type conversationPresenceResponse struct {
	Count  int                 `json:"count"`
	Users  []chat.UserPresence `json:"users"`
	Online []chat.UserPresence `json:"online,omitzero"`
}

func (a *API) conversationPresence(c *gin.Context) {
	found, err := a.Chat.ConversationPresence(c.Request.Context(), sessionOf(c).Principal, conversationRef(c))
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(http.StatusOK, conversationPresenceResponse(found))
}

type typingRequest struct {
	Thread model.MessageID `json:"thread"`
	Active *bool           `json:"active"`
}

func (a *API) typing(c *gin.Context) {
	var request typingRequest
	err := decodeBody(c, &request)
	if err == nil && request.Active == nil {
		err = errNoActive
	}
	if err == nil {
		err = a.Chat.Typing(c.Request.Context(), sessionOf(c).Principal, chat.Typing{
			Conversation: conversationRef(c), Thread: request.Thread, Active: *request.Active,
		})
	}
	if err != nil {
		a.fail(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}
