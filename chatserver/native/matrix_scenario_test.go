package native_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/test/pod"
)

// matrixPrincipals are the columns of the permission matrix, in the order of the
// letters of a row.
var matrixPrincipals = []matrixPrincipal{
	{name: "secret key", credential: secretAlone},
	{name: "secret key for a member", credential: secretForUser, member: model.RoleMember},
	{name: "public key", credential: publicAlone},
	{name: "superadmin", role: model.UserSuperadmin},
	{name: "admin", role: model.UserAdmin},
	{name: "moderator", role: model.UserModerator},
	{name: "staff", role: model.UserStaff},
	{name: "owner", member: model.RoleOwner},
	{name: "admin of the conversation", member: model.RoleAdmin},
	{name: "moderator of the conversation", member: model.RoleModerator},
	{name: "member", member: model.RoleMember},
	{name: "guest of the conversation", member: model.RoleGuest},
	{name: "member who may not receive", member: model.RoleMember, deaf: true},
	{name: "member who may not send", member: model.RoleMember, mute: true},
	{name: "stranger"},
	{name: "banned", banned: true},
	{name: "member whom the target blocks", member: model.RoleMember, blocked: true},
	{name: "suspended", member: model.RoleMember, suspended: true},
	{name: "user of another project", credential: otherProject, member: model.RoleMember},
	{name: "nobody", credential: noCredential},
}

type matrixCredential int

const (
	userToken matrixCredential = iota
	secretAlone
	secretForUser
	publicAlone
	otherProject
	noCredential
)

// matrixPrincipal is one kind of caller.
type matrixPrincipal struct {
	name                                   string
	credential                             matrixCredential
	role                                   model.UserRole
	member                                 model.MemberRole // in the conversation; empty for one who is no member
	banned, blocked, suspended, deaf, mute bool
}

// matrixScenario is what one cell of the matrix happens in: a conversation of its
// own with a message of its target and one of the caller.
type matrixScenario struct {
	t             *testing.T
	project       *pod.Project
	pod           *pod.Pod
	principal     matrixPrincipal
	actor, target model.User
	stranger      model.User
	chief         model.User // an administrator of the project
	room          model.Conversation
	theirs, mine  model.Message
	invite        model.Invite // of the actor
	header        http.Header
}

// matrixWorld is what all cells share.
type matrixWorld struct {
	project, other *pod.Project
	pod            *pod.Pod
	filler         model.User // the owner of every conversation
	stranger       model.User // a member of none
	chief          model.User
	count          int
}

func newMatrixWorld(t *testing.T, options pod.Options) *matrixWorld {
	t.Helper()
	project := pod.New(t, options)
	world := &matrixWorld{project: project, other: pod.New(t, pod.Options{}), pod: project.Start(t), filler: project.User(t, "filler")}
	world.stranger = world.user(t, "stranger", model.UserPlain)
	world.chief = world.user(t, "chief", model.UserAdmin)
	return world
}

func (w *matrixWorld) scenario(t *testing.T, principal matrixPrincipal, kind model.ConversationType) *matrixScenario {
	t.Helper()
	w.count++
	s := &matrixScenario{t: t, project: w.project, pod: w.pod, principal: principal, stranger: w.stranger, chief: w.chief}
	s.target = w.user(t, "target", model.UserPlain)
	s.actor = w.user(t, "actor", principal.role)
	members := []store.NewMember{{User: w.filler.ID, Role: model.RoleOwner}, {User: s.target.ID, Role: model.RoleMember}}
	if principal.member != "" {
		members = append(members, store.NewMember{User: s.actor.ID, Role: principal.member})
	}
	if kind == model.Direct {
		members[0].Role = model.RoleMember
	}
	if kind == model.Open {
		members = nil
	}
	made, err := w.project.Store.CreateConversation(t.Context(), store.NewConversation{
		Type: kind, Properties: []byte("{}"), CreatedBy: w.filler.ID, Members: members, Ephemeral: kind == model.Open,
	})
	expectNone(t, err)
	s.room = made.Conversation
	if kind != model.Open {
		s.theirs = s.write(s.target)
		if principal.member != "" {
			s.mine = s.write(s.actor)
		}
	}
	s.prepare()
	s.header = w.credentials(t, s)
	return s
}

func expectNone(t *testing.T, err error) {
	t.Helper()
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
}

func (w *matrixWorld) user(t *testing.T, name string, role model.UserRole) model.User {
	t.Helper()
	user, err := w.project.Store.CreateUser(t.Context(), store.NewUser{
		Username: fmt.Sprintf("%s-%d", name, w.count), Properties: []byte("{}"), Role: role,
	})
	expectNone(t, err)
	return user
}

// write stores a message of the user.
func (s *matrixScenario) write(user model.User) model.Message {
	s.t.Helper()
	outcomes, err := s.project.Store.Append(s.t.Context(), []store.NewMessage{{
		Conversation: s.room.ID, Sender: user.ID, ClientID: "first", Type: model.TextMessage,
		Content: []byte(`"words"`), Properties: []byte("{}"),
	}})
	expectNone(s.t, err)
	expectNone(s.t, outcomes[0].Err)
	return outcomes[0].Message
}

// prepare gives the caller what its kind stands for.
func (s *matrixScenario) prepare() {
	s.t.Helper()
	ctx, p := s.t.Context(), s.principal
	expectNone(s.t, s.project.Store.ChangeConversation(ctx, s.room.ID, func(change store.Change) error {
		if p.banned {
			return change.SaveBan(ctx, model.Ban{User: s.actor.ID, CreatedAt: change.Now()})
		}
		if kind := change.Conversation().Type; kind == model.Open || kind == model.Direct && p.member == "" {
			return nil
		}
		if p.deaf || p.mute {
			member, err := change.Member(ctx, s.actor.ID)
			if err != nil {
				return err
			}
			member.Permissions = model.Permissions{model.MessageReceive: !p.deaf, model.MessageSend: !p.mute}
			member.Rev = change.Next()
			_, err = change.SaveMember(ctx, member)
			return err
		}
		var err error
		if p.member == "" {
			s.invite, err = change.SaveInvite(ctx, model.Invite{
				Conversation: s.room.ID, User: s.actor.ID, Role: model.RoleMember, Status: model.InvitePending,
			})
		}
		return err
	}))
	if p.blocked {
		_, _, err := s.project.Store.SaveBlock(ctx, s.target.ID, s.actor.ID)
		expectNone(s.t, err)
	}
	if p.suspended {
		_, err := s.project.Store.UpdateUser(ctx, s.actor.ID, func(user *model.User) error {
			user.AccountStatus = model.AccountSuspended
			return nil
		})
		expectNone(s.t, err)
	}
}

func (w *matrixWorld) credentials(t *testing.T, s *matrixScenario) http.Header {
	t.Helper()
	switch s.principal.credential {
	case secretAlone:
		return key(w.project.SecretKey)
	case secretForUser:
		return onBehalf(w.project.SecretKey, s.actor.ID.String())
	case publicAlone:
		return key(w.project.PublicKey)
	case otherProject:
		return pod.Bearer(w.other.Token(t, s.actor))
	case noCredential:
		return http.Header{}
	}
	return pod.Bearer(w.project.Token(t, s.actor))
}

// later is a time to come.
func later() string { return time.Now().Add(time.Hour).UTC().Format(time.RFC3339) }
