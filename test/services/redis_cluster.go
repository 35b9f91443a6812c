//go:build unix

package services

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/parley-chat/parley/test/process"
)

const (
	redisClusterNodes = 3
	redisClusterSlots = 16384
)

// RedisCluster is a Redis Cluster of three masters without replicas that one
// test owns. A dead master takes its slots with it while the others serve on.
type RedisCluster struct {
	Nodes []*RedisServer // node i holds the i-th third of the slots
}

// NewRedisCluster starts a cluster that ends with the test, and waits until
// every node knows who owns every slot.
func NewRedisCluster(tb Scope) *RedisCluster {
	tb.Helper()
	cluster := &RedisCluster{}
	for range redisClusterNodes {
		node, err := newRedisServer(tb, clusterArguments)
		if err != nil {
			tb.Fatal(err)
		}
		cluster.Nodes = append(cluster.Nodes, node)
	}
	if err := cluster.form(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	cluster.WaitUntilWhole(tb)
	return cluster
}

// URLs are the addresses of all nodes as redis:// URLs.
func (c *RedisCluster) URLs() []string {
	urls := make([]string, 0, len(c.Nodes))
	for _, node := range c.Nodes {
		urls = append(urls, node.URL())
	}
	return urls
}

// WaitUntilWhole waits until every node believes that every other one is alive
// and every slot is served.
func (c *RedisCluster) WaitUntilWhole(tb Scope) {
	tb.Helper()
	for _, node := range c.Nodes {
		client := node.client()
		err := process.Poll(redisStartTime, node.process.Exited(), func(ctx context.Context) error {
			return clusterWhole(ctx, client)
		})
		if err := errors.Join(err, client.Close()); err != nil {
			tb.Fatalf("the Redis Cluster does not form: %v\n%s", err, node.process.Output())
		}
	}
}

// Owner is the index of the node that owns a key's slot, by its own word.
func (c *RedisCluster) Owner(tb Scope, key string) int {
	tb.Helper()
	slot := c.slot(tb, key)
	for i, node := range c.Nodes {
		if c.owns(tb, node, slot) {
			return i
		}
	}
	tb.Fatalf("no node owns slot %d", slot)
	return 0
}

// MoveSlot gives a key's slot, which must hold no keys, to another node.
// The order is that of the cluster tutorial: the new owner first, so that the
// slot is never without one.
// https://redis.io/docs/latest/commands/cluster-setslot/
func (c *RedisCluster) MoveSlot(tb Scope, key string, to int) {
	tb.Helper()
	from, slot := c.Owner(tb, key), c.slot(tb, key)
	source, target := c.nodeID(tb, from), c.nodeID(tb, to)
	c.do(tb, to, "cluster", "setslot", slot, "importing", source)
	c.do(tb, from, "cluster", "setslot", slot, "migrating", target)
	c.do(tb, to, "cluster", "setslot", slot, "node", target)
	for i := range c.Nodes {
		if i != to {
			c.do(tb, i, "cluster", "setslot", slot, "node", target)
		}
	}
}

// form makes one cluster of the nodes: a share of the slots for each, and
// introductions.
func (c *RedisCluster) form(ctx context.Context) error {
	for i, node := range c.Nodes {
		client := node.client()
		first := i * redisClusterSlots / redisClusterNodes
		last := (i+1)*redisClusterSlots/redisClusterNodes - 1
		err := client.ClusterAddSlotsRange(ctx, first, last).Err()
		if err == nil && i > 0 {
			err = c.meet(ctx, client)
		}
		if err := errors.Join(err, client.Close()); err != nil {
			return fmt.Errorf("form the Redis Cluster at node %d: %w", i, err)
		}
	}
	return nil
}

// meet introduces a node to the first one; gossip does the rest.
func (c *RedisCluster) meet(ctx context.Context, client *redis.Client) error {
	first := c.Nodes[0]
	return client.Do(ctx, "cluster", "meet", "127.0.0.1", strconv.Itoa(first.port), first.busPort()).Err()
}

// busPort is the port of the cluster's own protocol.
func (r *RedisServer) busPort() string { return r.arguments[len(r.arguments)-1] }

// clusterArguments ends with the port of the cluster's own protocol, which
// would otherwise be the client port plus 10,000 and often no port at all.
func clusterArguments() ([]string, error) {
	port, err := process.FreePort()
	if err != nil {
		return nil, err
	}
	return []string{
		"--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf",
		"--cluster-require-full-coverage", "no", "--cluster-node-timeout", "1000",
		"--cluster-port", strconv.Itoa(port),
	}, nil
}

func clusterWhole(ctx context.Context, client *redis.Client) error {
	info, err := client.ClusterInfo(ctx).Result()
	if err != nil {
		return err
	}
	for _, want := range []string{
		"cluster_state:ok", fmt.Sprintf("cluster_slots_ok:%d", redisClusterSlots),
		fmt.Sprintf("cluster_size:%d", redisClusterNodes),
	} {
		if !strings.Contains(info, want+"\r\n") {
			return fmt.Errorf("%s is missing in %q", want, info)
		}
	}
	return nil
}

func (c *RedisCluster) slot(tb Scope, key string) int64 {
	tb.Helper()
	slot, ok := c.do(tb, 0, "cluster", "keyslot", key).(int64)
	if !ok {
		tb.Fatalf("CLUSTER KEYSLOT did not answer with a number")
	}
	return slot
}

func (c *RedisCluster) owns(tb Scope, node *RedisServer, slot int64) bool {
	tb.Helper()
	client := node.client()
	// The list of slots is what counts.
	defer func() { _ = client.Close() }()
	shards, err := client.ClusterShards(tb.Context()).Result()
	if err != nil {
		tb.Fatalf("ask port %d for its slots: %v", node.port, err)
	}
	for _, shard := range shards {
		for _, held := range shard.Slots {
			if held.Start <= slot && slot <= held.End {
				return shard.Nodes[0].Port == int64(node.port)
			}
		}
	}
	return false
}

func (c *RedisCluster) nodeID(tb Scope, node int) string {
	tb.Helper()
	return fmt.Sprint(c.do(tb, node, "cluster", "myid"))
}

func (c *RedisCluster) do(tb Scope, node int, command ...any) any {
	tb.Helper()
	client := c.Nodes[node].client()
	// The command's result is what counts.
	defer func() { _ = client.Close() }()
	result, err := client.Do(tb.Context(), command...).Result()
	if err != nil {
		tb.Fatalf("%v on Redis node %d: %v", command, node, err)
	}
	return result
}
