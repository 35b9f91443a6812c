package chat_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	. "github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/parley-chat/parley/chatserver/bus/memory"
	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/presence"
	presencememory "github.com/parley-chat/parley/chatserver/presence/memory"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/postgres"
	"github.com/parley-chat/parley/test/services"
)

func TestMain(m *testing.M) { services.Main(m) }

// rowsBench is a Chat over PostgreSQL whose written rows can be counted.
type rowsBench struct {
	*WithT
	ctx   context.Context
	store *postgres.Store
	chat  *chat.Chat
	tap   *pgx.Conn
}

func newRowsBench(t *testing.T) *rowsBench {
	t.Helper()
	g := NewWithT(t)
	database := services.Postgres(t)
	opened, err := postgres.Open(t.Context(), postgres.Options{
		DSN:    func(context.Context) (string, error) { return database, nil },
		Schema: "parley", Project: "p", Logger: slog.New(slog.DiscardHandler),
	})
	g.Expect(err).NotTo(HaveOccurred())
	tap, err := pgx.Connect(t.Context(), database)
	g.Expect(err).NotTo(HaveOccurred())
	routing := memory.New(noReceiver{})
	b := &rowsBench{WithT: g, ctx: t.Context(), store: opened, tap: tap}
	b.chat = chat.New(chat.Dependencies{
		Store: opened, Bus: routing, Local: &delivered{}, Random: rand.Reader, Now: time.Now,
		Limits: config.DefaultLimits(), Rates: unlimited{},
		Metrics: chat.NewMetrics(prometheus.NewRegistry()), Logger: slog.New(slog.DiscardHandler),
	})
	network := presencememory.NewNetwork(presencememory.Options{})
	g.Expect(b.chat.StartPresence(func(announcer presence.Announcer) (presence.Registry, error) {
		return network.Join(announcer), nil
	})).To(Succeed())
	t.Cleanup(func() {
		b.chat.Close()
		g.Expect(routing.Close()).To(Succeed())
		g.Expect(tap.Close(context.WithoutCancel(t.Context()))).To(Succeed())
		g.Expect(opened.Close()).To(Succeed())
	})
	return b
}

// group makes a group of so many users and returns two of its members.
func (b *rowsBench) group(members int) (room model.ConversationID, first, second chat.Principal) {
	rows, err := b.tap.Query(b.ctx, `
		INSERT INTO parley.users (display_name, email, avatar, properties, guest, created_at, updated_at)
		SELECT '', '', '', '{}', false, now(), now() FROM generate_series(1, $1)
		RETURNING id`, members)
	b.Expect(err).NotTo(HaveOccurred())
	ids, err := pgx.CollectRows(rows, pgx.RowTo[model.UserID])
	b.Expect(err).NotTo(HaveOccurred())
	conversation := store.NewConversation{Type: model.Group, Properties: []byte("{}"), CreatedBy: ids[0]}
	for _, id := range ids {
		conversation.Members = append(conversation.Members, store.NewMember{User: id, Role: model.RoleMember})
	}
	made, err := b.store.CreateConversation(b.ctx, conversation)
	b.Expect(err).NotTo(HaveOccurred())
	return made.Conversation.ID, chat.Principal{User: ids[0]}, chat.Principal{User: ids[members-1]}
}

// written counts the rows that work inserted or changed, in all tables.
func (b *rowsBench) written(work func() error) int {
	var before int64
	b.Expect(b.tap.QueryRow(b.ctx, "SELECT pg_current_xact_id()::text::bigint").Scan(&before)).To(Succeed())
	b.Expect(work()).To(Succeed())
	rows, err := b.tap.Query(b.ctx, "SELECT tablename FROM pg_tables WHERE schemaname = 'parley'")
	b.Expect(err).NotTo(HaveOccurred())
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	b.Expect(err).NotTo(HaveOccurred())
	b.Expect(len(tables)).To(BeNumerically(">", 10))
	total := 0
	for _, table := range tables {
		var count int
		statement := fmt.Sprintf("SELECT count(*) FROM %s WHERE xmin::text::bigint > $1", pgx.Identifier{"parley", table}.Sanitize())
		b.Expect(b.tap.QueryRow(b.ctx, statement, before).Scan(&count)).To(Succeed())
		total += count
	}
	return total
}

// TestWhatOneUserDoesWritesAsManyRowsAmongTenAsAmongTenThousand is the promise
// that large conversations rest on.
func TestWhatOneUserDoesWritesAsManyRowsAmongTenAsAmongTenThousand(t *testing.T) {
	b := newRowsBench(t)
	type counts map[string]int
	in := func(members int) counts {
		room, sender, reader := b.group(members)
		ref := model.ConversationRef{ID: room}
		send := func() error {
			_, err := b.chat.Send(b.ctx, sender, chat.SendMessage{Conversation: ref, Content: []byte(`"hi"`)})
			return err
		}
		own := func(_ model.OwnState, err error) error { return err }
		// The first of each may be different from the later ones.
		b.Expect(send()).To(Succeed())
		return counts{
			"send":   b.written(send),
			"read":   b.written(func() error { return own(b.chat.MarkRead(b.ctx, reader, ref, chat.Mark{})) }),
			"unread": b.written(func() error { return own(b.chat.MarkUnread(b.ctx, reader, ref, chat.Mark{Seq: new(int64(1))})) }),
			"mute":   b.written(func() error { return own(b.chat.SetMuted(b.ctx, reader, ref, true)) }),
			"clear":  b.written(func() error { return own(b.chat.ClearHistory(b.ctx, reader, ref, nil)) }),
			"typing": b.written(func() error {
				return b.chat.Typing(b.ctx, sender, chat.Typing{Conversation: ref, Active: true})
			}),
			"count": b.written(func() error {
				_, err := b.chat.Unread(b.ctx, reader, ref)
				return err
			}),
		}
	}
	small, large := in(10), in(10_000)
	b.Expect(large).To(Equal(small))
	for name, rows := range small {
		if name == "count" || name == "typing" {
			b.Expect(rows).To(BeZero(), name)
			continue
		}
		b.Expect(rows).To(SatisfyAll(BeNumerically(">", 0), BeNumerically("<=", 5)), name)
	}
}

func TestADeliveryWritesNothingInAConversationAboveTheLimit(t *testing.T) {
	b := newRowsBench(t)
	for members, wanted := range map[int]OmegaMatcher{
		config.DefaultLimits().ReceiptMembers:     BeNumerically(">", 0),
		config.DefaultLimits().ReceiptMembers + 1: BeZero(),
	} {
		room, sender, reader := b.group(members)
		ref := model.ConversationRef{ID: room}
		_, err := b.chat.Send(b.ctx, sender, chat.SendMessage{Conversation: ref, Content: []byte(`"hi"`)})
		b.Expect(err).NotTo(HaveOccurred())
		b.Expect(b.written(func() error {
			_, err := b.chat.MarkDelivered(b.ctx, reader, ref, chat.Mark{})
			return err
		})).To(wanted, "%d members", members)
	}
}
