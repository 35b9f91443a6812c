package ratelimit

import (
	"net/netip"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/parley-chat/parley/chatserver/model"
)

// Project says which limits each kind of operation counts on, and counts the
// refusals. Its errors are model.ErrRateLimited with the time to wait.
type Project struct {
	limiter Limiter
	refused map[Limit]prometheus.Counter
}

// NewProject registers the metrics.
func NewProject(limiter Limiter, registerer prometheus.Registerer) *Project {
	p := &Project{limiter: limiter, refused: make(map[Limit]prometheus.Counter)}
	for _, limit := range []Limit{RequestsPerUser, RequestsPerProject, SendsPerUser, SendsPerProject, FailuresPerAddress} {
		p.refused[limit] = NewRefusals(registerer, string(limit))
	}
	return p
}

// NewRefusals registers the counter of what one limit refused, for limits of
// other rooms too.
func NewRefusals(registerer prometheus.Registerer, limit string) prometheus.Counter {
	return promauto.With(registerer).NewCounter(prometheus.CounterOpts{
		Name: "chat_limit_refusals_total", Help: "What was refused because it was too much, by the name of the limit in the settings.",
		ConstLabels: prometheus.Labels{"limit": limit},
	})
}

// AllowRequest counts a request; chat.RateLimiter.
func (p *Project) AllowRequest(subject string) error {
	return p.both(RequestsPerUser, subject, RequestsPerProject)
}

// AllowSend counts a message; chat.RateLimiter.
func (p *Project) AllowSend(user model.UserID) error {
	return p.both(SendsPerUser, user.String(), SendsPerProject)
}

// AllowFailure counts bad credentials from an address. One who has an IPv6
// address has the whole /64 around it.
func (p *Project) AllowFailure(address netip.Addr) error {
	address = address.Unmap().WithZone("")
	subject := address.String()
	if address.Is6() {
		subject = netip.PrefixFrom(address, 64).Masked().String()
	}
	return p.allow(Key{FailuresPerAddress, subject})
}

// both asks the subject's own bucket first, so that one who floods takes
// nothing from the others.
func (p *Project) both(own Limit, subject string, all Limit) error {
	if subject != "" {
		if err := p.allow(Key{own, subject}); err != nil {
			return err
		}
	}
	return p.allow(Key{Limit: all})
}

func (p *Project) allow(key Key) error {
	ok, retryAfter := p.limiter.Allow(key, 1)
	if ok {
		return nil
	}
	p.refused[key.Limit].Inc()
	return model.ErrRateLimited.After(retryAfter)
}
