package native

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/model"
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

// createdStatus tells a new object from one that was there.
func createdStatus(created bool) int {
	if created {
		return http.StatusCreated
	}
	return http.StatusOK
}
