//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"

	chatclient "github.com/parley-chat/parley/test/client"
	"github.com/parley-chat/parley/test/history"
)

// settleGuard ends the wait for what was sent to be acked and heard.
const settleGuard = 30 * time.Second

// stream is one conversation in which everybody talks, each a participant from
// another place. What they see is held to what delivery promises.
type stream struct {
	*WithT
	ctx          context.Context
	caller       chatclient.Caller
	conversation int64
	recorder     *history.Recorder
	participants []*chatclient.Participant
	stop         context.CancelFunc
	running      errgroup.Group
}

// newStream makes the conversation and connects everybody; where says where each
// of them connects.
func newStream(ctx context.Context, t *testing.T, caller chatclient.Caller, names []string, where ...func(context.Context) (string, error)) *stream {
	g := NewWithT(t)
	conversation, err := caller.Conversation(ctx, names...)
	g.Expect(err).NotTo(HaveOccurred())
	s := &stream{WithT: g, caller: caller.As(names[0]), conversation: conversation, recorder: history.NewRecorder()}
	s.ctx, s.stop = context.WithCancel(ctx)
	t.Cleanup(s.stop)
	for i, name := range names {
		user, err := caller.EnsureUser(ctx, name)
		g.Expect(err).NotTo(HaveOccurred())
		participant := chatclient.NewParticipant(chatclient.ParticipantOptions{
			Name: name, User: user, Caller: caller, Recorder: s.recorder, Where: where[i],
		})
		s.running.Go(func() error { return participant.Run(s.ctx) })
		s.participants = append(s.participants, participant)
		g.Eventually(ctx, participant.Ready()).WithTimeout(settleGuard).Should(BeClosed())
	}
	return s
}

// say has one participant send its message of the given number.
func (s *stream) say(participant, number int) {
	s.participants[participant].Send(s.conversation, fmt.Sprintf("%d-%d", participant, number), fmt.Sprintf(`{"text":"message %d"}`, number))
}

// finish waits until everything that was sent is acked and heard by everybody,
// ends the participants and checks the history.
func (s *stream) finish() {
	stored := s.settled()
	s.stop()
	s.Expect(s.running.Wait()).To(Succeed())
	s.Expect(s.recorder.Check(stored)).To(BeEmpty())
}

func (s *stream) settled() (stored history.Stored) {
	for i, participant := range s.participants {
		s.Eventually(s.ctx, participant.Pending).WithTimeout(settleGuard).Should(BeZero(), "participant %d has everything acked", i)
	}
	stored, err := s.caller.Stored(s.ctx, s.conversation)
	s.Expect(err).NotTo(HaveOccurred())
	for i, participant := range s.participants {
		s.Eventually(s.ctx, func() int64 { return participant.Rev(s.conversation) }).WithTimeout(settleGuard).
			Should(BeNumerically(">=", stored.Rev), "participant %d has heard everything", i)
	}
	return stored
}

// at is one place for good.
func at(url string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return url, nil }
}
