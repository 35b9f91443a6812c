package native

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/model"
)

func (a *API) inviteRoutes(routes *gin.RouterGroup) {
	routes.GET("/conversations/:conversation/invites", a.listConversationInvites)
	routes.POST("/conversations/:conversation/invites", a.createInvite)
	routes.GET("/invites", a.listOwnInvites)
	routes.POST("/invites/:invite/accept", a.answerInvite(a.Chat.AcceptInvite))
	routes.POST("/invites/:invite/decline", a.answerInvite(a.Chat.DeclineInvite))
	routes.DELETE("/invites/:invite", a.revokeInvite)
}

func (a *API) createInvite(c *gin.Context) {
	in, err := newMember(c)
	if err != nil {
		a.fail(c, err)
		return
	}
	invite, created, err := a.Chat.Invite(c.Request.Context(), sessionOf(c).Principal, conversationRef(c), in)
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(createdStatus(created), invite)
}

func inviteID(c *gin.Context) (model.InviteID, error) {
	id, ok := model.ParseID(c.Param("invite"))
	if !ok {
		return 0, model.ErrInviteNotFound
	}
	return model.InviteID(id), nil
}

// answerInvite accepts or declines.
func (a *API) answerInvite(answer func(context.Context, chat.Principal, model.InviteID) (model.Invite, error)) gin.HandlerFunc {
	return func(c *gin.Context) {
		var request struct{}
		if err := decodeBody(c, &request); err != nil {
			a.fail(c, err)
			return
		}
		id, err := inviteID(c)
		if err != nil {
			a.fail(c, err)
			return
		}
		invite, err := answer(c.Request.Context(), sessionOf(c).Principal, id)
		if err != nil {
			a.fail(c, err)
			return
		}
		c.PureJSON(http.StatusOK, invite)
	}
}

func (a *API) revokeInvite(c *gin.Context) {
	id, err := inviteID(c)
	if err != nil {
		a.fail(c, err)
		return
	}
	a.answerNothing(c, a.Chat.RevokeInvite(c.Request.Context(), sessionOf(c).Principal, id))
}

func (a *API) listConversationInvites(c *gin.Context) {
	a.listInvites(c, func(in chat.ListInvites, page model.ListPage) ([]model.Invite, int64, error) {
		return a.Chat.Invites(c.Request.Context(), sessionOf(c).Principal, conversationRef(c), in, page)
	})
}

func (a *API) listOwnInvites(c *gin.Context) {
	a.listInvites(c, func(in chat.ListInvites, page model.ListPage) ([]model.Invite, int64, error) {
		return a.Chat.OwnInvites(c.Request.Context(), sessionOf(c).Principal, in, page)
	})
}

func (a *API) listInvites(c *gin.Context, list func(chat.ListInvites, model.ListPage) ([]model.Invite, int64, error)) {
	page, err := a.listPage(c)
	if err != nil {
		a.fail(c, err)
		return
	}
	invites, total, err := list(chat.ListInvites{Status: model.InviteStatus(c.Query("status"))}, page)
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(http.StatusOK, newListResponse(invites, total, page, func(invite model.Invite) model.ListCursor {
		return model.ListCursor{ID: int64(invite.ID)}
	}))
}
