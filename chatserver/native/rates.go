package native

import (
	"errors"
	"net/http"
	"net/netip"

	"github.com/gin-gonic/gin"

	"github.com/parley-chat/parley/chatserver/model"
)

// FailureLimiter counts bad credentials by the address that they come from.
type FailureLimiter interface {
	// AllowFailure gives model.ErrRateLimited when there were too many. It
	// never blocks.
	AllowFailure(address netip.Addr) error
}

// limitBody bounds what a handler can read.
func (a *API) limitBody(c *gin.Context) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, int64(a.MaxBodyBytes))
}

// limitRequests refuses what is too much for one user or for the project.
func (a *API) limitRequests(c *gin.Context) {
	if err := a.Chat.AllowRequest(sessionOf(c).Principal); err != nil {
		a.fail(c, err)
	}
}

// countFailure returns what to answer to credentials that were refused. Only
// those are counted, so that nobody suffers for a neighbour behind the same
// address; an expired token was good once and is no guess.
func (a *API) countFailure(c *gin.Context, refusal error) error {
	if model.AsError(refusal).Kind != model.KindUnauthenticated || errors.Is(refusal, model.ErrTokenExpired) {
		return refusal
	}
	// The zero address, where there is none, is a bucket like any other.
	remote, _ := netip.ParseAddrPort(c.Request.RemoteAddr)
	if err := a.Failures.AllowFailure(remote.Addr()); err != nil {
		return err
	}
	return refusal
}
