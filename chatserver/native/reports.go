package native

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/model"
)

func (a *API) reportRoutes(routes *gin.RouterGroup) {
	routes.GET("/reports", a.listReports)
	routes.GET("/conversations/:conversation/reports", a.listConversationReports)
	reports := routes.Group("/conversations/:conversation/messages/:message/reports")
	reports.POST("", a.reportMessage)
	reports.DELETE("", a.withdrawReport)
}

type reportRequest struct {
	Reason     string          `json:"reason"`
	Properties json.RawMessage `json:"properties"`
}

func (a *API) reportMessage(c *gin.Context) {
	var request reportRequest
	if err := decodeBody(c, &request); err != nil {
		a.fail(c, err)
		return
	}
	report, err := a.Chat.ReportMessage(c.Request.Context(), sessionOf(c).Principal, chat.ReportMessage{
		Conversation: conversationRef(c), Message: messageRef(c), Reason: request.Reason, Properties: request.Properties,
	})
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(http.StatusCreated, report)
}

func (a *API) withdrawReport(c *gin.Context) {
	if err := a.Chat.WithdrawReport(c.Request.Context(), sessionOf(c).Principal, conversationRef(c), messageRef(c)); err != nil {
		a.fail(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

func (a *API) listReports(c *gin.Context) {
	var conversation string
	if err := queryReference(c, "conversation", &conversation); err != nil {
		a.fail(c, err)
		return
	}
	a.answerReports(c, model.ParseConversationRef(conversation), a.Chat.Reports)
}

func (a *API) listConversationReports(c *gin.Context) {
	a.answerReports(c, conversationRef(c), a.Chat.ConversationReports)
}

func (a *API) answerReports(
	c *gin.Context, conversation model.ConversationRef,
	read func(context.Context, chat.Principal, chat.ReportFilter, model.ListPage) ([]model.Report, int64, error),
) {
	var message, reporter string
	page, err := a.listPage(c)
	err = cmp.Or(err, queryReference(c, "message", &message), queryReference(c, "reporter", &reporter))
	if err != nil {
		a.fail(c, err)
		return
	}
	filter := chat.ReportFilter{
		Conversation: conversation, Message: model.ParseMessageRef(message), Reporter: model.ParseUserRef(reporter),
	}
	reports, total, err := read(c.Request.Context(), sessionOf(c).Principal, filter, page)
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(http.StatusOK, newListResponse(reports, total, page, func(report model.Report) model.ListCursor {
		return model.ListCursor{ID: int64(report.ID)}
	}))
}
