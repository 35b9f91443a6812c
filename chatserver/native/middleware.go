package native

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/gorilla/websocket"

	"github.com/parley-chat/parley/chatserver/auth"
	"github.com/parley-chat/parley/chatserver/model"
)

// Names under which middleware leaves what it found.
const (
	requestIDKey = "parley.request_id"
	sessionKey   = "parley.session"
)

// requestID names the request in the response, in problems and in logs.
func (a *API) requestID(c *gin.Context) {
	var random [8]byte
	if _, err := io.ReadFull(a.Random, random[:]); err != nil {
		a.Logger.Error("name a request", "error", err)
	}
	id := hex.EncodeToString(random[:])
	c.Set(requestIDKey, id)
	c.Header("X-Request-Id", id)
	c.Next()
}

// recover answers a panic with a problem and keeps the process alive.
func (a *API) recover(c *gin.Context) {
	defer func() {
		if cause := recover(); cause != nil {
			a.fail(c, model.ErrInternal.Because(fmt.Errorf("panic: %v", cause)))
		}
	}()
	c.Next()
}

// crossOrigin lets pages of any origin call: no cookie is ever read, and the
// origins of a key are checked with the key.
func crossOrigin(c *gin.Context) {
	if c.GetHeader("Origin") == "" {
		return
	}
	c.Header("Access-Control-Allow-Origin", "*")
	c.Header("Access-Control-Expose-Headers", "X-Request-Id, Retry-After, ETag")
	if c.Request.Method == http.MethodOptions && c.GetHeader("Access-Control-Request-Method") != "" {
		c.Header("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE")
		c.Header("Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match, X-API-Key")
		c.Header("Access-Control-Max-Age", "86400")
		c.AbortWithStatus(http.StatusNoContent)
	}
}

// authenticate finds out who asks, or answers why it cannot.
func (a *API) authenticate(c *gin.Context) {
	credentials, err := credentialsOf(c.Request)
	var session auth.Session
	if err == nil {
		session, err = a.Authenticator.Authenticate(c.Request.Context(), credentials)
	}
	if err != nil {
		a.fail(c, a.countFailure(c, err))
		return
	}
	a.Chat.Touch(session.Principal.User)
	c.Set(sessionKey, session)
}

// checkReferences refuses references that no store could keep, and puts the user
// who asks where the path says me.
func (a *API) checkReferences(c *gin.Context) {
	var err error
	query := c.Request.URL.Query()
	for _, name := range slices.Sorted(maps.Keys(query)) {
		for _, value := range query[name] {
			err = cmp.Or(err, checkText("query", name), checkText(name, value))
		}
	}
	for _, parameter := range c.Params {
		err = cmp.Or(err, checkText(parameter.Key, parameter.Value))
	}
	for i, parameter := range c.Params {
		if parameter.Key == "user" && parameter.Value == ownUser {
			own, missing := parseUserRef(c, ownUser)
			c.Params[i].Value = own.ID.String()
			err = cmp.Or(err, missing)
		}
	}
	if err != nil {
		a.fail(c, err)
	}
}

func sessionOf(c *gin.Context) auth.Session {
	session, _ := c.MustGet(sessionKey).(auth.Session)
	return session
}

const (
	bearerScheme    = "bearer "
	subprotocol     = "parley.v1"
	tokenInProtocol = "bearer."
	passInProtocol  = "pass."
)

// credentialsOf reads the credentials from headers. Browsers cannot set headers
// on a WebSocket, so there the token may stand in Sec-WebSocket-Protocol, or a
// pass, which opens nothing else.
func credentialsOf(request *http.Request) (auth.Credentials, error) {
	credentials := auth.Credentials{
		Key:      request.Header.Get("X-API-Key"),
		OnBehalf: request.Header.Get("X-Parley-User"),
		Origin:   request.Header.Get("Origin"),
	}
	if err := checkText("X-Parley-User", credentials.OnBehalf); err != nil {
		return auth.Credentials{}, err
	}
	if header := request.Header.Get("Authorization"); header != "" {
		if len(header) <= len(bearerScheme) || !strings.EqualFold(header[:len(bearerScheme)], bearerScheme) {
			return auth.Credentials{}, model.ErrUnauthenticated
		}
		credentials.Token = strings.TrimSpace(header[len(bearerScheme):])
	}
	for _, header := range request.Header.Values("Sec-WebSocket-Protocol") {
		for protocol := range strings.SplitSeq(header, ",") {
			protocol = strings.TrimSpace(protocol)
			if token, ok := strings.CutPrefix(protocol, tokenInProtocol); ok && credentials.Token == "" {
				credentials.Token = token
			}
			if pass, ok := strings.CutPrefix(protocol, passInProtocol); ok && websocket.IsWebSocketUpgrade(request) {
				credentials.Pass = pass
			}
		}
	}
	return credentials, nil
}
