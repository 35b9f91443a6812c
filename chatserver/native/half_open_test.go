package native_test

import (
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/hub"
	"github.com/parley-chat/parley/test/pod"
	"github.com/parley-chat/parley/test/proxy"
)

func TestASessionWhosePeerVanishedEndsWhilePeersThatAnswerPingsStay(t *testing.T) {
	g := NewWithT(t)
	timing := hub.DefaultTiming
	timing.Ping = 2 * time.Second
	project := pod.New(t, pod.Options{Timing: timing})
	ada, grace := project.User(t, "ada"), project.User(t, "grace")
	target := project.Start(t)
	between := proxy.New(t, strings.TrimPrefix(target.URL, "http://"), nil)
	vanishing := pod.Dial(t, "http://"+between.Addr(), "/chat/v1/ws", pod.Bearer(project.Token(t, ada)))
	staying := target.Open(t, pod.Bearer(project.Token(t, grace)))
	vanished, gone := answerPings(vanishing), answerPings(staying)
	g.Eventually(target.Hub.Sessions).Should(Equal(2))
	between.Silence()
	g.Eventually(target.Hub.Sessions).WithTimeout(20 * time.Second).Should(Equal(1))
	g.Expect(gone).NotTo(BeClosed())
	g.Expect(vanished).NotTo(BeClosed(), "the peer must not hear of it")
	vanishing.Close()
	staying.Close()
	g.Eventually(vanished).Should(BeClosed())
	g.Eventually(gone).Should(BeClosed())
}

// answerPings reads until the connection is over, which the channel tells.
func answerPings(socket *pod.Socket) <-chan struct{} {
	over := make(chan struct{})
	go func() {
		defer close(over)
		for {
			if _, err := socket.TryNext(); err != nil {
				return
			}
		}
	}()
	return over
}
