package native_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	goredis "github.com/redis/go-redis/v9"

	"github.com/parley-chat/parley/chatserver/bus"
	busredis "github.com/parley-chat/parley/chatserver/bus/redis"
	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/presence"
	presenceredis "github.com/parley-chat/parley/chatserver/presence/redis"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/postgres"
	"github.com/parley-chat/parley/test/pod"
	"github.com/parley-chat/parley/test/services"
)

// movedClock is moved by tests.
type movedClock struct{ ahead atomic.Int64 }

func (c *movedClock) now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *movedClock) advance(d time.Duration) { c.ahead.Add(int64(d)) }

// livePods is ada and grace in a group, and two pods.
type livePods struct {
	*WithT
	t                  *testing.T
	clock              movedClock
	project            *pod.Project
	ada, grace, turing model.User // turing is no member
	room               model.Conversation
	one, two           *pod.Pod
	frames             int64
}

func newLivePods(t *testing.T, options pod.Options) *livePods {
	t.Helper()
	l := &livePods{WithT: NewWithT(t), t: t}
	options.Now = l.clock.now
	l.project = pod.New(t, options)
	l.ada, l.grace, l.turing = l.project.User(t, "ada"), l.project.User(t, "grace"), l.project.User(t, "turing")
	l.room = l.project.Group(t, l.ada, l.grace)
	l.one, l.two = l.project.Start(t), l.project.Start(t)
	return l
}

func (l *livePods) open(target *pod.Pod, user model.User) *pod.Socket {
	l.t.Helper()
	socket := target.Open(l.t, pod.Bearer(l.project.Token(l.t, user)))
	socket.Presence = true
	return socket
}

// rest calls as the user.
func (l *livePods) rest(user model.User) *client {
	return newClient(l.t, l.one, pod.Bearer(l.project.Token(l.t, user)))
}

// ask sends a frame and waits for its answer.
func (l *livePods) ask(socket *pod.Socket, frame map[string]any) pod.Frame {
	l.t.Helper()
	l.frames++
	frame["id"] = l.frames
	socket.Send(frame)
	return socket.Await(pod.Answer(l.frames))
}

func (l *livePods) done(socket *pod.Socket, frame map[string]any) pod.Frame {
	l.t.Helper()
	answer := l.ask(socket, frame)
	l.Expect(answer.Error).To(BeNil())
	return answer
}

func (l *livePods) refused(socket *pod.Socket, code string, frame map[string]any) {
	l.t.Helper()
	answer := l.ask(socket, frame)
	l.Expect(answer.Error).NotTo(BeNil(), "%s", answer.OK)
	l.Expect(answer.Error.Code).To(Equal(code), answer.Error.Message)
}

// lobby stores an open conversation.
func (l *livePods) lobby() model.Conversation {
	l.t.Helper()
	made, err := l.project.Store.CreateConversation(l.t.Context(), store.NewConversation{
		Type: model.Open, Ephemeral: true, Properties: []byte("{}"), CreatedBy: l.ada.ID,
	})
	l.Expect(err).NotTo(HaveOccurred())
	return made.Conversation
}

// ofUser accepts frames of an event about a user.
func ofUser(event string, user model.User) func(pod.Frame) bool {
	return func(frame pod.Frame) bool {
		return frame.Event == event && strings.Contains(string(frame.Data), `"user":"`+user.ID.String()+`"`)
	}
}

// quiet checks that none of the events came before the answer to a ping.
func (l *livePods) quiet(socket *pod.Socket, events ...string) {
	l.t.Helper()
	l.frames++
	id := l.frames
	socket.Send(map[string]any{"id": id, "op": "ping"})
	socket.Await(func(frame pod.Frame) bool {
		l.Expect(events).NotTo(ContainElement(frame.Event), string(frame.Data))
		return pod.Answer(id)(frame)
	})
}

