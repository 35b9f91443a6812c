// Package redis is the bus over Redis 7.0 and newer, standalone or Cluster.
// A partition is one sharded pub/sub channel; this room holds the connections
// that carry the subscriptions, and finds out when one of them went deaf.
//
// What may enter: this one engine. What may not: the meaning of a payload, and
// any other use of Redis, whose keys belong to who uses them.
//
// go-redis resubscribes by itself with all channels in one command, which a
// Cluster refuses. So each connection here is dialled once: after any error it
// is closed, and a new one is built to the node that owns the channels then.
package redis
