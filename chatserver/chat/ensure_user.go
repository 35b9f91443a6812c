package chat

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// EnsureUser returns the user with the external id, created with the display
// name if there is none. It asks for no permission: authentication calls it for
// an issuer that the project trusts with this. A display name that no user may
// have is left out, because nobody should be locked out for it.
func (c *Chat) EnsureUser(ctx context.Context, externalID, displayName string) (model.User, error) {
	if externalID == "" {
		return model.User{}, model.Invalid("externalId", "is missing")
	}
	if utf8.RuneCountInString(displayName) > c.Limits.NameLength || strings.ContainsRune(displayName, 0) {
		displayName = ""
	}
	if err := (CreateUser{ExternalID: externalID, DisplayName: displayName}).check(c.Limits); err != nil {
		return model.User{}, err
	}
	user, err := c.Store.CreateUser(ctx, store.NewUser{
		ExternalID: externalID, DisplayName: displayName, Properties: emptyObject,
	})
	// Another request may have been faster.
	if errors.Is(err, model.ErrUserExists) {
		user, err = c.Store.User(ctx, model.UserRef{ExternalID: externalID})
	}
	return user, translate(err)
}
