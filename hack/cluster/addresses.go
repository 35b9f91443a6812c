package main

// The cluster uses the range reserved for benchmarks, 198.18.0.0/15, which no real network has.
const (
	nodeName      = "parley"
	nodeAddress   = "198.18.0.1"
	podRange      = "198.18.64.0/22"
	serviceRange  = "198.19.0.0/16"
	apiService    = "198.19.0.1"
	dnsService    = "198.19.0.10"
	clusterRange  = "198.18.0.0/15"
	clusterDomain = "cluster.local"
	apiPort       = "6443"

	// Loopback ports of etcd, away from the usual ones.
	etcdClients = "127.0.0.1:23790"
	etcdPeers   = "127.0.0.1:23800"

	// nodeLink carries the node's address. A bridge without members stands in for a dummy device,
	// which not every kernel has.
	nodeLink = "parley0"
)
