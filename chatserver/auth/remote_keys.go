package auth

import (
	"context"
	"crypto"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/model"
)

const (
	// keysRefresh is the age at which keys are fetched again while they are used.
	keysRefresh = 10 * time.Minute
	// keysIdle is how long nobody asked before the next one waits for fresh
	// keys: a key that was taken back meanwhile must not count once more.
	keysIdle = 2 * keysRefresh
	// keysLifetime is how long keys count while the issuer does not answer.
	keysLifetime = 24 * time.Hour
	// attemptPause lies between two requests to an issuer, whatever tokens say:
	// nobody may use this server to hammer another one.
	attemptPause = 30 * time.Second
)

// errUnknownKey says that the issuer has no such key.
var errUnknownKey = errors.New("the issuer has no key with this kid and algorithm")

// remoteKeys are the keys that an issuer publishes at its URL, fetched when the
// first token asks for one and again when they are old or lack one. All methods
// are safe for concurrent use.
type remoteKeys struct {
	issuer  string
	url     string
	client  *http.Client
	now     func() time.Time
	metrics *Metrics
	logger  *slog.Logger

	running  context.Context // ends with close, and with it a running attempt
	cancel   context.CancelFunc
	attempts sync.WaitGroup

	mu          sync.Mutex
	keys        publicKeys
	fetchedAt   time.Time     // when the keys were asked for that came
	attemptedAt time.Time     // when keys were last asked for
	attempt     chan struct{} // closed when the running attempt is over; nil when none runs
	awaited     bool          // whether everybody waits for the running attempt
	closed      bool
}

func newRemoteKeys(settings config.Issuer, options IssuersOptions) *remoteKeys {
	running, cancel := context.WithCancel(context.Background())
	return &remoteKeys{
		issuer: settings.Issuer, url: settings.JWKSURL, client: newJWKSClient(),
		now: options.Now, metrics: options.Metrics, logger: options.Logger,
		running: running, cancel: cancel,
	}
}

// close ends a running attempt and waits for it.
func (r *remoteKeys) close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.cancel()
	r.attempts.Wait()
}

// find returns the key. It gives model.ErrUnavailable while no keys are known
// that still count, and errUnknownKey when the key is not among them.
func (r *remoteKeys) find(ctx context.Context, name keyName) (crypto.PublicKey, error) {
	if attempt := r.attemptFor(name); attempt != nil {
		select {
		case <-attempt:
		case <-ctx.Done():
			return nil, model.ErrUnavailable.Because(ctx.Err())
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.keys == nil || r.now().Sub(r.fetchedAt) >= keysLifetime {
		return nil, model.ErrUnavailable
	}
	key, known := r.keys[name]
	if !known {
		return nil, errUnknownKey
	}
	return key, nil
}

// attemptFor begins an attempt if one is due and returns the one to wait for:
// nil when the present keys are to decide.
func (r *remoteKeys) attemptFor(name keyName) <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	age := now.Sub(r.fetchedAt)
	_, known := r.keys[name]
	known = known && age < keysLifetime
	due := !known || age >= keysRefresh
	if due && r.attempt == nil && !r.closed && now.Sub(r.attemptedAt) >= attemptPause {
		r.begin(now)
	}
	if r.attempt == nil || (known && !r.awaited) {
		return nil
	}
	return r.attempt
}

// begin starts an attempt. It belongs to no request: those that wait for it may
// go away without failing the others.
func (r *remoteKeys) begin(now time.Time) {
	done := make(chan struct{})
	r.awaited = now.Sub(r.attemptedAt) >= keysIdle
	r.attempt, r.attemptedAt = done, now
	r.attempts.Go(func() {
		defer close(done)
		keys, err := fetchJWKS(r.running, r.client, r.url)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.attempt = nil
		if err == nil {
			r.keys, r.fetchedAt = keys, now
			r.metrics.keysFetched.Inc()
			return
		}
		if !r.closed {
			r.metrics.keysMissed.Inc()
			r.logger.Warn("fetch the keys of a token issuer; those that are known stay", "issuer", r.issuer, "error", err)
		}
	})
}