func TestTypingIsShownOnEveryPodAndEndsByItself(t *testing.T) {
	l := newLivePods(t, pod.Options{})
	writer, reader := l.open(l.one, l.ada), l.open(l.two, l.grace)
	frame := map[string]any{"op": "typing", "conversation": l.room.ID.String(), "active": true}
	l.done(writer, frame)
	started := reader.Await(pod.Event("typing.started"))
	l.Expect(started.Conversation).To(Equal(l.room.ID.String()))
	l.Expect(string(started.Data)).To(MatchJSON(fmt.Sprintf(`{"user":%q}`, l.ada.ID)))
	l.clock.advance(5 * time.Second)
	reader.Await(pod.Event("typing.stopped"))

	frame["thread"] = "1000000000042"
	l.done(writer, frame)
	l.Expect(string(reader.Await(pod.Event("typing.started")).Data)).To(ContainSubstring(`"thread":"1000000000042"`))
	frame["active"] = false
	l.done(writer, frame)
	l.Expect(string(reader.Await(pod.Event("typing.stopped")).Data)).To(ContainSubstring(`"thread":"1000000000042"`))
}

func TestAServerSaysThatAUserTypes(t *testing.T) {
	l := newLivePods(t, pod.Options{})
	reader := l.open(l.two, l.grace)
	path := "/chat/v1/conversations/" + l.room.ID.String() + "/typing"
	server := newClient(t, l.one, onBehalf(l.project.SecretKey, "username:ada"))
	l.Expect(server.call(http.MethodPost, path, map[string]any{"active": true}).status).To(Equal(http.StatusNoContent))
	reader.Await(pod.Event("typing.started"))
	l.Expect(server.call(http.MethodPost, path, map[string]any{"active": false}).status).To(Equal(http.StatusNoContent))
	reader.Await(pod.Event("typing.stopped"))

	server.call(http.MethodPost, path, map[string]any{}).refused(http.StatusBadRequest, "invalid_request")
	server.as(key(l.project.SecretKey)).call(http.MethodPost, path, map[string]any{"active": true}).refused(http.StatusBadRequest, "invalid_request")
	l.rest(l.turing).call(http.MethodPost, path, map[string]any{"active": true}).refused(http.StatusNotFound, "conversation_not_found")
}

func TestOneWhoMayNotSendMayNotType(t *testing.T) {
	l := newLivePods(t, pod.Options{})
	writer := l.open(l.one, l.ada)
	typing := func(id model.ConversationID) map[string]any {
		return map[string]any{"op": "typing", "conversation": id.String(), "active": true}
	}
	made, err := l.project.Store.CreateConversation(t.Context(), store.NewConversation{
		Type: model.Direct, Properties: []byte("{}"), CreatedBy: l.ada.ID,
		Members: []store.NewMember{{User: l.ada.ID, Role: model.RoleMember}, {User: l.grace.ID, Role: model.RoleMember}},
	})
	l.Expect(err).NotTo(HaveOccurred())
	_, _, err = l.project.Store.SaveBlock(t.Context(), l.grace.ID, l.ada.ID)
	l.Expect(err).NotTo(HaveOccurred())
	l.refused(writer, "blocked", typing(made.Conversation.ID))

	l.Expect(l.project.Store.ChangeConversation(t.Context(), l.room.ID, func(change store.Change) error {
		member, err := change.Member(t.Context(), l.ada.ID)
		if err != nil {
			return err
		}
		member.Permissions = model.Permissions{model.MessageSend: false}
		member.Rev = change.Next()
		_, err = change.SaveMember(t.Context(), member)
		return err
	})).To(Succeed())
	l.refused(writer, "permission_denied", typing(l.room.ID))
	l.refused(writer, "conversation_not_found", typing(model.FirstID+99999))
	l.done(writer, typing(l.lobby().ID))
}

