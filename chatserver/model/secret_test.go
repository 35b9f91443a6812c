package model_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
)

const secretValue = "sk_value_that_nobody_sees"

// expectHidden fails when the value, or its hexadecimal form, stands in the text.
func expectHidden(t *testing.T, text string) {
	t.Helper()
	g := NewWithT(t)
	g.Expect(text).NotTo(ContainSubstring(secretValue))
	g.Expect(strings.ToLower(text)).NotTo(ContainSubstring(hex.EncodeToString([]byte(secretValue))))
	g.Expect(strings.ToLower(text)).NotTo(ContainSubstring(fmt.Sprintf("% x", secretValue)))
	//nolint:staticcheck // the decimal bytes are meant: a wrong verb would print them
	g.Expect(text).NotTo(ContainSubstring(fmt.Sprint([]byte(secretValue))))
}

func TestRevealIsTheOneWayToTheValueOfASecret(t *testing.T) {
	NewWithT(t).Expect(model.Secret(secretValue).Reveal()).To(Equal(secretValue))
}

// Every verb counts, wrong ones too: fmt prints the operand of a wrong verb as
// it is. The one that no type can answer is %p, which go vet refuses.
func TestASecretIsHiddenFromEveryVerbOfFmt(t *testing.T) {
	secret := model.Secret(secretValue)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%#q", "%x", "%X", "% x", "%#x", "%d", "%t", "%c", "%U", "%e", "%o", "%b", "%80s", "%.3s", "%-5q", "%z"} {
		t.Run(verb, func(t *testing.T) {
			expectHidden(t, fmt.Sprintf(verb, secret))
			expectHidden(t, fmt.Sprintf(verb, []model.Secret{secret}))
			expectHidden(t, fmt.Sprintf(verb, map[string]model.Secret{"a": secret}))
			expectHidden(t, fmt.Sprintf(verb, struct{ Key model.Secret }{secret}))
			expectHidden(t, fmt.Sprintf(verb, &struct{ Key model.Secret }{secret}))
		})
	}
}

func TestASecretPrintsAsThreeStars(t *testing.T) {
	g := NewWithT(t)
	secret := model.Secret(secretValue)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		g.Expect(fmt.Sprintf(verb, secret)).To(Equal("***"), "with verb "+verb[1:])
	}
	g.Expect(fmt.Sprint(secret)).To(Equal("***"))
	g.Expect(secret.String()).To(Equal("***"))
	g.Expect(secret.GoString()).To(Equal("***"))
}

func TestASecretIsHiddenFromErrors(t *testing.T) {
	expectHidden(t, fmt.Errorf("connect with %s: %w", model.Secret(secretValue), errors.New("refused")).Error())
}

func TestASecretIsHiddenFromJSON(t *testing.T) {
	g := NewWithT(t)
	secret := model.Secret(secretValue)
	encoded, err := json.Marshal(map[string]any{"key": secret, "list": []model.Secret{secret}})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(encoded)).To(Equal(`{"key":"***","list":["***"]}`))
}

func TestASecretIsHiddenFromLogs(t *testing.T) {
	secret := model.Secret(secretValue)
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"text": func(to *bytes.Buffer) slog.Handler { return slog.NewTextHandler(to, nil) },
		"json": func(to *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(to, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			var logged bytes.Buffer
			logger := slog.New(handler(&logged)).With("with", secret)
			logger.Info("a message", "key", secret, "list", []model.Secret{secret}, "pointer", &secret,
				"holder", struct{ Key model.Secret }{secret}, slog.Group("group", "key", secret))
			expectHidden(t, logged.String())
			NewWithT(t).Expect(logged.String()).To(ContainSubstring("***"))
		})
	}
}
