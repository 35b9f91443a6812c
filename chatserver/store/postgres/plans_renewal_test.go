package postgres

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/test/services"
)

// discards counts how often plans are dropped.
type discards struct{ count atomic.Int64 }

func (d *discards) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}
func (d *discards) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
func (d *discards) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}
func (d *discards) TraceBatchQuery(_ context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	if data.SQL == "DISCARD PLANS" {
		d.count.Add(1)
	}
}
func (d *discards) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

func TestTheAppenderPlansAgainWhenThereAreTenTimesAsManyMessages(t *testing.T) {
	g := NewWithT(t)
	seen := new(discards)
	opened := openIn(t, Options{DSN: dsn(services.Postgres(t)), Schema: "project", Project: "uid-1", tracer: seen})
	user, err := opened.CreateUser(t.Context(), store.NewUser{Username: "ada", Properties: []byte("{}")})
	g.Expect(err).NotTo(HaveOccurred())
	made, err := opened.CreateConversation(t.Context(), store.NewConversation{
		Type: model.Group, Properties: []byte("{}"), CreatedBy: user.ID,
		Members: []store.NewMember{{User: user.ID, Role: model.RoleOwner}},
	})
	g.Expect(err).NotTo(HaveOccurred())
	messages := 0
	upTo := func(total int) {
		for messages < total {
			group := make([]store.NewMessage, min(250, total-messages))
			for i := range group {
				messages++
				group[i] = store.NewMessage{
					Conversation: made.Conversation.ID, Sender: user.ID, ClientID: fmt.Sprint(messages),
					Type: model.TextMessage, Content: []byte(`"hi"`),
				}
			}
			_, err := opened.Append(t.Context(), group)
			g.Expect(err).NotTo(HaveOccurred())
		}
	}
	for _, step := range []struct {
		messages int
		renewed  int64
	}{{999, 0}, {1000, 0}, {1001, 1}, {10_000, 1}, {10_001, 2}} {
		upTo(step.messages)
		g.Expect(seen.count.Load()).To(Equal(step.renewed), "%d messages", step.messages)
	}
}
