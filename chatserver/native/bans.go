package native

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/model"
)

func (a *API) banRoutes(routes *gin.RouterGroup) {
	routes.GET("/conversations/:conversation/bans", a.listBans)
	routes.GET("/conversations/:conversation/bans/:user", a.getBan)
	routes.PUT("/conversations/:conversation/bans/:user", a.putBan)
	routes.DELETE("/conversations/:conversation/bans/:user", a.deleteBan)
}

type banRequest struct {
	Reason    string `json:"reason"`
	ExpiresAt string `json:"expiresAt"`
}

func (r banRequest) ban() (chat.BanUser, error) {
	in := chat.BanUser{Reason: r.Reason}
	if r.ExpiresAt == "" {
		return in, nil
	}
	at, err := time.Parse(time.RFC3339, r.ExpiresAt)
	if err != nil {
		return in, model.Invalid("expiresAt", "must be a time such as 2026-01-31T12:00:00Z")
	}
	in.ExpiresAt = &at
	return in, nil
}

func (a *API) putBan(c *gin.Context) {
	var request banRequest
	if err := decodeBody(c, &request); err != nil {
		a.fail(c, err)
		return
	}
	in, err := request.ban()
	if err != nil {
		a.fail(c, err)
		return
	}
	ban, created, err := a.Chat.Ban(c.Request.Context(), sessionOf(c).Principal, conversationRef(c), userRef(c), in)
	a.answerBan(c, createdStatus(created), ban, err)
}

func (a *API) answerBan(c *gin.Context, status int, ban model.Ban, err error) {
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(status, ban)
}

func (a *API) getBan(c *gin.Context) {
	ban, err := a.Chat.FindBan(c.Request.Context(), sessionOf(c).Principal, conversationRef(c), userRef(c))
	a.answerBan(c, http.StatusOK, ban, err)
}

func (a *API) deleteBan(c *gin.Context) {
	a.answerNothing(c, a.Chat.Unban(c.Request.Context(), sessionOf(c).Principal, conversationRef(c), userRef(c)))
}

func (a *API) listBans(c *gin.Context) {
	page, err := a.listPage(c)
	if err != nil {
		a.fail(c, err)
		return
	}
	bans, total, err := a.Chat.Bans(c.Request.Context(), sessionOf(c).Principal, conversationRef(c), page)
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(http.StatusOK, newListResponse(bans, total, page, func(ban model.Ban) model.ListCursor {
		return model.ListCursor{ID: int64(ban.User)}
	}))
}
