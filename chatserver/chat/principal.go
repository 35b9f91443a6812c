package chat

import (
	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/chatserver/model"
)

// Principal is who asks: the credentials of a request after they were verified.
type Principal struct {
	// Key is the API key that was presented, or nil.
	Key *keyset.Entry
	// User is who acts: the user of the token, or the one that a secret key
	// acts on behalf of. It is 0 when a key acts for itself.
	User model.UserID
}

// Admin reports whether a secret key asks: it is admin of the whole project.
func (p Principal) Admin() bool { return p.Key != nil && p.Key.Type == keyset.Secret }

// PublicKeyOnly reports whether a public key asks without a user.
func (p Principal) PublicKeyOnly() bool { return !p.Admin() && p.User == 0 }
