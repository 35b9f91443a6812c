package native

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/model"
)

func (a *API) sessionRoutes(routes *gin.RouterGroup) {
	routes.POST("/users/:user/tokens", a.mintToken)
	routes.POST("/sessions/guest", a.startGuestSession)
}

// tokenResponse is the one place where a token is written out.
type tokenResponse struct {
	Token     string     `json:"token"`
	ExpiresAt time.Time  `json:"expiresAt"`
	User      model.User `json:"user"`
}

func (a *API) mintToken(c *gin.Context) {
	var request struct{}
	if err := decodeBody(c, &request); err != nil {
		a.fail(c, err)
		return
	}
	token, err := a.Chat.MintToken(c.Request.Context(), sessionOf(c).Principal, model.ParseUserRef(c.Param("user")))
	a.answerToken(c, token, err)
}

type startGuestSessionRequest struct {
	Username    string          `json:"username"`
	DisplayName string          `json:"displayName"`
	Properties  json.RawMessage `json:"properties"`
}

func (a *API) startGuestSession(c *gin.Context) {
	var request startGuestSessionRequest
	if err := decodeBody(c, &request); err != nil {
		a.fail(c, err)
		return
	}
	token, err := a.Chat.StartGuestSession(c.Request.Context(), sessionOf(c).Principal, chat.StartGuestSession(request))
	a.answerToken(c, token, err)
}

func (a *API) answerToken(c *gin.Context, token chat.Token, err error) {
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(http.StatusCreated, tokenResponse{Token: token.Value.Reveal(), ExpiresAt: token.ExpiresAt, User: token.User})
}
