package native

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/chatserver/model"
)

func (a *API) sessionRoutes(routes *gin.RouterGroup) {
	routes.POST("/users/:user/tokens", a.mintToken)
	routes.POST("/sessions/guest", a.startGuestSession)
	routes.GET("/sessions/verify", a.verifySession)
	routes.GET("/sessions", a.listSessions)
	routes.POST("/connect/passes", a.createPass)
}

// openSessionRoutes need no credential but what is in their body.
func (a *API) openSessionRoutes(routes *gin.RouterGroup) {
	routes.POST("/sessions/refresh", a.refreshSession)
}

// tokenResponse is the one place where a token is written out.
type tokenResponse struct {
	Token            string     `json:"token"`
	ExpiresAt        time.Time  `json:"expiresAt"`
	RefreshToken     string     `json:"refreshToken"`
	RefreshExpiresAt time.Time  `json:"refreshExpiresAt"`
	User             model.User `json:"user"`
}

type mintTokenRequest struct {
	ExpiresIn int64 `json:"expiresIn"` // seconds
}

func (a *API) mintToken(c *gin.Context) {
	var request mintTokenRequest
	ref := userRef(c)
	err := decodeBody(c, &request)
	if err == nil && (request.ExpiresIn < 0 || request.ExpiresIn > maxExpiresIn) {
		err = model.Invalid("expiresIn", "must be 1 to %d seconds", int64(a.Chat.TokenLifetime/time.Second))
	}
	if err != nil {
		a.fail(c, err)
		return
	}
	token, err := a.Chat.MintToken(c.Request.Context(), sessionOf(c).Principal, chat.MintToken{
		User: ref, ExpiresIn: time.Duration(request.ExpiresIn) * time.Second,
	})
	a.answerToken(c, http.StatusCreated, token, err)
}

// maxExpiresIn keeps the number of seconds a duration; the project's limit is far
// below.
const maxExpiresIn = 1 << 32

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
	a.answerToken(c, http.StatusCreated, token, err)
}

type refreshRequest struct {
	RefreshToken string `json:"refreshToken"`
}

func (a *API) refreshSession(c *gin.Context) {
	var request refreshRequest
	err := a.Chat.AllowRequest(chat.Principal{})
	if err == nil {
		err = decodeBody(c, &request)
	}
	if err != nil {
		a.fail(c, err)
		return
	}
	token, err := a.Chat.Refresh(c.Request.Context(), model.Secret(request.RefreshToken))
	if err != nil {
		err = a.countFailure(c, err)
	}
	a.answerToken(c, http.StatusOK, token, err)
}

func (a *API) answerToken(c *gin.Context, status int, token chat.Token, err error) {
	if err != nil {
		a.fail(c, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.PureJSON(status, tokenResponse{
		Token: token.Value.Reveal(), ExpiresAt: token.ExpiresAt,
		RefreshToken: token.Refresh.Reveal(), RefreshExpiresAt: token.RefreshExpiresAt, User: token.User,
	})
}

// verifyResponse says who the presented credentials are.
type verifyResponse struct {
	Kind      string       `json:"kind"` // user, secretKey or publicKey
	User      model.UserID `json:"user,omitempty"`
	ExpiresAt *time.Time   `json:"expiresAt,omitempty"` // of the user token
	Key       *keyResponse `json:"key,omitempty"`
}

// keyResponse is what may be said of an API key.
type keyResponse struct {
	ID        string      `json:"id"`
	Type      keyset.Type `json:"type"`
	ExpiresAt *time.Time  `json:"expiresAt,omitempty"`
}

func (a *API) verifySession(c *gin.Context) {
	session := sessionOf(c)
	response := verifyResponse{Kind: "user", User: session.Principal.User}
	switch {
	case session.Principal.Admin():
		response.Kind = "secretKey"
	case session.Principal.PublicKeyOnly():
		response.Kind = "publicKey"
	}
	if !session.ExpiresAt.IsZero() {
		response.ExpiresAt = new(session.ExpiresAt.UTC())
	}
	if key := session.Principal.Key; key != nil {
		response.Key = &keyResponse{ID: key.ID, Type: key.Type, ExpiresAt: key.NotAfter}
	}
	c.PureJSON(http.StatusOK, response)
}

func (a *API) listSessions(c *gin.Context) {
	in := chat.ListSessions{Kind: model.SessionKind(c.Query("kind"))}
	user, err := queryUser(c, "user")
	if err == nil {
		in.User = user
		in.Ended, err = queryFlag(c, "ended")
	}
	if err == nil {
		in.Conversation, err = queryID[model.ConversationID](c, "conversation")
	}
	if err == nil {
		in.Page, err = a.listPage(c)
	}
	if err != nil {
		a.fail(c, err)
		return
	}
	rows, total, err := a.Chat.ListSessions(c.Request.Context(), sessionOf(c).Principal, in)
	if err != nil {
		a.fail(c, err)
		return
	}
	listed := newListResponse(rows, total, in.Page, func(row chat.SessionRow) model.ListCursor { return row.Cursor })
	records := listResponse[model.SessionRecord]{Items: []model.SessionRecord{}, Total: total, Next: listed.Next}
	for _, row := range rows {
		records.Items = append(records.Items, row.SessionRecord)
	}
	c.PureJSON(http.StatusOK, records)
}

// passResponse is the one place where a pass is written out.
type passResponse struct {
	Pass      string    `json:"pass"`
	ExpiresAt time.Time `json:"expiresAt"`
}

func (a *API) createPass(c *gin.Context) {
	var request struct{}
	if err := decodeBody(c, &request); err != nil {
		a.fail(c, err)
		return
	}
	session := sessionOf(c)
	pass, err := a.Chat.NewPass(c.Request.Context(), session.Principal, session.ExpiresAt)
	if err != nil {
		a.fail(c, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.PureJSON(http.StatusCreated, passResponse{Pass: pass.Value.Reveal(), ExpiresAt: pass.ExpiresAt})
}
