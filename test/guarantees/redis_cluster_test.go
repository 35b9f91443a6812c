//go:build unix

package guarantees_test

import (
	"context"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/redis/go-redis/v9"

	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/test/guarantees"
	"github.com/parley-chat/parley/test/services"
)

func TestDeliveryBetweenPodsGoesOnWhileARedisClusterLosesANodeAndMovesSlots(t *testing.T) {
	guarantees.Hold(t, func(t *testing.T, options guarantees.Options) []guarantees.Problem {
		cluster := services.NewRedisCluster(t)
		options.Redis, options.MaxLag = cluster.URLs(), soon
		trial := guarantees.NewTrial(t, options)
		trial.Run(time.Second)

		moving := channelName(trial.Context(), t, cluster, trial.Conversations[0])
		cluster.MoveSlot(t, moving, (cluster.Owner(t, moving)+1)%len(cluster.Nodes))
		trial.Run(3 * time.Second)

		dead := cluster.Nodes[cluster.Owner(t, channelName(trial.Context(), t, cluster, trial.Conversations[1]))]
		dead.Stop(t)
		trial.Run(8 * time.Second)
		dead.Start(t)
		cluster.WaitUntilWhole(t)
		trial.Run(3 * time.Second)
		return trial.Finish()
	},
		guarantees.Break{Fault: "skip-sweep", Rules: late},
	)
}

// channelName asks the nodes what they call the channel of a conversation.
func channelName(ctx context.Context, t *testing.T, cluster *services.RedisCluster, conversation int64) string {
	t.Helper()
	g := NewWithT(t)
	end := ":" + bus.ConversationChannel(model.ConversationID(conversation)).String() + "}"
	for _, node := range cluster.Nodes {
		options, err := redis.ParseURL(node.URL())
		g.Expect(err).NotTo(HaveOccurred())
		client := redis.NewClient(options)
		defer client.Close()
		names, err := client.PubSubShardChannels(ctx, "*").Result()
		g.Expect(err).NotTo(HaveOccurred())
		for _, name := range names {
			if strings.HasSuffix(name, end) {
				return name
			}
		}
	}
	t.Fatalf("no node carries a channel that ends in %s", end)
	return ""
}
