package native

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/model"
)

func (a *API) reactionRoutes(routes *gin.RouterGroup) {
	reactions := routes.Group("/conversations/:conversation/messages/:message/reactions")
	reactions.GET("", a.listReactions)
	reactions.PUT("/:emoji", a.addReaction)
	reactions.DELETE("/:emoji", a.removeReaction)
}

func (a *API) addReaction(c *gin.Context) {
	message, added, err := a.react(c, false)
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(createdStatus(added), message)
}

func (a *API) removeReaction(c *gin.Context) {
	message, _, err := a.react(c, true)
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(http.StatusOK, message)
}

func (a *API) react(c *gin.Context, remove bool) (model.Message, bool, error) {
	return a.Chat.React(c.Request.Context(), sessionOf(c).Principal, chat.React{
		Conversation: conversationRef(c), Message: messageRef(c), Emoji: c.Param("emoji"), Remove: remove,
	})
}

func (a *API) listReactions(c *gin.Context) {
	emoji := c.Query("emoji")
	page, err := a.listPage(c)
	if err == nil {
		err = checkText("emoji", emoji)
	}
	if err != nil {
		a.fail(c, err)
		return
	}
	reactions, total, err := a.Chat.Reactions(c.Request.Context(), sessionOf(c).Principal, conversationRef(c), messageRef(c), emoji, page)
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(http.StatusOK, newListResponse(reactions, total, page, func(reaction model.Reaction) model.ListCursor {
		return model.ListCursor{Key: reaction.CreatedAt.UnixMicro(), ID: int64(reaction.User)}
	}))
}
