// Package pod runs pods of one project inside a test: the real handlers over a
// real store, joined by the in-process bus or another one.
//
// What may enter: builders for tests of the chat server. What may not: checks
// (they belong to the tests) and fakes of the parts that are under test.
package pod

import (
	"crypto/rand"
	"encoding/binary"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/parley-chat/parley/chatserver/auth"
	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/bus/memory"
	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/hub"
	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/native"
	"github.com/parley-chat/parley/chatserver/presence"
	presencememory "github.com/parley-chat/parley/chatserver/presence/memory"
	"github.com/parley-chat/parley/chatserver/ratelimit"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/sqlite"
	"github.com/parley-chat/parley/chatserver/tracing"
)

// UID is the project that the pods serve.
const UID = "7d9f6c1e-test"

// Options change what a project is made of; the zero value is a good one.
type Options struct {
	Store             store.Store      // default: SQLite in a folder of the test
	Features          *config.Features // default: all on
	Timing            hub.Timing       // default: hub.DefaultTiming
	Limits            *config.Limits   // default: GenerousLimits
	Issuers           []config.Issuer  // whose user tokens count too; default: none
	NoSecrets         bool             // leaves out the data keys
	JobLease, JobPoll time.Duration    // default: those of chat
	// Bus joins a pod to the others; default: one memory network.
	Bus func(receiver bus.Receiver) bus.Bus
	// Presence joins a pod to the others; default: one memory network.
	Presence func(announcer presence.Announcer) (presence.Registry, error)
	// Now is the pods' clock; default: time.Now.
	Now func() time.Time
	// Tracer records what the pods do; default: none.
	Tracer *tracing.Tracer
}

// GenerousLimits are the default ones with rates that no test meets by accident.
func GenerousLimits() config.Limits {
	limits := config.DefaultLimits()
	for _, rate := range []*config.Rate{
		&limits.RequestsPerUser, &limits.RequestsPerProject, &limits.SendsPerUser, &limits.SendsPerProject, &limits.FailuresPerAddress,
	} {
		*rate = config.Rate{PerSecond: 1_000_000, Burst: 2_000_000}
	}
	limits.ConnectionsPerUser = 10_000
	return limits
}

// Project is what its pods share: the store, the bus and the keys.
type Project struct {
	Store     store.Store
	SecretKey string
	PublicKey string
	Keys      keyset.File
	Signing   keyset.SigningFile

	dataKeys *keyset.DataKeys
	options  Options
}

// New makes a project with one secret and one public key.
func New(tb testing.TB, options Options) *Project {
	tb.Helper()
	p := &Project{Store: options.Store, options: options, Keys: keyset.File{Project: UID}}
	if p.Store == nil {
		opened, err := sqlite.Open(tb.Context(), sqlite.Options{
			Path: filepath.Join(tb.TempDir(), "parley.db"), Project: UID, Logger: slog.New(slog.DiscardHandler),
		})
		must(tb, err)
		tb.Cleanup(func() { must(tb, opened.Close()) })
		p.Store = opened
	}
	if p.options.Features == nil {
		p.options.Features = &config.Features{GuestSessions: true, PublicUserCreation: true, PublicTokenMinting: true, UserDirectory: true, Keystrokes: true}
	}
	if p.options.Timing == (hub.Timing{}) {
		p.options.Timing = hub.DefaultTiming
	}
	if p.options.Limits == nil {
		limits := GenerousLimits()
		p.options.Limits = &limits
	}
	if p.options.Bus == nil {
		network := memory.NewNetwork()
		p.options.Bus = func(receiver bus.Receiver) bus.Bus { return network.Join(receiver) }
	}
	if p.options.Presence == nil {
		network := presencememory.NewNetwork(presencememory.Options{})
		p.options.Presence = func(announcer presence.Announcer) (presence.Registry, error) { return network.Join(announcer), nil }
	}
	if p.options.Now == nil {
		p.options.Now = time.Now
	}
	p.SecretKey = p.Mint(tb, keyset.Entry{Type: keyset.Secret})
	p.PublicKey = p.Mint(tb, keyset.Entry{Type: keyset.Public})
	signing, err := keyset.MintSigningKey(rand.Reader)
	must(tb, err)
	p.Signing = keyset.SigningFile{Project: UID, Keys: []keyset.SigningKey{signing}}
	if !options.NoSecrets {
		key, err := keyset.MintDataKey(rand.Reader)
		must(tb, err)
		encoded, err := keyset.EncodeDataKeys(keyset.DataKeysFile{Project: UID, Keys: []keyset.DataKey{key}})
		must(tb, err)
		p.dataKeys, err = keyset.LoadDataKeys(encoded, UID)
		must(tb, err)
	}
	return p
}

// Mint adds a key like the entry to the project's keys and returns its value.
// Pods that run already learn of it by Pod.UseKeys.
func (p *Project) Mint(tb testing.TB, entry keyset.Entry) string {
	tb.Helper()
	id, value, err := keyset.Mint(rand.Reader, entry.Type)
	must(tb, err)
	entry.ID, entry.Hash = id, keyset.Hash(value)
	p.Keys.Keys = append(p.Keys.Keys, entry)
	return value.Reveal()
}

// Pod is one running chat server without its process.
type Pod struct {
	URL           string
	Hub           *hub.Hub
	Chat          *chat.Chat
	Bus           bus.Bus
	Authenticator *auth.Authenticator
	Metrics       *prometheus.Registry
	project       *Project
}

