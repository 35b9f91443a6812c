package scenario

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"

	"github.com/parley-chat/parley/cmd/chatbench/internal/load"
	"github.com/parley-chat/parley/cmd/chatbench/internal/report"
	"github.com/parley-chat/parley/cmd/chatbench/internal/seed"
)

const (
	busUsers     = 200
	busMembers   = 10 // of a conversation
	busPerSecond = 200
	asksAtOnce   = 16
)

// spreading says how sessions get to pods.
type spreading string

const (
	placed spreading = "placed" // where GET /chat/v1/connect says, of their first conversation
	random spreading = "random"
)

// bus measures how far a message travels between pods, by the number of
// conversations that a user is in.
func (b *Bench) bus() ([]report.Row, error) {
	var rows []report.Row
	for _, conversations := range []int{1, 20, 1000} {
		for _, pods := range []int{2, 4, 8} {
			for _, how := range []spreading{placed, random} {
				row, err := b.reach(conversations, pods, how)
				if err != nil {
					return rows, err
				}
				rows = append(rows, row)
			}
		}
	}
	return rows, nil
}

// travel is what the pods count of the bus, all together.
type travel struct{ published, received, unwanted float64 }

func (s *site) travel() travel {
	sum := func(name string) float64 { return s.fleet.Sum(s.scope.Context(), name) }
	return travel{sum("chat_bus_published_total"), sum("chat_bus_received_total"), sum("chat_bus_unwanted_total")}
}

// reach gives the pods that one publication reaches, the publishing one included
// where it follows the partition itself.
func (b *Bench) reach(conversations, pods int, how spreading) (report.Row, error) {
	row := report.Row{
		Scenario: "bus", Unit: "pods",
		Name: fmt.Sprintf("reached per publish: %s per user, %d pods, %s", counted(conversations, "conversation"), pods, how),
	}
	err := b.on(pods, func(s *site) error {
		graph := seed.Mixed(busUsers, conversations, busMembers)
		if err := s.fill(graph); err != nil {
			return err
		}
		urls, err := s.where(graph, how)
		if err != nil {
			return err
		}
		if err := s.open(s.sessions(urls)); err != nil {
			return err
		}
		seconds := b.options.Duration.Seconds() / 2
		before := s.travel()
		sent, used, err := s.during(row.Name, func() (load.Sent, error) {
			return s.crew.Send(load.Send{Senders: shuffled(everybody(graph)), PerSecond: busPerSecond, Seconds: seconds, Bytes: textBytes})
		})
		if err != nil {
			return err
		}
		after := s.travel()
		published := max(1, after.published-before.published)
		row.Value = (after.received - before.received) / published
		row.Offered, row.Acked = sent.Offered, sent.Acked
		row.Facts = []report.Fact{
			{Name: "publishes", Value: published},
			{Name: "items dropped undecoded per publish", Value: (after.unwanted - before.unwanted) / published},
			{Name: "Redis CPU per publish", Value: microseconds(used.redis) / published, Unit: "µs"},
			{Name: "Redis CPU per publish and pod reached", Value: microseconds(used.redis) / max(1, after.received-before.received), Unit: "µs"},
			{Name: "CPU of a pod at this rate", Value: milliseconds(used.pods.Microseconds()) / seconds / float64(pods), Unit: "ms/s"},
		}
		row.Points = []report.Point{{
			Chart: report.ReachChart, Series: fmt.Sprintf("%d, %s", conversations, how), X: float64(pods), Y: row.Value,
		}}
		return s.judge(&row)
	})
	return row, err
}

var errNoShard = errors.New("there is no pod for a shard")

// where finds the pod of every user's session.
func (s *site) where(graph seed.Graph, how spreading) ([]string, error) {
	urls := make([]string, graph.Users)
	if how == random {
		dice := rand.New(rand.NewPCG(uint64(len(s.fleet.Pods)), uint64(len(graph.Conversations))))
		for user := range urls {
			urls[user] = s.fleet.Pods[dice.IntN(len(s.fleet.Pods))].URL()
		}
		return urls, nil
	}
	first := make([]int, graph.Users)
	for conversation := len(graph.Conversations) - 1; conversation >= 0; conversation-- {
		for _, user := range graph.Conversations[conversation] {
			first[user] = conversation
		}
	}
	err := atOnce(s.scope.Context(), asksAtOnce, graph.Users, func(ctx context.Context, user int) (err error) {
		urls[user], err = s.home(ctx, seed.Username(user), seed.Conversation(first[user]))
		return err
	})
	return urls, err
}

// home asks a pod where the user's session belongs, and finds the pod of that
// shard.
func (s *site) home(ctx context.Context, user string, conversation int64) (string, error) {
	var answer struct {
		URL   string `json:"url"`
		Shard int    `json:"shard"`
	}
	query := url.Values{"conversation": {fmt.Sprint(conversation)}}
	if err := s.fleet.Caller().As(user).Get(ctx, "/chat/v1/connect?"+query.Encode(), &answer); err != nil {
		return "", fmt.Errorf("ask where to connect: %w", err)
	}
	if !strings.HasPrefix(answer.URL, fmt.Sprintf("/s/%d/", answer.Shard)) || answer.Shard >= len(s.fleet.Pods) {
		return "", fmt.Errorf("%w: %s", errNoShard, answer.URL)
	}
	return s.fleet.Pods[answer.Shard].URL(), nil
}

// shuffled mixes senders, the same way each time: a message is then to any
// conversation, not to each user's first one only.
func shuffled(senders []load.Sender) []load.Sender {
	dice := rand.New(rand.NewPCG(1, uint64(len(senders))))
	dice.Shuffle(len(senders), func(i, j int) { senders[i], senders[j] = senders[j], senders[i] })
	return senders
}
