package hub

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/bus/envelope"
	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/tracing"
)

// Source is what the hub reads of the store.
type Source interface {
	Epoch(ctx context.Context) (string, error)
	Memberships(ctx context.Context, user model.UserID, limit int) ([]model.Membership, error)
	MembershipsChanged(ctx context.Context, users []model.UserID, since time.Time) ([]store.UserMembership, error)
	BlockedBy(ctx context.Context, blockers []model.UserID) (map[model.UserID][]model.UserID, error)
	Member(ctx context.Context, conversation model.ConversationID, user model.UserID) (model.Member, error)
	Now(ctx context.Context) (time.Time, error)
	Revs(ctx context.Context, conversations []model.ConversationID) (map[model.ConversationID]int64, error)
	Changes(ctx context.Context, conversation model.ConversationID, since int64, limit int) (model.Changes, error)
	RevokedSince(ctx context.Context, since time.Time) ([]store.UserEpoch, error)
}

// Subscriber is what the hub needs of the bus.
type Subscriber interface {
	Subscribe(ctx context.Context, channels []bus.Channel) error
	Unsubscribe(channels []bus.Channel)
	Healthy() bool
}

// Timing holds the hub's intervals.
type Timing struct {
	GapWait        time.Duration // how long an early change waits for the missing one
	Sweep          time.Duration // between comparisons with the store
	UnhealthySweep time.Duration // the same while the bus is unhealthy
	Ping           time.Duration // between pings of one session
}

// DefaultTiming is what the architecture promises.
var DefaultTiming = Timing{
	GapWait:        100 * time.Millisecond,
	Sweep:          10 * time.Second,
	UnhealthySweep: 2 * time.Second,
	Ping:           30 * time.Second,
}

// shards divides the feeds so that conversations rarely wait for each other.
const shards = 16

// Hub delivers to the sessions of this pod. All methods are safe for concurrent
// use. It is a bus.Receiver and a chat.Deliverer.
type Hub struct {
	source  Source
	pod     uint64
	timing  Timing
	metrics *Metrics
	tracer  *tracing.Tracer // nil: nothing is traced
	logger  *slog.Logger
	now     func() time.Time

	delivered     DeliveredSink // or nil
	listener      Listener      // or nil
	subscriptions *subscriptions
	writers       writers
	workers       workers
	frameLists    frameLists
	turns         turns
	shards        [shards]*shard

	ctx     context.Context // ends all reading when the hub closes
	cancel  context.CancelFunc
	running sync.WaitGroup // every goroutine of the hub and every session

	mu       sync.RWMutex
	sessions map[*Session]struct{}
	users    map[model.UserID][]*Session
	keys     map[*keyset.Entry]int // how many sessions came with each key
	joined   int                   // sessions that ever joined
	places   places
	draining bool

	epochMu sync.Mutex // held while one epoch follows another
	epoch   string     // of the store when it was read last; empty before
}

// Options are what a hub is made of.
type Options struct {
	Source  Source
	Pod     uint64 // the same number that chat publishes under
	Timing  Timing
	Metrics *Metrics
	Tracer  *tracing.Tracer // nil: nothing is traced
	Logger  *slog.Logger
	Now     func() time.Time

	// MaxSessionsPerUser and MaxSessions bound the sessions of one user and of
	// everybody on this pod. Without bound when zero.
	MaxSessionsPerUser, MaxSessions int
}

// New makes a hub. Start must be called once the bus exists.
func New(options Options) *Hub {
	ctx, cancel := context.WithCancel(context.Background())
	h := &Hub{
		source: options.Source, pod: options.Pod, timing: options.Timing,
		metrics: options.Metrics, tracer: options.Tracer, logger: options.Logger, now: options.Now,
		workers: newWorkers(), turns: newTurns(), ctx: ctx, cancel: cancel,
		sessions: make(map[*Session]struct{}),
		users:    make(map[model.UserID][]*Session),
		keys:     make(map[*keyset.Entry]int),
		places:   newPlaces(options.MaxSessionsPerUser, options.MaxSessions),
	}
	for i := range h.shards {
		h.shards[i] = newShard(h)
	}
	return h
}

// TellDelivered names who is told what clients have got. It is called before
// the first session joins.
func (h *Hub) TellDelivered(sink DeliveredSink) { h.delivered = sink }

// Start gives the hub its bus and begins to sweep and ping.
func (h *Hub) Start(subscriber Subscriber) {
	h.subscriptions = newSubscriptions(subscriber)
	h.running.Go(h.sweepLoop)
	h.running.Go(h.watchSessions)
	h.running.Go(h.watchRevocations)
	h.running.Go(h.watchEpoch)
	h.running.Go(h.expireTyping)
}

