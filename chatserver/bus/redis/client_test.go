package redis

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/test/services"
)

func TestAClientForAnotherUseReachesTheSameRedis(t *testing.T) {
	for name, urls := range map[string][]string{
		"standalone": {services.Redis(t).URL()},
		"cluster":    services.NewRedisCluster(t).URLs(),
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			client, err := NewClient(t.Context(), Options{URLs: fixed(urls...)})
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(client.Set(t.Context(), "key", "value", 0).Err()).To(Succeed())
			g.Expect(client.Get(t.Context(), "key").Val()).To(Equal("value"))
			g.Expect(client.Close()).To(Succeed())
		})
	}
}

func TestAClientForAnotherUseNeedsURLs(t *testing.T) {
	g := NewWithT(t)
	_, err := NewClient(t.Context(), Options{})
	g.Expect(err).To(MatchError(ContainSubstring("URLs")))
	_, err = NewClient(t.Context(), Options{URLs: fixed()})
	g.Expect(err).To(HaveOccurred())
}
