package redis

import (
	"testing"

	. "github.com/onsi/gomega"
	goredis "github.com/redis/go-redis/v9"

	"github.com/parley-chat/parley/chatserver/presence/presencetest"
	"github.com/parley-chat/parley/test/services"
)

func TestTwoProjectsOnOneRedisNeverSeeEachOther(t *testing.T) {
	g := NewWithT(t)
	options := lasting
	options.Client = connect(t, services.Redis(t).URL())
	presencetest.VerifyNoLeak(t)
	options.Project = "one"
	one := presencetest.NewPod(t, joining(t, options))
	options.Project = "two"
	two := presencetest.NewPod(t, joining(t, options))
	one.Connect(alice, dnd, offline, dnd)
	g.Expect(one.Enter(lobby, alice)).To(BeTrue())
	g.Expect(two.Visible(alice)).To(Equal(offline))
	g.Expect(two.Present(lobby, 10).Count).To(BeZero())
	two.Connect(alice, "", offline, online)
	g.Expect(two.Enter(lobby, alice)).To(BeTrue())
	one.Disconnect(alice, dnd, offline)
	g.Expect(two.Visible(alice)).To(Equal(online))
}

// documented are the commands that the package's documentation lists.
var documented = []string{
	"eval", "evalsha", "time", "pexpire", "zadd", "zrem", "zscore", "zrangebyscore", "hget", "hset", "hdel",
	"hexists", "hmget", "hlen", "hrandfield", "get", "set", "del", "mget",
}

func TestTheDocumentedCommandsAndKeysAreEnough(t *testing.T) {
	t.Run("standalone", func(t *testing.T) {
		verifyEnough(t, []*services.RedisServer{services.Redis(t)}, documented)
	})
	t.Run("cluster", func(t *testing.T) {
		verifyEnough(t, services.NewRedisCluster(t).Nodes, append([]string{"cluster|slots", "command"}, documented...))
	})
}

func verifyEnough(t *testing.T, servers []*services.RedisServer, commands []string) {
	g := NewWithT(t)
	rules := []any{"acl", "setuser", "presence", "on", "nopass", "resetkeys", "~parley:{3f1c:*", "resetchannels", "-@all"}
	for _, command := range commands {
		rules = append(rules, "+"+command)
	}
	var admins []*goredis.Client
	var urls []string
	for _, server := range servers {
		admin := goredis.NewClient(&goredis.Options{Addr: server.Addr()})
		t.Cleanup(func() { _ = admin.Close() })
		g.Expect(admin.Do(t.Context(), rules...).Err()).To(Succeed())
		admins = append(admins, admin)
		urls = append(urls, "redis://presence:any@"+server.Addr())
	}

	options := lasting
	options.Expiry = presencetest.Expiry
	options.Client = connect(t, urls...)
	presencetest.VerifyNoLeak(t)
	dying, survivor := settled(t, options), settled(t, options)
	dying.Connect(alice, dnd, offline, dnd)
	survivor.SetStatus(alice, online, dnd, online)
	survivor.Connect(bob, "", offline, online)
	survivor.Disconnect(bob, online, offline)
	g.Expect(dying.Enter(lobby, alice)).To(BeTrue())
	g.Expect(survivor.Present(lobby, 10).Count).To(Equal(1))
	dying.End()
	g.Eventually(survivor.Events, presencetest.Patience, "20ms").Should(ConsistOf(
		"user "+alice.String()+" online offline", alice.String()+" left "+lobby.String()))
	for _, admin := range admins {
		g.Expect(admin.Do(t.Context(), "acl", "log").Slice()).To(BeEmpty())
	}
}

func TestNothingStaysOfAProjectWithoutPodsButChoices(t *testing.T) {
	g := NewWithT(t)
	server := services.Redis(t)
	admin := goredis.NewClient(&goredis.Options{Addr: server.Addr()})
	t.Cleanup(func() { _ = admin.Close() })
	options := lasting
	options.Expiry = presencetest.Expiry
	options.Client = connect(t, server.URL())
	presencetest.VerifyNoLeak(t)
	pod := presencetest.NewPod(t, joining(t, options))
	pod.Connect(alice, invisible, offline, offline)
	g.Expect(pod.Enter(lobby, alice)).To(BeTrue())
	pod.End()
	g.Eventually(func() []string { return admin.Keys(t.Context(), "*").Val() }, presencetest.Patience, "50ms").
		Should(ConsistOf(keys{project: "3f1c"}.choice(alice)))
	g.Expect(admin.TTL(t.Context(), keys{project: "3f1c"}.choice(alice)).Val()).To(BeNumerically(">", 0))
}
