package native

import (
	"encoding/json"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/parley-chat/parley/chatserver/chat"
)

type createUserRequest struct {
	ExternalID  string          `json:"externalId"`
	Username    string          `json:"username"`
	DisplayName string          `json:"displayName"`
	Email       string          `json:"email"`
	Avatar      string          `json:"avatar"`
	Properties  json.RawMessage `json:"properties"`
	OnConflict  chat.OnConflict `json:"onConflict"`
}

func (a *API) userRoutes(routes *gin.RouterGroup) {
	routes.POST("/users", a.createUser)
}

func (a *API) createUser(c *gin.Context) {
	var request createUserRequest
	if err := decodeBody(c, &request); err != nil {
		a.fail(c, err)
		return
	}
	user, created, err := a.Chat.CreateUser(c.Request.Context(), sessionOf(c).Principal, chat.CreateUser(request))
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(createdStatus(created), user)
}

// createdStatus tells a new object from one that was there.
func createdStatus(created bool) int {
	if created {
		return http.StatusCreated
	}
	return http.StatusOK
}
