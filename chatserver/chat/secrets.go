package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"

	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/chatserver/model"
)

// The bounds of a secret's name, in characters, and of its value, in bytes of
// JSON.
const (
	MaxSecretName  = 64
	MaxSecretBytes = 8 << 10
)

var secretName = regexp.MustCompile(fmt.Sprintf(`^[a-zA-Z0-9._-]{1,%d}$`, MaxSecretName))

func checkSecretName(name string) error {
	if !secretName.MatchString(name) {
		return model.Invalid("name", "must be 1 to %d of the characters a-z, A-Z, 0-9, dot, dash and underscore", MaxSecretName)
	}
	return nil
}

var errNoDataKeys = &model.Error{
	Kind: model.KindUnavailable, Code: model.ErrUnavailable.Code,
	Message: "secrets need dataKeysFile in the configuration of the servers",
}

// secretsOf checks that the principal may handle secrets, that there are keys
// for them, and finds their user.
func (c *Chat) secretsOf(ctx context.Context, principal Principal, ref model.UserRef) (model.UserID, *keyset.DataKeys, error) {
	if !principal.Admin() {
		return 0, nil, model.Forbidden("secrets of users need a secret key")
	}
	keys := c.DataKeys()
	if keys == nil {
		return 0, nil, errNoDataKeys
	}
	user, err := c.Store.User(ctx, ref)
	return user.ID, keys, translate(err)
}

// secretPurpose keeps the key that seals secrets apart from others that may be
// derived from the same data key.
const secretPurpose = "user secret"

// secretPlace binds a sealed value to its user and name: moved elsewhere it does
// not open. No name holds a slash.
func secretPlace(user model.UserID, name string) []byte { return []byte(user.String() + "/" + name) }

// SetSecret stores a JSON value for a user under a name, in the place of an
// earlier one.
func (c *Chat) SetSecret(ctx context.Context, principal Principal, ref model.UserRef, name string, value json.RawMessage) error {
	user, keys, err := c.secretsOf(ctx, principal, ref)
	if err != nil {
		return err
	}
	if err := checkSecretName(name); err != nil {
		return err
	}
	switch {
	case len(value) == 0:
		return model.Invalid("value", "is missing: give any JSON value")
	case len(value) > MaxSecretBytes:
		return model.TooLarge("value", MaxSecretBytes)
	}
	sealed, err := keys.Seal(c.Random, secretPurpose, secretPlace(user, name), value)
	if err != nil {
		return model.ErrInternal.Because(err)
	}
	return translate(c.Store.SetSecret(ctx, user, name, sealed))
}

// Secret reads the value under a name.
func (c *Chat) Secret(ctx context.Context, principal Principal, ref model.UserRef, name string) (json.RawMessage, error) {
	user, keys, err := c.secretsOf(ctx, principal, ref)
	if err != nil {
		return nil, err
	}
	sealed, err := c.Store.Secret(ctx, user, name)
	if err != nil {
		return nil, translate(err)
	}
	value, err := keys.Open(secretPurpose, secretPlace(user, name), sealed)
	if err != nil {
		return nil, model.ErrInternal.Because(err)
	}
	return value, nil
}

// SecretNames lists the names under which a user has secrets.
func (c *Chat) SecretNames(ctx context.Context, principal Principal, ref model.UserRef) ([]string, error) {
	user, _, err := c.secretsOf(ctx, principal, ref)
	if err != nil {
		return nil, err
	}
	names, err := c.Store.SecretNames(ctx, user)
	return names, translate(err)
}

// DeleteSecret deletes the value under a name.
func (c *Chat) DeleteSecret(ctx context.Context, principal Principal, ref model.UserRef, name string) error {
	user, _, err := c.secretsOf(ctx, principal, ref)
	if err != nil {
		return err
	}
	return translate(c.Store.DeleteSecret(ctx, user, name))
}
