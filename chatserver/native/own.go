package native

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/parley-chat/parley/chatserver/model"
)

// ownRoutes change what only the member itself sees of a conversation.
func (a *API) ownRoutes(routes *gin.RouterGroup) {
	routes.PUT("/conversations/:conversation/mute", a.setMuted)
	routes.PUT("/conversations/:conversation/hidden", a.setHidden)
	routes.POST("/conversations/:conversation/clear", a.clearHistory)
}

type muteRequest struct {
	Muted *bool `json:"muted"`
}

func (a *API) setMuted(c *gin.Context) {
	var request muteRequest
	err := decodeBody(c, &request)
	if err == nil && request.Muted == nil {
		err = model.Invalid("muted", "is missing: give true or false")
	}
	if err != nil {
		a.fail(c, err)
		return
	}
	own, err := a.Chat.SetMuted(c.Request.Context(), sessionOf(c).Principal, conversationRef(c), *request.Muted)
	a.answerOwn(c, own, err)
}

type hiddenRequest struct {
	Hidden *bool `json:"hidden"`
}

func (a *API) setHidden(c *gin.Context) {
	var request hiddenRequest
	err := decodeBody(c, &request)
	if err == nil && request.Hidden == nil {
		err = model.Invalid("hidden", "is missing: give true or false")
	}
	if err != nil {
		a.fail(c, err)
		return
	}
	own, err := a.Chat.SetHidden(c.Request.Context(), sessionOf(c).Principal, conversationRef(c), *request.Hidden)
	a.answerOwn(c, own, err)
}

type clearRequest struct {
	UpTo *int64 `json:"upTo"`
}

func (a *API) clearHistory(c *gin.Context) {
	var request clearRequest
	if err := decodeBody(c, &request); err != nil {
		a.fail(c, err)
		return
	}
	own, err := a.Chat.ClearHistory(c.Request.Context(), sessionOf(c).Principal, conversationRef(c), request.UpTo)
	a.answerOwn(c, own, err)
}

func (a *API) answerOwn(c *gin.Context, own model.OwnState, err error) {
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(http.StatusOK, own)
}