func TestKeystrokesAreShownWhereTheProjectAllowsThem(t *testing.T) {
	l := newLivePods(t, pod.Options{})
	writer, reader := l.open(l.one, l.ada), l.open(l.two, l.grace)
	frame := map[string]any{"op": "keystrokes", "conversation": l.room.ID.String(), "keys": strings.Repeat("ä", chat.MaxKeystrokes)}
	l.done(writer, frame)
	reader.Await(ofUser("typing.started", l.ada))
	l.Expect(string(reader.Await(ofUser("keystrokes", l.ada)).Data)).To(ContainSubstring(`"keys":"ää`))
	frame["keys"] = ""
	l.done(writer, frame)
	l.Expect(string(reader.Await(ofUser("keystrokes", l.ada)).Data)).To(ContainSubstring(`"keys":""`))
	frame["keys"] = strings.Repeat("ä", chat.MaxKeystrokes+1)
	l.refused(writer, "invalid_request", frame)

	off := newLivePods(t, pod.Options{Features: &config.Features{}})
	frame = map[string]any{"op": "keystrokes", "conversation": off.room.ID.String(), "keys": "I thi"}
	off.refused(off.open(off.one, off.ada), "permission_denied", frame)
}

func TestAnOpenConversationIsFollowedWhileItIsAttached(t *testing.T) {
	l := newLivePods(t, pod.Options{})
	lobby := l.lobby()
	reader, other := l.open(l.one, l.grace), l.open(l.two, l.ada)
	attach := map[string]any{"op": "attach", "conversation": lobby.ID.String()}
	l.Expect(l.done(other, attach).OK).To(MatchJSON(fmt.Sprintf(`{"conversation":%q,"rev":1,"lastSeq":0}`, lobby.ID)))
	other.Await(ofUser("session.entered", l.ada))
	l.done(reader, attach)
	other.Await(ofUser("session.entered", l.grace))
	l.done(reader, attach) // again: nothing happens
	typing := map[string]any{"op": "typing", "conversation": lobby.ID.String(), "active": true}
	l.done(other, typing)
	reader.Await(ofUser("typing.started", l.ada))
	l.quiet(other, "session.entered")

	detach := map[string]any{"op": "detach", "conversation": lobby.ID.String()}
	l.done(reader, detach)
	l.done(reader, detach)
	other.Await(ofUser("session.left", l.grace))
	l.done(other, typing) // it may have ended by itself
	typing["active"] = false
	l.done(other, typing)
	other.Await(ofUser("typing.stopped", l.ada))
	l.quiet(reader, "typing.stopped")
}

func TestAMemberThatDetachesGoesOnFollowing(t *testing.T) {
	l := newLivePods(t, pod.Options{})
	reader, writer := l.open(l.one, l.grace), l.open(l.two, l.ada)
	l.done(reader, map[string]any{"op": "attach", "conversation": l.room.ID.String()})
	writer.Await(ofUser("session.entered", l.grace))
	l.done(reader, map[string]any{"op": "detach", "conversation": l.room.ID.String()})
	writer.Await(ofUser("session.left", l.grace))
	l.done(writer, map[string]any{"op": "typing", "conversation": l.room.ID.String(), "active": true})
	reader.Await(ofUser("typing.started", l.ada))
}

func TestOneWhoMayNotReadMayNotAttach(t *testing.T) {
	l := newLivePods(t, pod.Options{})
	lobby := l.lobby()
	l.Expect(l.project.Store.ChangeConversation(t.Context(), lobby.ID, func(change store.Change) error {
		return change.SaveBan(t.Context(), model.Ban{Conversation: lobby.ID, User: l.turing.ID, BannedBy: l.ada.ID, CreatedAt: change.Now()})
	})).To(Succeed())
	socket := l.open(l.one, l.turing)
	l.refused(socket, "banned", map[string]any{"op": "attach", "conversation": lobby.ID.String()})
	l.refused(socket, "conversation_not_found", map[string]any{"op": "attach", "conversation": l.room.ID.String()})
	l.refused(socket, "conversation_not_found", map[string]any{"op": "detach", "conversation": "external:nothing"})
	l.rest(l.turing).call(http.MethodGet, "/chat/v1/conversations/"+lobby.ID.String()+"/presence", nil).refused(http.StatusForbidden, "banned")
}

