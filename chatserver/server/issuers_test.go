package server_test

import (
	"net/http"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/test/issuer"
	"github.com/parley-chat/parley/test/pod"
)

func TestTheConfiguredIssuersAreTrusted(t *testing.T) {
	provider := issuer.Start(t, "https://login.example.com/")
	demo := prepare(t)
	settings := provider.Settings()
	settings.CreateUsers = true
	demo.Configuration.Issuers = []config.Issuer{settings}
	r := start(t, demo)
	connect := func(token string) int {
		return r.call(http.MethodGet, r.URL+"/chat/v1/connect", "", pod.Bearer(token)).Status
	}

	token := provider.Sign(issuer.FirstKey, provider.Claims("ext-ada", time.Now()))
	r.Expect(connect(token)).To(Equal(http.StatusOK))
	socket := pod.Dial(t, r.URL, "/chat/v1/ws", pod.Bearer(token))
	r.Expect(socket.Next().Event).To(Equal("hello"))

	stranger := issuer.Start(t, "https://login.example.org/")
	r.Expect(connect(stranger.Sign(issuer.FirstKey, stranger.Claims("ext-ada", time.Now())))).To(Equal(http.StatusUnauthorized))
	r.Expect(r.stop()).To(Succeed())
	r.Expect(r.logs.String()).NotTo(ContainSubstring("eyJ"), "no part of a token is logged")
}
