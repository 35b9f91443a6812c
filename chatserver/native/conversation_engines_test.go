package native_test

import (
	"fmt"
	"testing"

	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/test/pod"
)

// onEachEngine runs a test on SQLite and on PostgreSQL.
func onEachEngine(t *testing.T, test func(t *testing.T, options pod.Options)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { test(t, pod.Options{}) })
	t.Run("PostgreSQL", func(t *testing.T) { test(t, onPostgreSQL(t)) })
}

func TestAConversationLivesFromItsCreationToItsEnd(t *testing.T) {
	onEachEngine(t, func(t *testing.T, options pod.Options) {
		g := NewWithT(t)
		c := newCast(t, options)
		ada, grace, alan := c.user("ada"), c.user("grace"), c.user("alan")
		reader := grace.socket()
		room := ada.create(map[string]any{
			"type": "public", "name": "Plans", "externalId": "plans", "properties": map[string]any{"a": 1},
			"members": with(namedAs("grace", "moderator")), "message": map[string]any{"content": "hi"},
		})
		alan.call("POST", room+"/join", nil).expect(201)
		ada.call("PATCH", room, `{"name":"Holidays","properties":{"a":null}}`).expect(200)
		ada.call("PATCH", room+"/members/username:alan", `{"permissions":{"message.send":false}}`).expect(200)
		grace.call("PUT", room+"/bans/username:alan", `{"reason":"spam"}`).expect(201)
		grace.call("DELETE", room+"/bans/username:alan", nil).expect(204)
		invite := ada.call("POST", room+"/invites", named("alan")).expect(201)["id"].(string)
		alan.call("POST", invites+"/"+invite+"/accept", nil).expect(200)
		ada.call("POST", room+"/archive", nil).expect(200)
		ada.call("POST", room+"/leave", nil).expect(204)
		g.Expect(c.rolesOf(room)).To(Equal(map[string]string{"grace": "owner", "alan": "member"}))
		view := grace.call("GET", conversations+"/plans?include=members", nil).expect(200)
		g.Expect(view).To(HaveKeyWithValue("name", "Holidays"))
		g.Expect(view).To(HaveKeyWithValue("properties", BeEmpty()))
		g.Expect(view).To(HaveKeyWithValue("memberCount", 2.0))
		g.Expect(view).To(HaveKeyWithValue("unread", 1.0))
		g.Expect(view["members"]).To(HaveLen(2))
		expectPaths(t, alan.call("GET", conversations+"?with=username:grace&only=true&status=archived", nil).expect(200), []string{room})
		grace.call("DELETE", room, nil).expect(202)
		alan.call("GET", room, nil).refused(404, "conversation_not_found")

		for i, event := range []string{
			"conversation.created", "message.created", "member.added", "conversation.updated", "member.updated", "member.removed",
			"member.added", "conversation.updated", "member.removed", "member.updated", "conversation.deleted",
		} {
			frame := reader.Next()
			g.Expect(frame.Event).To(Equal(event))
			g.Expect(frame.Rev).To(BeEquivalentTo(i + 1))
		}
	})
}

func TestOfUsersWhoRaceForTheLastPlaceOneGetsIt(t *testing.T) {
	limits := pod.GenerousLimits()
	limits.MembersPerConversation = 3
	onEachEngine(t, func(t *testing.T, options pod.Options) {
		g := NewWithT(t)
		options.Limits = &limits
		c := newCast(t, options)
		ada := c.user("ada")
		c.user("grace")
		room := ada.create(map[string]any{"type": "public", "members": with(named("grace"))})
		ref := sendTo(room, "").Conversation
		const racers = 8
		var outcomes [racers]error
		var race errgroup.Group
		for i := range racers {
			c.user(fmt.Sprint("racer-", i))
			principal := principalOf(c, fmt.Sprint("racer-", i))
			race.Go(func() error {
				_, _, outcomes[i] = c.pod.Chat.Join(t.Context(), principal, ref)
				return nil
			})
		}
		g.Expect(race.Wait()).To(Succeed())
		in := 0
		for _, err := range outcomes {
			if err == nil {
				in++
			} else {
				g.Expect(err).To(MatchError(model.ErrConversationFull))
			}
		}
		g.Expect(in).To(Equal(1))
		g.Expect(c.rolesOf(room)).To(HaveLen(3))
	})
}

// Owners who leave together leave one owner behind.
func TestOwnersWhoLeaveTogetherLeaveASuccessor(t *testing.T) {
	onEachEngine(t, func(t *testing.T, options pod.Options) {
		g := NewWithT(t)
		c := newCast(t, options)
		ada := c.user("ada")
		c.user("grace")
		c.user("alan")
		room := ada.create(map[string]any{"members": with(namedAs("grace", "owner"), named("alan"))})
		ref := sendTo(room, "").Conversation
		var race errgroup.Group
		for _, principal := range []chat.Principal{principalOf(c, "ada"), principalOf(c, "grace")} {
			race.Go(func() error { return c.pod.Chat.Leave(t.Context(), principal, ref) })
		}
		g.Expect(race.Wait()).To(Succeed())
		g.Expect(c.rolesOf(room)).To(Equal(map[string]string{"alan": "owner"}))
	})
}