func TestASessionHasABoundedNumberOfConversationsOpen(t *testing.T) {
	l := newLivePods(t, pod.Options{})
	socket := l.open(l.one, l.ada)
	for range chat.MaxAttached {
		l.done(socket, map[string]any{"op": "attach", "conversation": l.lobby().ID.String()})
	}
	next := map[string]any{"op": "attach", "conversation": l.room.ID.String()}
	l.refused(socket, "too_many_attached", next)
}

func TestAReconnectIsSilentAndADepartureIsToldAfterTheGrace(t *testing.T) {
	l := newLivePods(t, pod.Options{})
	reader := l.open(l.two, l.grace)
	attach := map[string]any{"op": "attach", "conversation": l.room.ID.String()}
	first := l.open(l.one, l.ada)
	l.done(first, attach)
	l.Expect(string(reader.Await(ofUser("presence.changed", l.ada)).Data)).To(ContainSubstring(`"online"`))
	reader.Await(ofUser("session.entered", l.ada))

	first.Close()
	again := l.open(l.two, l.ada)
	l.done(again, attach)
	l.clock.advance(chat.DisconnectGrace)
	l.status(l.ada, presence.Online)
	l.quiet(reader, "presence.changed", "session.left", "session.entered")

	again.Close()
	l.Eventually(l.two.Hub.Sessions, "20s").Should(Equal(1))
	l.clock.advance(chat.DisconnectGrace)
	reader.Await(ofUser("session.left", l.ada))
	l.Expect(string(reader.Await(ofUser("presence.changed", l.ada)).Data)).To(ContainSubstring(`"offline"`))
}

// status waits until grace is shown the status of a user.
func (l *livePods) status(user model.User, wanted presence.Status) {
	l.t.Helper()
	l.Eventually(func() any {
		return l.rest(l.grace).call(http.MethodGet, "/chat/v1/users/"+user.ID.String()+"/presence", nil).expect(http.StatusOK)["status"]
	}, "20s").Should(BeEquivalentTo(wanted))
}

func TestWhoIsInvisibleIsSeenByNobodyElse(t *testing.T) {
	l := newLivePods(t, pod.Options{})
	reader := l.open(l.two, l.grace)
	one, two := l.open(l.one, l.ada), l.open(l.two, l.ada)
	l.done(one, map[string]any{"op": "attach", "conversation": l.room.ID.String()})
	l.done(two, map[string]any{"op": "attach", "conversation": l.room.ID.String()})
	reader.Await(ofUser("session.entered", l.ada))

	answer := l.done(one, map[string]any{"op": "presence", "status": "invisible"})
	l.Expect(answer.OK).To(MatchJSON(fmt.Sprintf(`{"user":%q,"status":"invisible","chosen":"invisible"}`, l.ada.ID)))
	two.Await(ofUser("presence.own", l.ada))
	// The two come from two pods, in either order.
	seen := map[string]bool{}
	reader.Await(func(frame pod.Frame) bool {
		seen[frame.Event] = true
		return seen["session.left"] && seen["presence.changed"]
	})
	l.status(l.ada, presence.Offline)
	path := "/chat/v1/conversations/" + l.room.ID.String() + "/presence"
	l.Expect(l.rest(l.grace).call(http.MethodGet, path, nil).expect(http.StatusOK)).To(HaveKeyWithValue("count", BeEquivalentTo(0)))
	l.Expect(l.rest(l.ada).call(http.MethodGet, "/chat/v1/users/me/presence", nil).expect(http.StatusOK)).To(HaveKeyWithValue("status", "invisible"))

	l.done(two, map[string]any{"op": "presence", "status": "dnd"})
	reader.Await(ofUser("session.entered", l.ada))
	l.status(l.ada, presence.DoNotDisturb)
	present := l.rest(l.grace).call(http.MethodGet, path, nil).expect(http.StatusOK)
	l.Expect(present).To(HaveKeyWithValue("count", BeEquivalentTo(1)))
	l.Expect(present["online"]).To(HaveLen(2))
	l.refused(one, "invalid_request", map[string]any{"op": "presence", "status": "offline"})
}

