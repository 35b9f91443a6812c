package chat

import (
	"github.com/parley-chat/parley/chatserver/model"
)

// RateLimiter counts what is done and refuses what is too much with
// model.ErrRateLimited, which says when to try again. What it refuses it does
// not count. Its methods never block.
type RateLimiter interface {
	// AllowRequest counts a request of the subject, a user or a key, and of the
	// project. Without a subject it counts for the project alone.
	AllowRequest(subject string) error
	// AllowSend counts a message of the user and of the project.
	AllowSend(user model.UserID) error
}

// AllowRequest counts a request of the principal, or refuses it. Every wire
// asks before it does anything for a principal; sends are counted by Submit.
func (c *Chat) AllowRequest(principal Principal) error {
	switch {
	case principal.User != 0:
		return c.Rates.AllowRequest(principal.User.String())
	case principal.PublicKeyOnly() && principal.Key != nil:
		return c.Rates.AllowRequest("key-" + principal.Key.ID)
	}
	// A tenant's own server speaks for all of its users at once.
	return c.Rates.AllowRequest("")
}

// allowSend lets pass what is refused for want of a user anyway.
func (c *Chat) allowSend(principal Principal) error {
	if principal.User == 0 {
		return nil
	}
	return c.Rates.AllowSend(principal.User)
}
