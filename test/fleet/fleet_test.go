//go:build unix

package fleet_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/test/client"
	"github.com/parley-chat/parley/test/fleet"
	"github.com/parley-chat/parley/test/history"
	"github.com/parley-chat/parley/test/services"
)

func TestMain(m *testing.M) { services.Main(m) }

// hangGuard ends a test that waits in vain.
const hangGuard = 30 * time.Second

func TestParticipantsOnTwoPodsHearEachOtherAndGoOnWhenOneDrains(t *testing.T) {
	g := NewWithT(t)
	ctx, cancel := context.WithCancel(t.Context())
	program, err := fleet.Build(ctx, t.TempDir(), "-race")
	g.Expect(err).NotTo(HaveOccurred())
	cluster := fleet.New(t, fleet.Options{Program: program, Postgres: services.Postgres(t), Redis: []string{services.Redis(t).URL()}})
	cluster.Add()
	cluster.Add()
	caller := cluster.Caller()
	conversation, err := caller.Conversation(ctx, "ada", "grace")
	g.Expect(err).NotTo(HaveOccurred())

	recorder := history.NewRecorder()
	var running errgroup.Group
	var participants []*client.Participant
	for i, name := range []string{"ada", "grace"} {
		id, err := caller.EnsureUser(ctx, name)
		g.Expect(err).NotTo(HaveOccurred())
		where := cluster.Where(i)
		participant := client.NewParticipant(client.ParticipantOptions{
			Name: name, User: id, Caller: caller, Recorder: recorder,
			Where: func(ctx context.Context) (string, error) {
				if url, err := where(ctx); err == nil {
					return url, nil
				}
				return cluster.Where()(ctx)
			},
		})
		running.Go(func() error { return participant.Run(ctx) })
		participants = append(participants, participant)
		g.Eventually(participant.Ready()).WithTimeout(hangGuard).Should(BeClosed())
	}
	const each = 20
	for number := range each {
		for _, participant := range participants {
			participant.Send(conversation, fmt.Sprintf("%p-%d", participant, number), fmt.Sprintf(`{"text":"%d"}`, number))
		}
		if number == each/2 {
			g.Expect(cluster.Pods[1].Drain()).To(Succeed())
		}
	}
	for _, participant := range participants {
		g.Eventually(participant.Pending).WithTimeout(hangGuard).Should(BeZero())
		g.Eventually(func() int { return participant.Stats().Deliveries }).WithTimeout(hangGuard).Should(BeNumerically(">=", 2*each))
	}
	g.Expect(participants[1].Stats().Connects).To(Equal(2))
	stored, err := caller.As("ada").Stored(ctx, conversation)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(stored.Messages).To(HaveLen(2 * each))
	g.Expect(recorder.Check(stored)).To(BeEmpty())
	g.Expect(cluster.Sum(ctx, "chat_delivery_gaps_total")).To(BeZero())
	cancel()
	g.Expect(running.Wait()).To(Succeed())
}
