package redis

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	goredis "github.com/redis/go-redis/v9"

	"github.com/parley-chat/parley/chatserver/presence/presencetest"
)

func TestOptionsThatCannotWorkAreRefused(t *testing.T) {
	for name, broken := range map[string]struct {
		spoil func(*Options)
		says  string
	}{
		"no client":              {func(o *Options) { o.Client = nil }, "required"},
		"no project":             {func(o *Options) { o.Project = "" }, "required"},
		"no announcer":           {func(o *Options) { o.Announcer = nil }, "required"},
		"an expiry too short":    {func(o *Options) { o.Expiry = 2*o.Refresh - 1 }, "twice Refresh"},
		"a client that may hang": {func(o *Options) { o.Client = goredis.NewClient(&goredis.Options{}) }, "ContextTimeoutEnabled"},
		"a cluster that may hang": {func(o *Options) {
			o.Client = goredis.NewClusterClient(&goredis.ClusterOptions{Addrs: []string{"127.0.0.1:1"}})
		}, "ContextTimeoutEnabled"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			options := Options{
				Client:  goredis.NewClient(&goredis.Options{ContextTimeoutEnabled: true}),
				Project: "3f1c", Announcer: &presencetest.Recorder{}, Refresh: time.Second, Expiry: 2 * time.Second,
			}
			g.Expect(options.check()).To(Succeed())
			broken.spoil(&options)
			_, err := Open(t.Context(), options)
			g.Expect(err).To(MatchError(ContainSubstring(broken.says)))
		})
	}
}
