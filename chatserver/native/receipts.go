package native

import (
	"context"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/model"
)

func (a *API) receiptRoutes(routes *gin.RouterGroup) {
	routes.POST("/conversations/:conversation/read", a.mark((*chat.Chat).MarkRead))
	routes.POST("/conversations/:conversation/unread", a.mark((*chat.Chat).MarkUnread))
	routes.POST("/conversations/:conversation/delivered", a.mark((*chat.Chat).MarkDelivered))
	routes.GET("/conversations/:conversation/receipts", a.listReceipts)
	routes.GET("/conversations/:conversation/messages/:message/receipts", a.listMessageReceipts)
	routes.GET("/conversations/:conversation/context", a.readingContext)
}

// markRequest names a place in a conversation, or nothing.
type markRequest struct {
	Message *string `json:"message,omitzero"`
	Seq     *int64  `json:"seq,omitzero"`
}

func (r markRequest) mark() chat.Mark {
	mark := chat.Mark{Seq: r.Seq}
	if r.Message != nil {
		mark.Message = new(model.ParseMessageRef(*r.Message))
	}
	return mark
}

// marking is a use case that moves a mark.
type marking func(*chat.Chat, context.Context, chat.Principal, model.ConversationRef, chat.Mark) (model.OwnState, error)

func (a *API) mark(use marking) gin.HandlerFunc {
	return func(c *gin.Context) {
		var request markRequest
		if err := decodeBody(c, &request); err != nil {
			a.fail(c, err)
			return
		}
		own, err := use(a.Chat, c.Request.Context(), sessionOf(c).Principal, conversationRef(c), request.mark())
		a.answerOwn(c, own, err)
	}
}

func (a *API) listReceipts(c *gin.Context) {
	page, err := a.listPage(c)
	if err != nil {
		a.fail(c, err)
		return
	}
	marks, total, err := a.Chat.Receipts(c.Request.Context(), sessionOf(c).Principal, conversationRef(c), page)
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(http.StatusOK, newListResponse(marks, total, page, func(marks chat.MemberMarks) model.ListCursor {
		return model.ListCursor{ID: int64(marks.User)}
	}))
}

func (a *API) listMessageReceipts(c *gin.Context) {
	page, err := a.listPage(c)
	if err != nil {
		a.fail(c, err)
		return
	}
	receipts, total, err := a.Chat.MessageReceipts(c.Request.Context(), sessionOf(c).Principal, conversationRef(c),
		model.ParseMessageRef(c.Param("message")), chat.ReceiptKind(c.Query("kind")), page)
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(http.StatusOK, newListResponse(receipts, total, page, func(receipt model.Receipt) model.ListCursor {
		return model.ListCursor{ID: int64(receipt.User)}
	}))
}

func (a *API) readingContext(c *gin.Context) {
	var within chat.ReadingRange
	for name, into := range map[string]**int64{"from": &within.From, "to": &within.To} {
		seq, err := querySeq(c, name)
		if err != nil {
			a.fail(c, err)
			return
		}
		*into = seq
	}
	reading, err := a.Chat.ReadingContext(c.Request.Context(), sessionOf(c).Principal, conversationRef(c), within)
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(http.StatusOK, reading)
}

// querySeq gives nil when the parameter is absent.
func querySeq(c *gin.Context, name string) (*int64, error) {
	text := c.Query(name)
	if text == "" {
		return nil, nil
	}
	seq, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, model.Invalid(name, "must be a seq: a whole number, not below 0")
	}
	return &seq, nil
}