func TestPresenceOverREST(t *testing.T) {
	l := newLivePods(t, pod.Options{})
	ada := l.rest(l.ada)
	put := func(as *client, user string, status string) response {
		return as.call(http.MethodPut, "/chat/v1/users/"+user+"/presence", map[string]any{"status": status})
	}
	l.Expect(put(ada, "me", "away").expect(http.StatusOK)).To(Equal(map[string]any{"user": l.ada.ID.String(), "status": "offline", "chosen": "away"}))
	put(ada, l.grace.ID.String(), "away").refused(http.StatusForbidden, "permission_denied")
	put(ada, "me", "offline").refused(http.StatusBadRequest, "invalid_request")
	put(ada.as(key(l.project.SecretKey)), "username:grace", "dnd").expect(http.StatusOK)
	put(ada.as(key(l.project.SecretKey)), "username:nobody", "dnd").refused(http.StatusNotFound, "user_not_found")
	put(ada.as(key(l.project.PublicKey)), "username:grace", "dnd").refused(http.StatusForbidden, "permission_denied")

	l.open(l.two, l.grace)
	list := func(users ...string) response {
		return ada.call(http.MethodGet, "/chat/v1/presence?user="+strings.Join(users, ","), nil)
	}
	l.Expect(list("username:grace", l.turing.ID.String()).expect(http.StatusOK)["items"]).To(Equal([]any{
		map[string]any{"user": l.grace.ID.String(), "status": "dnd"}, map[string]any{"user": l.turing.ID.String(), "status": "offline"},
	}))
	list("username:nobody").refused(http.StatusNotFound, "user_not_found")
	many := make([]string, chat.MaxPresences)
	for i := range many {
		many[i] = l.grace.ID.String()
	}
	l.Expect(list(many...).expect(http.StatusOK)["items"]).To(HaveLen(chat.MaxPresences))
	list(append(many, "username:ada")...).refused(http.StatusBadRequest, "invalid_request")
	ada.call(http.MethodGet, "/chat/v1/presence?user=,", nil).refused(http.StatusBadRequest, "invalid_request")

	_, _, err := l.project.Store.SaveBlock(t.Context(), l.grace.ID, l.ada.ID)
	l.Expect(err).NotTo(HaveOccurred())
	l.Expect(list("username:grace").expect(http.StatusOK)["items"]).To(ConsistOf(HaveKeyWithValue("status", "offline")))
}

func TestALargeConversationGetsSummariesOnly(t *testing.T) {
	l := newLivePods(t, pod.Options{})
	members := []model.User{l.ada, l.grace}
	for i := range presence.MaxAnnounced - 1 {
		members = append(members, l.project.User(t, fmt.Sprintf("member-%d", i)))
	}
	large := l.project.Group(t, members...)
	reader := l.open(l.two, l.grace)
	writer := l.open(l.one, l.ada)
	l.done(writer, map[string]any{"op": "attach", "conversation": large.ID.String()})
	ofLarge := func(frame pod.Frame) bool { return frame.Conversation == large.ID.String() }
	summary := reader.Await(ofLarge)
	l.Expect(summary.Event).To(Equal("presence.summary"))
	l.Expect(string(summary.Data)).To(MatchJSON(fmt.Sprintf(`{"online":1,"sample":[{"user":%q,"status":"online"}]}`, l.ada.ID)))
	l.done(writer, map[string]any{"op": "presence", "status": "away"})
	reader.Await(ofUser("presence.changed", l.ada)) // in the small group
	l.Expect(string(reader.Await(ofLarge).Data)).To(ContainSubstring(`"away"`))
	l.Expect(l.rest(l.grace).call(http.MethodGet, "/chat/v1/conversations/"+large.ID.String()+"/presence", nil).expect(http.StatusOK)).NotTo(HaveKey("online"))
}

