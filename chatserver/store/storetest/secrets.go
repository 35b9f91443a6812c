package storetest

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
)

var secrets = []rule{
	{"a secret is read back, stored again and deleted", secretIsReadBack},
	{"secrets are their user's own", secretsAreApart},
}

func secretIsReadBack(_ *testing.T, f *fixture) {
	person := f.user()
	sealed := []byte{0, 1, 255, '\'', '%'}
	f.Expect(f.store.SetSecret(f.ctx, person, "token", sealed)).To(Succeed())
	f.Expect(f.store.Secret(f.ctx, person, "token")).To(Equal(sealed))
	f.Expect(f.store.SetSecret(f.ctx, person, "token", []byte("again"))).To(Succeed())
	f.Expect(f.store.Secret(f.ctx, person, "token")).To(Equal([]byte("again")))
	f.Expect(f.store.SetSecret(f.ctx, person, "other", []byte("x"))).To(Succeed())
	f.Expect(f.store.SecretNames(f.ctx, person)).To(Equal([]string{"other", "token"}))

	f.Expect(f.store.DeleteSecret(f.ctx, person, "token")).To(Succeed())
	f.Expect(f.store.DeleteSecret(f.ctx, person, "token")).To(MatchError(model.ErrSecretNotFound))
	_, err := f.store.Secret(f.ctx, person, "token")
	f.Expect(err).To(MatchError(model.ErrSecretNotFound))
	f.Expect(f.store.SecretNames(f.ctx, person)).To(Equal([]string{"other"}))
}

func secretsAreApart(_ *testing.T, f *fixture) {
	people := f.users(2)
	f.Expect(f.store.SetSecret(f.ctx, people[0], "token", []byte("x"))).To(Succeed())
	_, err := f.store.Secret(f.ctx, people[1], "token")
	f.Expect(err).To(MatchError(model.ErrSecretNotFound))
	f.Expect(f.store.DeleteSecret(f.ctx, people[1], "token")).To(MatchError(model.ErrSecretNotFound))
	f.Expect(f.store.SecretNames(f.ctx, people[1])).To(BeEmpty())
	f.Expect(f.store.Secret(f.ctx, people[0], "token")).To(Equal([]byte("x")))
	f.Expect(f.store.SetSecret(f.ctx, model.FirstID+77, "token", []byte("x"))).To(MatchError(model.ErrUserNotFound))
}
