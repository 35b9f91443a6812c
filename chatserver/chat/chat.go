package chat

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/bus/envelope"
	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/tracing"
)

// Deliverer gets every change that this pod made, in the order of its commits.
// Its methods must not block.
type Deliverer interface {
	Deliver(changes []envelope.Change)
	Notify(notices []envelope.Notice)
	Signal(signals []model.Signal)
	// Together calls a function that delivers and answers: what it says to one
	// session is written in one go.
	Together(say func())
}

// TokenSigner makes user tokens.
type TokenSigner interface {
	// Sign returns a token for the user that is good until the given time.
	Sign(user model.User, issued, expires time.Time) (model.Secret, error)
}

// Dependencies are what the use cases stand on.
type Dependencies struct {
	Store         store.Store
	Bus           bus.Bus
	Local         Deliverer
	Tokens        TokenSigner
	ProjectName   string
	Features      config.Features
	Limits        config.Limits
	Rates         RateLimiter
	TokenLifetime time.Duration
	// RefreshLifetime is how long a refresh token waits to be used.
	RefreshLifetime time.Duration
	// DataKeys gives the keys that seal secrets, or nil when the project has
	// none. They may be replaced at any time.
	DataKeys func() *keyset.DataKeys
	// JobLease and JobPoll are 60 s and 30 s when they are zero.
	JobLease, JobPoll time.Duration
	Pod               uint64 // tells this process from the others on the bus
	Random            io.Reader
	Now               func() time.Time
	Metrics           *Metrics
	Tracer            *tracing.Tracer // nil: nothing is traced
	Logger            *slog.Logger
}

// Chat is the use cases of one project. All methods are safe for concurrent
// use; their errors are those of package model.
type Chat struct {
	Dependencies
	publisher  *publisher
	appender   *appender
	worker     *worker
	activity   *activity
	deliveries *deliveries
	sessions   *sessionLog
	ephemeral  *ephemeral
	authors    *authors
	links      linkFinder
	live       *live // nil before StartPresence
	closing    sync.Once
}

// New starts what works in the background; Close ends it.
func New(dependencies Dependencies) *Chat {
	publisher := newPublisher(dependencies)
	c := &Chat{
		Dependencies: dependencies,
		publisher:    publisher,
		appender:     newAppender(dependencies, publisher),
		activity:     newActivity(dependencies),
		sessions:     newSessionLog(dependencies),
		authors:      newAuthors(dependencies.Store, dependencies.Now),
		links:        newLinkFinder(),
	}
	c.deliveries = newDeliveries(c)
	c.worker = newWorker(c)
	c.ephemeral = newEphemeral(c)
	return c
}

// Close waits until every message that was taken is answered, every change is
// handed to the bus and every record is stored. Closing again does nothing.
func (c *Chat) Close() {
	c.closing.Do(func() {
		c.worker.close()
		c.activity.close()
		if c.live != nil {
			c.live.close()
		}
		c.sessions.close()
		c.appender.close()
		c.deliveries.close()
		c.ephemeral.close()
		c.publisher.close()
	})
}

// translate turns what the store says into what a caller may know.
func translate(err error) error {
	if err == nil {
		return nil
	}
	// Only an error costs this variable, which errors.As takes to the heap.
	var known *model.Error
	switch {
	case errors.As(err, &known):
		return known
	case store.IsRetryable(err), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return model.ErrUnavailable.Because(err)
	default:
		return model.ErrInternal.Because(err)
	}
}

// isMissing reports whether a model's error says that something does not exist.
func isMissing(err error) bool { return err != nil && model.AsError(err).Kind == model.KindNotFound }
