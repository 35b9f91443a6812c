package chat

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/presence"
)

const (
	// DisconnectGrace is how long a session that ended still counts, so that a
	// client which connects again is never seen to leave.
	DisconnectGrace = 5 * time.Second
	// departureInterval is how often it is looked whose grace is over.
	departureInterval = 250 * time.Millisecond
	// maxLiveWork bounds the presence changes that wait to be announced.
	maxLiveWork = 10_000
	// liveWorkTimeout bounds one of them.
	liveWorkTimeout = 5 * time.Second
)

// live is what this pod knows of the sessions here, and the one goroutine that
// tells others of them. Presence is fleeting: what is too much is dropped.
type live struct {
	chat      *Chat
	registry  presence.Registry
	summaries *presence.Aggregator

	typed      typedMemory
	admissions admissions

	cancel  context.CancelFunc
	running sync.WaitGroup
	wake    chan struct{}

	mu         sync.Mutex
	sessions   map[model.UserID][]*LiveSession
	statuses   map[model.UserID]presence.Status // to be announced
	work       []func(context.Context)
	departures []departure // in the order of their time
}

// departure is a session that ended.
type departure struct {
	session *LiveSession
	due     time.Time
}

// StartPresence opens this pod's part in the project's presence. It is called
// once, before the first session; Close closes the registry too.
func (c *Chat) StartPresence(open func(presence.Announcer) (presence.Registry, error)) error {
	ctx, cancel := context.WithCancel(context.Background())
	l := &live{
		chat: c, cancel: cancel, wake: make(chan struct{}, 1),
		typed: newTypedMemory(), admissions: newAdmissions(),
		sessions: make(map[model.UserID][]*LiveSession), statuses: make(map[model.UserID]presence.Status),
	}
	registry, err := open(l)
	if err != nil {
		cancel()
		return err
	}
	l.registry = registry
	l.summaries = presence.NewAggregator(l.publishSummary)
	c.live = l
	l.running.Go(func() { l.run(ctx) })
	return nil
}

// close drops what waits. The sessions that ended a moment ago are left to
// expire, because their clients are about to connect to another pod.
func (l *live) close() {
	l.cancel()
	l.running.Wait()
	l.summaries.Close()
	if err := l.registry.Close(); err != nil {
		l.chat.Logger.Warn("close presence", "error", err)
	}
}

func (l *live) run(ctx context.Context) {
	ticker := time.NewTicker(departureInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			for _, session := range l.due() {
				session.depart(ctx)
			}
		case <-l.wake:
		}
		for do := l.next(); do != nil && ctx.Err() == nil; do = l.next() {
			bounded, cancel := context.WithTimeout(ctx, liveWorkTimeout)
			do(bounded)
			cancel()
		}
	}
}

// due takes the sessions whose grace is over.
func (l *live) due() []*LiveSession {
	now := l.chat.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	var due []*LiveSession
	for len(l.departures) > 0 && !now.Before(l.departures[0].due) {
		due = append(due, l.departures[0].session)
		l.departures = l.departures[1:]
	}
	return due
}

func (l *live) next() func(context.Context) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.work) == 0 {
		l.work = nil
		return nil
	}
	do := l.work[0]
	l.work = l.work[1:]
	return do
}

// later does something in the goroutine of l. It never blocks.
func (l *live) later(do func(context.Context)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.laterLocked(do)
}

func (l *live) laterLocked(do func(context.Context)) {
	if len(l.work) >= maxLiveWork {
		l.chat.Metrics.presenceDropped.Inc()
		return
	}
	l.work = append(l.work, do)
	signal(l.wake)
}

// announce tells others of a user's status. Changes of one user that wait are
// told once.
func (l *live) announce(user model.UserID, status presence.Status) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, waits := l.statuses[user]; waits || len(l.work) < maxLiveWork {
		l.statuses[user] = status
		if waits {
			return
		}
	}
	l.laterLocked(func(ctx context.Context) { l.announceNow(ctx, user) })
}

// announceNow costs one read of the user's conversations, one signal for each
// small one, and a mark for those large ones that the user has open; what others
// there are in them plays no part.
func (l *live) announceNow(ctx context.Context, user model.UserID) {
	l.mu.Lock()
	status := l.statuses[user]
	delete(l.statuses, user)
	l.mu.Unlock()
	memberships, err := l.chat.Store.Memberships(ctx, user, maxAnnouncedConversations)
	if err != nil {
		l.chat.Logger.Warn("announce presence", "user", user, "error", err)
		return
	}
	body := encodeSignal(UserPresence{User: user, Status: status})
	announced := announcement{signals: make([]model.Signal, 0, len(memberships))}
	for _, membership := range memberships {
		switch {
		case membership.MemberCount <= presence.MaxAnnounced:
			announced.signals = append(announced.signals, model.Signal{
				Kind: model.PresenceChanged, Conversation: membership.Conversation, From: user, Body: body,
			})
		case l.hasOpen(user, membership.Conversation):
			l.summaries.Mark(membership.Conversation)
		}
	}
	l.chat.publisher.publish(announced)
}

