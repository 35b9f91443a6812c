package redis

import (
	"context"
	"strconv"

	goredis "github.com/redis/go-redis/v9"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/presence"
)

// Statuses implements presence.Registry: one question for each partition that
// the users are in, all on their way at once.
func (r *Registry) Statuses(ctx context.Context, users []model.UserID) map[model.UserID]presence.Presence {
	statuses := make(map[model.UserID]presence.Presence, len(users))
	asked := make(map[*partition][]model.UserID)
	for _, user := range users {
		p := r.partition(place{user: user})
		asked[p] = append(asked[p], user)
	}
	for p, local := range r.askStatuses(ctx, asked, statuses) {
		p.locked(func() {
			for _, user := range local {
				statuses[user] = presence.Presence{Chosen: presence.Online}
				if h := p.held[place{user: user}]; h != nil {
					statuses[user] = h.presence()
				}
			}
		})
	}
	return statuses
}

// question is what one partition is asked about its users.
type question struct {
	live    *goredis.SliceCmd
	choices *goredis.SliceCmd
}

// askStatuses fills in what Redis answers, and returns what it did not.
func (r *Registry) askStatuses(
	ctx context.Context, asked map[*partition][]model.UserID, into map[model.UserID]presence.Presence,
) map[*partition][]model.UserID {
	unanswered := make(map[*partition][]model.UserID)
	questions := make(map[*partition]question)
	ctx, cancel := bounded(ctx)
	defer cancel()
	pipe := r.options.Client.Pipeline()
	for p, users := range asked {
		if p.isFailing() {
			unanswered[p] = users
			continue
		}
		var fields, choices []string
		for _, user := range users {
			fields = append(fields, user.String())
			choices = append(choices, r.commands.choice(user))
		}
		online := r.commands.holders(place{user: users[0]})
		questions[p] = question{pipe.HMGet(ctx, online, fields...), pipe.MGet(ctx, choices...)}
	}
	// Each question's own error is what counts.
	_, _ = pipe.Exec(ctx)
	for p, one := range questions {
		live, err := one.live.Result()
		if err == nil {
			err = one.choices.Err()
		}
		if err != nil {
			r.failed(p, err)
			unanswered[p] = asked[p]
			continue
		}
		for i, user := range asked[p] {
			known := presence.Presence{Live: live[i] != nil, Chosen: presence.Online}
			if text, ok := one.choices.Val()[i].(string); ok {
				known.Chosen = presence.Status(text)
			}
			into[user] = known
		}
	}
	return unanswered
}

// Present implements presence.Registry. Neither question looks at more of the
// room than the sample is large.
func (r *Registry) Present(ctx context.Context, conversation model.ConversationID, limit int) presence.Present {
	limit = min(max(limit, 0), presence.MaxSample)
	at := place{conversation: conversation}
	p := r.partition(at)
	if p.isFailing() {
		return p.present(conversation, limit)
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	name := r.commands.holders(at)
	pipe := r.options.Client.Pipeline()
	count := pipe.HLen(ctx, name)
	sample := pipe.HRandField(ctx, name, limit)
	if _, err := pipe.Exec(ctx); err != nil {
		r.failed(p, err)
		return p.present(conversation, limit)
	}
	present := presence.Present{Count: int(count.Val())}
	for _, text := range sample.Val() {
		if id, err := strconv.ParseInt(text, 10, 64); err == nil {
			present.Users = append(present.Users, model.UserID(id))
		}
	}
	return present
}

// present is who is in the conversation through this pod.
func (p *partition) present(conversation model.ConversationID, limit int) presence.Present {
	p.mu.Lock()
	defer p.mu.Unlock()
	var present presence.Present
	for at, h := range p.held {
		if at.conversation != conversation || h.sessions == 0 {
			continue
		}
		present.Count++
		if len(present.Users) < limit {
			present.Users = append(present.Users, at.user)
		}
	}
	return present
}
