package native_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/bus/redis"
	"github.com/parley-chat/parley/chatserver/store/postgres"
	"github.com/parley-chat/parley/test/pod"
	"github.com/parley-chat/parley/test/services"
)

// TestTwoPodsOnPostgreSQLAndRedisDeliverWhileRedisDies holds the whole path to
// its promise on the engines of a cluster: in order, nothing lost, Redis or not.
func TestTwoPodsOnPostgreSQLAndRedisDeliverWhileRedisDies(t *testing.T) {
	g := NewWithT(t)
	database, routing := services.Postgres(t), services.Redis(t)
	stored, err := postgres.Open(t.Context(), postgres.Options{
		DSN:    func(context.Context) (string, error) { return database, nil },
		Schema: "parley", Project: pod.UID, Logger: slog.New(slog.DiscardHandler),
	})
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { g.Expect(stored.Close()).To(Succeed()) })
	project := pod.New(t, pod.Options{Store: stored, Bus: func(receiver bus.Receiver) bus.Bus {
		opened, err := redis.Open(t.Context(), redis.Options{
			URLs:    func(context.Context) ([]string, error) { return []string{routing.URL()}, nil },
			Project: pod.UID, Receiver: receiver, Logger: slog.New(slog.DiscardHandler),
		})
		g.Expect(err).NotTo(HaveOccurred())
		return opened
	}})
	ada, grace := project.User(t, "ada"), project.User(t, "grace")
	conversation := project.Group(t, ada, grace)
	one, two := project.Start(t), project.Start(t)
	sender := one.Open(t, pod.Bearer(project.Token(t, ada)))
	reader := two.Open(t, pod.Bearer(project.Token(t, grace)))

	next := int64(0)
	exchange := func(count int) {
		t.Helper()
		for range count {
			next++
			sender.Send(send(next, conversation.ID, fmt.Sprint(next)))
			g.Expect(sender.Await(pod.Answer(next)).Error).To(BeNil())
			// Rev 1 is the conversation's creation.
			g.Expect(reader.Await(pod.Event("message.created")).Rev).To(Equal(next + 1))
		}
	}
	exchange(20)
	routing.Stop(t)
	exchange(2)
	routing.Start(t)
	exchange(20)
}
