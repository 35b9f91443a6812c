package ratelimit

import (
	"time"

	"github.com/parley-chat/parley/chatserver/config"
)

// Limit is one of the rates of a project. Its text is the name in the settings,
// in metrics and in what pods share.
type Limit string

// The limits.
const (
	RequestsPerUser    Limit = "requestsPerUser"
	RequestsPerProject Limit = "requestsPerProject"
	SendsPerUser       Limit = "sendsPerUser"
	SendsPerProject    Limit = "sendsPerProject"
	FailuresPerAddress Limit = "failuresPerAddress"
)

// Key names one bucket: of whom which limit.
type Key struct {
	Limit   Limit
	Subject string // a user, a key or an address; empty for the project
}

// Limiter holds keys to their limits. It is safe for concurrent use and never
// waits for anything but memory.
type Limiter interface {
	// Allow takes cost from the key's bucket. When the bucket has not enough,
	// nothing is taken, and retryAfter is how long it takes to fill that far. A
	// cost above the burst is never granted.
	Allow(key Key, cost int) (ok bool, retryAfter time.Duration)
}

// rule is what holds for all keys of one limit.
type rule struct {
	rate   config.Rate
	shared bool // pods count together
}

func rules(limits config.Limits) map[Limit]rule {
	return map[Limit]rule{
		RequestsPerUser:    {limits.RequestsPerUser, true},
		RequestsPerProject: {limits.RequestsPerProject, true},
		SendsPerUser:       {limits.SendsPerUser, true},
		SendsPerProject:    {limits.SendsPerProject, true},
		// Anybody could make the pods talk about any number of addresses.
		FailuresPerAddress: {limits.FailuresPerAddress, false},
	}
}

// fillTime is how long an empty bucket takes to be full.
func (r rule) fillTime() time.Duration {
	return time.Duration(float64(r.rate.Burst) / float64(r.rate.PerSecond) * float64(time.Second))
}