func TestATokenIsReplacedWhileTheSessionLives(t *testing.T) {
	l := newLivePods(t, pod.Options{})
	short, err := l.one.Authenticator.Sign(l.ada, time.Now(), time.Now().Add(time.Minute))
	l.Expect(err).NotTo(HaveOccurred())
	socket, careless := l.one.Open(t, pod.Bearer(short.Reveal())), l.one.Open(t, pod.Bearer(short.Reveal()))
	answer := l.done(socket, map[string]any{"op": "auth", "token": l.project.Token(t, l.ada)})
	l.Expect(string(answer.OK)).To(ContainSubstring(`"expiresAt":"2`))
	l.refused(socket, "permission_denied", map[string]any{"op": "auth", "token": l.project.Token(t, l.grace)})
	l.refused(socket, "invalid_token", map[string]any{"op": "auth", "token": "a.b.c"})
	l.refused(socket, "invalid_request", map[string]any{"op": "auth"})

	l.clock.advance(2 * time.Minute)
	l.Expect(closeCode(t, careless)).To(Equal(4001))
	l.quiet(socket)
	l.clock.advance(time.Hour)
	l.Expect(closeCode(t, socket)).To(Equal(4001))
}

// TestPresenceAndTypingOnPostgreSQLAndRedis holds the main flow to the engines
// of a cluster.
func TestPresenceAndTypingOnPostgreSQLAndRedis(t *testing.T) {
	g := NewWithT(t)
	database, routing := services.Postgres(t), services.Redis(t)
	stored, err := postgres.Open(t.Context(), postgres.Options{
		DSN:    func(context.Context) (string, error) { return database, nil },
		Schema: "parley", Project: pod.UID, Logger: slog.New(slog.DiscardHandler),
	})
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { g.Expect(stored.Close()).To(Succeed()) })
	settings, err := goredis.ParseURL(routing.URL())
	g.Expect(err).NotTo(HaveOccurred())
	settings.ContextTimeoutEnabled = true
	client := goredis.NewClient(settings)
	t.Cleanup(func() { g.Expect(client.Close()).To(Succeed()) })
	number := uint64(0)
	l := newLivePods(t, pod.Options{
		Store: stored,
		Bus: func(receiver bus.Receiver) bus.Bus {
			opened, err := busredis.Open(t.Context(), busredis.Options{
				URLs:    func(context.Context) ([]string, error) { return []string{routing.URL()}, nil },
				Project: pod.UID, Receiver: receiver, Logger: slog.New(slog.DiscardHandler),
			})
			g.Expect(err).NotTo(HaveOccurred())
			return opened
		},
		Presence: func(announcer presence.Announcer) (presence.Registry, error) {
			number++
			return presenceredis.Open(t.Context(), presenceredis.Options{
				Client: client, Project: pod.UID, Pod: number, Announcer: announcer,
			})
		},
	})
	reader := l.open(l.two, l.grace)
	writer := l.open(l.one, l.ada)
	l.Expect(string(reader.Await(ofUser("presence.changed", l.ada)).Data)).To(ContainSubstring(`"online"`))
	l.done(writer, map[string]any{"op": "attach", "conversation": l.room.ID.String()})
	reader.Await(ofUser("session.entered", l.ada))
	l.done(writer, map[string]any{"op": "typing", "conversation": l.room.ID.String(), "active": true})
	reader.Await(ofUser("typing.started", l.ada))
	writer.Close()
	l.Eventually(l.one.Hub.Sessions, "20s").Should(BeZero())
	l.clock.advance(chat.DisconnectGrace)
	seen := map[string]bool{} // in any order
	reader.Await(func(frame pod.Frame) bool {
		seen[frame.Event] = strings.Contains(string(frame.Data), l.ada.ID.String())
		return seen["typing.stopped"] && seen["session.left"] && seen["presence.changed"]
	})
	l.status(l.ada, presence.Offline)
}