// Start runs one more pod until the test ends.
func (p *Project) Start(tb testing.TB) *Pod {
	tb.Helper()
	logger := slog.New(slog.NewTextHandler(tb.Output(), nil))
	registry := prometheus.NewRegistry()
	var random [8]byte
	_, err := rand.Read(random[:])
	must(tb, err)
	number := binary.BigEndian.Uint64(random[:])
	limits := *p.options.Limits
	rates := ratelimit.NewProject(ratelimit.NewLocal(limits, time.Now), registry)
	pod := &Pod{project: p, Metrics: registry}
	pod.Hub = hub.New(hub.Options{
		Source: p.Store, Pod: number, Timing: p.options.Timing,
		Metrics: hub.NewMetrics(registry), Tracer: p.options.Tracer, Logger: logger, Now: p.options.Now,
		MaxSessionsPerUser: limits.ConnectionsPerUser, MaxSessions: limits.ConnectionsPerProject,
	})
	pod.Bus = p.options.Bus(pod.Hub)
	pod.Hub.Start(pod.Bus)
	keys, tokens := p.load(tb)
	pod.Authenticator = auth.New(p.Store, time.Now, keys, tokens)
	pod.Chat = chat.New(chat.Dependencies{
		Store: p.Store, Bus: pod.Bus, Local: pod.Hub, Tokens: pod.Authenticator,
		RefreshLifetime: 24 * time.Hour, DataKeys: func() *keyset.DataKeys { return p.dataKeys },
		JobLease: p.options.JobLease, JobPoll: p.options.JobPoll,
		ProjectName: "demo", Features: *p.options.Features, Limits: limits, Rates: rates, TokenLifetime: time.Hour, Pod: number,
		Random: rand.Reader, Now: p.options.Now, Metrics: chat.NewMetrics(registry), Tracer: p.options.Tracer, Logger: logger,
	})
	pod.Hub.TellDelivered(pod.Chat)
	must(tb, pod.Chat.StartPresence(p.options.Presence))
	pod.Hub.Listen(pod.Chat)
	issuers := auth.NewIssuers(auth.IssuersOptions{
		Issuers: p.options.Issuers, Users: pod.Chat, Now: time.Now, Metrics: auth.NewMetrics(registry), Logger: logger,
	})
	pod.Authenticator.UseIssuers(issuers)
	server := httptest.NewServer(native.Handler(native.Dependencies{
		Chat: pod.Chat, Hub: pod.Hub, Authenticator: pod.Authenticator, Failures: rates,
		Shards: 2, MaxBodyBytes: limits.BodyBytes, Random: rand.Reader, Tracer: p.options.Tracer, Logger: logger,
	}))
	pod.URL = server.URL
	tb.Cleanup(func() {
		server.Close()
		issuers.Close()
		pod.Chat.Close()
		must(tb, pod.Bus.Close())
		pod.Hub.Close()
	})
	return pod
}

func (p *Project) load(tb testing.TB) (*keyset.Set, *auth.Tokens) {
	tb.Helper()
	encoded, err := p.Keys.Encode()
	must(tb, err)
	keys, err := keyset.Load(encoded, UID)
	must(tb, err)
	encoded, err = keyset.EncodeSigning(p.Signing)
	must(tb, err)
	tokens, err := auth.LoadTokens(encoded, UID)
	must(tb, err)
	return keys, tokens
}

// UseKeys makes the pod take over the project's present keys, as the watcher of
// the keyset file does.
func (p *Pod) UseKeys(tb testing.TB) {
	tb.Helper()
	keys, tokens := p.project.load(tb)
	p.Authenticator.UseKeys(keys)
	p.Authenticator.UseTokens(tokens)
	p.Hub.CloseRevoked(p.Authenticator.Holds)
}

// User stores a user with the username.
func (p *Project) User(tb testing.TB, username string) model.User {
	tb.Helper()
	user, err := p.Store.CreateUser(tb.Context(), store.NewUser{Username: username, Properties: []byte("{}")})
	must(tb, err)
	return user
}

// Token makes a token for the user that is good for an hour.
func (p *Project) Token(tb testing.TB, user model.User) string {
	tb.Helper()
	_, tokens := p.load(tb)
	value, err := tokens.Sign(user, time.Now(), time.Now().Add(time.Hour))
	must(tb, err)
	return value.Reveal()
}

// Group stores a group of the users; the first one owns it.
func (p *Project) Group(tb testing.TB, users ...model.User) model.Conversation {
	tb.Helper()
	members := make([]store.NewMember, len(users))
	for i, user := range users {
		members[i] = store.NewMember{User: user.ID, Role: model.RoleMember}
	}
	members[0].Role = model.RoleOwner
	made, err := p.Store.CreateConversation(tb.Context(), store.NewConversation{
		Type: model.Group, Properties: []byte("{}"), CreatedBy: users[0].ID, Members: members,
	})
	must(tb, err)
	return made.Conversation
}

// Remove ends a membership in the store; no pod is told.
func (p *Project) Remove(tb testing.TB, conversation model.ConversationID, user model.User) {
	tb.Helper()
	must(tb, p.Store.ChangeConversation(tb.Context(), conversation, func(change store.Change) error {
		member, err := change.Member(tb.Context(), user.ID)
		if err != nil {
			return err
		}
		member.Rev = change.Next()
		member.LeftRev = member.Rev
		_, err = change.SaveMember(tb.Context(), member)
		return err
	}))
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
