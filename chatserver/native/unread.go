package native

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/model"
)

func (a *API) unreadRoutes(routes *gin.RouterGroup) {
	routes.GET("/unread", a.unreadTotals)
	routes.GET("/conversations/:conversation/unread", a.unread)
}

func (a *API) unreadTotals(c *gin.Context) {
	var types []model.ConversationType
	for _, text := range queryList(c, "type") {
		types = append(types, model.ConversationType(text))
	}
	totals, err := a.Chat.UnreadTotals(c.Request.Context(), sessionOf(c).Principal, types)
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(http.StatusOK, totals)
}

// unreadResponse has the members of a direct conversation when all are asked for.
type unreadResponse struct {
	chat.Unread
	Members []chat.MemberUnread `json:"members,omitempty"`
}

func (a *API) unread(c *gin.Context) {
	all, err := queryFlag(c, "all")
	if err != nil {
		a.fail(c, err)
		return
	}
	response, err := a.unreadResponse(c, all != nil && *all)
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(http.StatusOK, response)
}

func (a *API) unreadResponse(c *gin.Context, all bool) (response unreadResponse, err error) {
	ctx, principal := c.Request.Context(), sessionOf(c).Principal
	if !all {
		response.Unread, err = a.Chat.Unread(ctx, principal, conversationRef(c))
		return response, err
	}
	response.Members, err = a.Chat.UnreadOfAll(ctx, principal, conversationRef(c))
	for _, member := range response.Members {
		if member.User == principal.User {
			response.Unread = member.Unread
		}
	}
	return response, err
}
