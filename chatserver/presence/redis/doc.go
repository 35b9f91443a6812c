// Package redis is presence over Redis 7.0 and newer, standalone or Cluster.
//
// What may enter: this one engine. What may not: how to connect (it is given a
// client), and any other use of Redis.
//
// The keys of a partition share its bus channel's slot; P is the project's UID,
// uN and cN are partitions of users and of conversations:
//
//	parley:{P:uN}:expiries   sorted set: what is held by which pod, until when
//	parley:{P:uN}:online     hash: user to the pods with sessions
//	parley:{P:uN}:choice:U   string: what user U chose, if not online
//	parley:{P:cN}:expiries   sorted set, as above
//	parley:{P:cN}:present:C  hash: user to the pods with sessions in conversation C
//
// The pattern parley:{P:* covers them all. A command or script touches one slot.
// The commands, those of the scripts included: EVAL EVALSHA TIME PEXPIRE; ZADD
// ZREM ZSCORE ZRANGEBYSCORE; HGET HSET HDEL HEXISTS HMGET HLEN HRANDFIELD; GET
// SET DEL MGET. A client of a Cluster also asks CLUSTER SLOTS and COMMAND, and
// any client AUTH, HELLO and SELECT as its options want.
//
// Times are Redis' own, so that clocks of pods do not matter.
package redis
