package native

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/model"
)

func (a *API) auditRoutes(routes *gin.RouterGroup) {
	routes.GET("/audit", a.listAudit)
}

func (a *API) listAudit(c *gin.Context) {
	in, err := a.listAuditInput(c)
	if err != nil {
		a.fail(c, err)
		return
	}
	events, total, err := a.Chat.ListAudit(c.Request.Context(), sessionOf(c).Principal, in)
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(http.StatusOK, newListResponse(events, total, in.Page, func(event model.AuditEvent) model.ListCursor {
		return model.ListCursor{ID: event.ID}
	}))
}

// listAuditInput takes ids alone: of what is deleted, nothing else is left.
func (a *API) listAuditInput(c *gin.Context) (in chat.ListAudit, err error) {
	in.Action = c.Query("action")
	if in.Actor, err = queryID[model.UserID](c, "actor"); err != nil {
		return in, err
	}
	if in.User, err = queryID[model.UserID](c, "user"); err != nil {
		return in, err
	}
	if in.Conversation, err = queryID[model.ConversationID](c, "conversation"); err != nil {
		return in, err
	}
	if in.Since, err = queryTime(c, "since"); err != nil {
		return in, err
	}
	in.Page, err = a.listPage(c)
	return in, err
}
