package native

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/parley-chat/parley/chatserver/model"
)

// problem is a problem document (RFC 9457) with a stable code.
type problem struct {
	Type      string             `json:"type"`
	Title     string             `json:"title"`
	Status    int                `json:"status"`
	Detail    string             `json:"detail"`
	Code      string             `json:"code"`
	RequestID string             `json:"requestId"`
	Errors    []model.FieldError `json:"errors,omitempty"`
}

var (
	errNoRoute  = &model.Error{Kind: model.KindNotFound, Code: "no_such_route", Message: "there is nothing at this path; /chat/v1/openapi.yaml lists what there is"}
	errNoMethod = &model.Error{Kind: model.KindInvalid, Code: "method_not_allowed", Message: "this path does not take this method; /chat/v1/openapi.yaml lists what it takes"}
)

var statuses = map[model.Kind]int{
	model.KindInternal:        http.StatusInternalServerError,
	model.KindInvalid:         http.StatusBadRequest,
	model.KindUnauthenticated: http.StatusUnauthorized,
	model.KindForbidden:       http.StatusForbidden,
	model.KindNotFound:        http.StatusNotFound,
	model.KindConflict:        http.StatusConflict,
	model.KindTooLarge:        http.StatusRequestEntityTooLarge,
	model.KindRateLimited:     http.StatusTooManyRequests,
	model.KindUnavailable:     http.StatusServiceUnavailable,
}

func statusOf(err *model.Error) int {
	switch err.Code {
	case errNoMethod.Code:
		return http.StatusMethodNotAllowed
	case model.ErrVersionChanged.Code:
		return http.StatusPreconditionFailed
	}
	return statuses[err.Kind]
}

// retryAfter is how long to wait before trying again, or 0 when that is not
// known or would not help.
func retryAfter(err *model.Error) time.Duration {
	if err.RetryAfter == 0 && err.Kind == model.KindUnavailable {
		return time.Second
	}
	return err.RetryAfter
}

// fail answers with a problem. What a caller must not see goes to the log.
func (a *API) fail(c *gin.Context, err error) {
	known := model.AsError(err)
	status := statusOf(known)
	id := c.GetString(requestIDKey)
	if known.Kind == model.KindInternal {
		a.Logger.Error("request failed", "request", id, "method", c.Request.Method, "route", c.FullPath(), "error", err)
	}
	if wait := retryAfter(known); wait > 0 {
		c.Header("Retry-After", strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10))
	}
	if known.Kind == model.KindUnauthenticated {
		c.Header("WWW-Authenticate", `Bearer realm="parley"`)
	}
	c.Abort()
	c.Header("Content-Type", "application/problem+json")
	c.PureJSON(status, problem{
		Type: "urn:parley:problem:" + known.Code, Title: http.StatusText(status), Status: status,
		Detail: known.Message, Code: known.Code, RequestID: id, Errors: known.Fields,
	})
}
