package native

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/gorilla/websocket"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/tracing"
)

// trace records a request under the pattern of its route: neither its path, nor
// its query, nor a header. What hits no route is not recorded, because only the
// client knows what it is.
func (a *API) trace(c *gin.Context) {
	route := c.FullPath()
	if route == "" {
		return
	}
	ctx, span := a.Tracer.StartRequest(c.Request.Context(), c.Request.Header, c.Request.Method+" "+route)
	span.Word("http.request.method", c.Request.Method)
	span.Word("http.route", route)
	span.Word("parley.request", c.GetString(requestIDKey))
	opensSocket := websocket.IsWebSocketUpgrade(c.Request)
	if !opensSocket {
		// A socket outlives the request that opened it: each op is a trace.
		c.Request = c.Request.WithContext(ctx)
	}
	c.Next()
	status := c.Writer.Status()
	if opensSocket && status == http.StatusOK {
		status = http.StatusSwitchingProtocols
	}
	span.Number("http.response.status_code", int64(status))
	span.End(failureOf(status))
}

// failureOf tells a span that the server was at fault.
func failureOf(status int) error {
	switch {
	case status == http.StatusServiceUnavailable:
		return model.ErrUnavailable
	case status >= http.StatusInternalServerError:
		return model.ErrInternal
	}
	return nil
}

// traceOp begins the span of a frame with an op that is known.
func (r *socketReader) traceOp(ctx context.Context, head frameHead) (context.Context, tracing.Span) {
	if r.api.Tracer == nil {
		return ctx, tracing.Span{}
	}
	return r.api.Tracer.Start(ctx, "socket "+head.Op)
}