// maxAnnouncedConversations is in how many of a user's conversations a change
// of presence is told, those with the latest change first: as many as a session
// follows.
const maxAnnouncedConversations = 1000

// hasOpen reports whether a session of the user here is in the conversation.
func (l *live) hasOpen(user model.UserID, conversation model.ConversationID) bool {
	return slices.ContainsFunc(l.sessionsOf(user), func(s *LiveSession) bool { return s.isIn(conversation) })
}

func (l *live) sessionsOf(user model.UserID) []*LiveSession {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.sessions[user])
}

// PresenceChanged implements presence.Announcer.
func (l *live) PresenceChanged(user model.UserID, change presence.Change) {
	if change.Visible() {
		l.announce(user, change.After.Visible())
	}
}

// Entered implements presence.Announcer.
func (l *live) Entered(conversation model.ConversationID, user model.UserID) {
	l.later(func(ctx context.Context) { l.tell(ctx, model.SessionEntered, conversation, user) })
}

// Left implements presence.Announcer.
func (l *live) Left(conversation model.ConversationID, user model.UserID) {
	l.later(func(ctx context.Context) { l.tell(ctx, model.SessionLeft, conversation, user) })
}

// tell announces that a user is, or is no more, in a conversation: by name in a
// small one, in a large one with the next summary.
func (l *live) tell(ctx context.Context, kind model.SignalKind, id model.ConversationID, user model.UserID) {
	conversation, err := l.chat.Store.Conversation(ctx, model.ConversationRef{ID: id})
	if errors.Is(err, model.ErrConversationNotFound) {
		return
	}
	if err != nil {
		l.chat.Logger.Warn("announce who is in a conversation", "conversation", id, "error", err)
		return
	}
	size := conversation.MemberCount
	if conversation.Type == model.Open {
		size = int64(l.registry.Present(ctx, id, 0).Count)
	}
	if size > presence.MaxAnnounced {
		l.summaries.Mark(id)
		return
	}
	l.chat.publisher.publish(announcement{signals: []model.Signal{{
		Kind: kind, Conversation: id, From: user, Body: encodeSignal(sessionSignal{User: user}),
	}}})
}

// sessionSignal says whose session entered or left.
type sessionSignal struct {
	User model.UserID `json:"user"`
}

// summarySample is how many of those who are in a large conversation its
// summary names.
const summarySample = 20

// summary is the body of a model.PresenceSummary.
type summary struct {
	Online int            `json:"online"` // users who have the conversation open
	Sample []UserPresence `json:"sample"`
}

func (l *live) publishSummary(ctx context.Context, id model.ConversationID) {
	present := l.registry.Present(ctx, id, summarySample)
	said := summary{Online: present.Count, Sample: visible(present.Users, l.registry.Statuses(ctx, present.Users))}
	l.chat.publisher.publish(announcement{signals: []model.Signal{{
		Kind: model.PresenceSummary, Conversation: id, Body: encodeSignal(said),
	}}})
}

// encodeSignal makes the body of a signal.
func encodeSignal(body any) json.RawMessage {
	encoded, err := json.Marshal(body)
	if err != nil {
		panic(err) // numbers and strings always encode
	}
	return encoded
}

// StandingChanged implements hub.Listener.
func (c *Chat) StandingChanged(conversation model.ConversationID) {
	c.live.admissions.drop(conversation)
}

// Ended implements hub.Listener.
func (c *Chat) Ended(conversation model.ConversationID, user model.UserID) {
	c.live.admissions.drop(conversation)
	c.live.later(func(ctx context.Context) {
		for _, session := range c.live.in(conversation, user) {
			session.leave(ctx, conversation)
		}
	})
}

// Wrote implements hub.Listener: the next typing of the user is news again.
func (c *Chat) Wrote(conversation model.ConversationID, user model.UserID) {
	c.live.typed.forget(conversation, user)
}

// Chosen implements hub.Listener: the sessions here show or hide where they are.
func (c *Chat) Chosen(user model.UserID, body []byte) {
	var chosen UserPresence
	if err := json.Unmarshal(body, &chosen); err != nil {
		c.Logger.Error("read a chosen status", "user", user, "error", err)
		return
	}
	c.live.later(func(ctx context.Context) {
		for _, session := range c.live.sessionsOf(user) {
			session.hide(ctx, chosen.Chosen == presence.Invisible)
		}
	})
}

// in lists the sessions here that are in the conversation: those of the user, or
// with 0 all.
func (l *live) in(conversation model.ConversationID, user model.UserID) []*LiveSession {
	if user != 0 {
		return l.sessionsOf(user)
	}
	var all []*LiveSession
	l.mu.Lock()
	for _, sessions := range l.sessions {
		all = append(all, sessions...)
	}
	l.mu.Unlock()
	return slices.DeleteFunc(all, func(s *LiveSession) bool { return !s.isIn(conversation) })
}