// Close ends what is left of the sessions and waits for every goroutine.
func (h *Hub) Close() {
	h.mu.Lock()
	h.draining = true
	h.mu.Unlock()
	for _, session := range h.all() {
		session.Close(CloseDrain)
	}
	h.cancel()
	h.running.Wait()
}

// Join is Reserve and Place.Join at once, for connections that stand already.
func (h *Hub) Join(identity Identity, wire Wire, conn Conn) (*Session, error) {
	place, err := h.Reserve(identity)
	if err != nil {
		return nil, err
	}
	return place.Join(wire, conn)
}

func (h *Hub) join(identity Identity, wire Wire, conn Conn) (*Session, error) {
	session := &Session{
		hub: h, identity: identity, wire: wire, conn: conn,
	}
	session.Renew(identity.ExpiresAt)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.draining {
		return nil, model.ErrDraining
	}
	h.running.Add(1)
	h.joined++
	session.number = h.joined
	h.sessions[session] = struct{}{}
	h.users[identity.User] = append(h.users[identity.User], session)
	if identity.Key != nil {
		h.keys[identity.Key]++
	}
	h.metrics.sessions.Inc()
	return session, nil
}

func (h *Hub) remove(session *Session) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.sessions, session)
	if key := session.identity.Key; key != nil {
		if h.keys[key]--; h.keys[key] == 0 {
			delete(h.keys, key)
		}
	}
	user := session.identity.User
	h.places.release(user)
	kept := h.users[user][:0:0]
	for _, other := range h.users[user] {
		if other != session {
			kept = append(kept, other)
		}
	}
	if len(kept) == 0 {
		delete(h.users, user)
	} else {
		h.users[user] = kept
	}
	h.metrics.sessions.Dec()
}

// Sessions counts the live sessions.
func (h *Hub) Sessions() int {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return len(h.sessions)
}

func (h *Hub) all() []*Session {
	h.mu.RLock()
	defer h.mu.RUnlock()
	sessions := make([]*Session, 0, len(h.sessions))
	for session := range h.sessions {
		sessions = append(sessions, session)
	}
	return sessions
}

func (h *Hub) sessionsOf(user model.UserID) []*Session {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.users[user]
}

func (h *Hub) shard(id model.ConversationID) *shard { return h.shards[uint64(id)%shards] }

// Deliver takes changes that this pod made. It never blocks.
func (h *Hub) Deliver(changes []envelope.Change) {
	for _, change := range changes {
		h.shard(change.Conversation).arrived(change)
	}
}

// Notify does what notices say of the live sessions of a user.
func (h *Hub) Notify(notices []envelope.Notice) {
	if fault(faultIgnoreNotices) {
		return
	}
	for _, notice := range notices {
		switch notice.Kind {
		case envelope.Revoked:
			h.closeOlder(notice.User, notice.Rev)
		case envelope.Joined:
			for _, session := range h.sessionsOf(notice.User) {
				h.shard(notice.Conversation).isBack(notice.Conversation, session, notice.Rev, notice.Floor)
				h.attachLater(session, notice.Conversation, notice.Rev-1)
			}
		case envelope.Blocked, envelope.Unblocked:
			h.changeBlocked(notice)
		case envelope.Expelled:
			h.ended(notice.Conversation, notice.User)
			for _, session := range h.sessionsOf(notice.User) {
				h.shard(notice.Conversation).detach(notice.Conversation, session)
			}
		}
	}
}

// Receive takes what another pod published; bus.Receiver.
func (h *Hub) Receive(_ bus.Channel, payload []byte) {
	arrival := envelope.Arrival{At: h.now(), FromBus: true}
	h.metrics.received.Inc()
	err := envelope.Read(payload, h.pod, h.wants, func(item envelope.Item) {
		if item.Notice != nil {
			h.Notify([]envelope.Notice{*item.Notice})
			return
		}
		if item.Signal != nil {
			h.Signal([]model.Signal{*item.Signal})
			return
		}
		item.Change.Arrival = arrival
		h.shard(item.Change.Conversation).arrived(*item.Change)
	})
	if err != nil {
		h.logger.Warn("drop a payload of another pod", "error", err)
	}
}

func (h *Hub) wants(kind byte, id int64) bool {
	wanted := false
	if envelope.IsOfUser(kind) {
		wanted = len(h.sessionsOf(model.UserID(id))) > 0
	} else {
		wanted = h.shard(model.ConversationID(id)).has(model.ConversationID(id))
	}
	if !wanted {
		h.metrics.unwanted.Inc()
	}
	return wanted
}
