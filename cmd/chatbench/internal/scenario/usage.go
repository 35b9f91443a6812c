package scenario

import (
	"time"

	"github.com/parley-chat/parley/cmd/chatbench/internal/load"
	"github.com/parley-chat/parley/cmd/chatbench/internal/measure"
	"github.com/parley-chat/parley/cmd/chatbench/internal/report"
)

// usage is what everybody has used up to some moment.
type usage struct {
	at       time.Time
	pods     time.Duration // all chat servers
	postgres time.Duration
	redis    time.Duration
	load     time.Duration
	stats    load.Stats
}

func (s *site) usage() (usage, error) {
	now := usage{at: time.Now()}
	for _, pod := range s.fleet.Pods {
		if !pod.Running() {
			continue
		}
		used, err := measure.CPU(pod.PID())
		if err != nil {
			return now, err
		}
		now.pods += used
	}
	var err error
	if now.postgres, err = measure.FamilyCPU(s.bench.postgres.PID()); err != nil {
		return now, err
	}
	if now.redis, err = measure.CPU(s.redis.PID()); err != nil {
		return now, err
	}
	now.stats, err = s.crew.Stats()
	now.load = time.Duration(now.stats.CPUMicroseconds) * time.Microsecond
	return now, err
}

// since is what was used from an earlier moment on.
func (u usage) since(before usage) usage {
	u.pods -= before.pods
	u.postgres -= before.postgres
	u.redis -= before.redis
	u.load -= before.load
	u.stats.Deliveries -= before.stats.Deliveries
	u.stats.Frames -= before.stats.Frames
	u.stats.Bytes -= before.stats.Bytes
	return u
}

// during runs a load between two readings. Both are taken when all is quiet, so
// that everything which the load causes is counted.
func (s *site) during(name string, run func() (load.Sent, error)) (load.Sent, usage, error) {
	if err := s.settle(); err != nil {
		return load.Sent{}, usage{}, err
	}
	before, err := s.usage()
	if err != nil {
		return load.Sent{}, usage{}, err
	}
	stop := s.profile(name)
	sent, err := run()
	if err != nil {
		return sent, usage{}, err
	}
	if err := s.settle(); err != nil {
		return sent, usage{}, err
	}
	after, err := s.usage()
	if err != nil {
		return sent, usage{}, err
	}
	return sent, after.since(before), stop()
}

// perSend tells who used how much for a message.
func (u usage) perSend(sent load.Sent) []report.Fact {
	return []report.Fact{
		{Name: "per send: servers", Value: each(u.pods, sent.Acked), Unit: "µs"},
		{Name: "PostgreSQL", Value: each(u.postgres, sent.Acked), Unit: "µs"},
		{Name: "Redis", Value: each(u.redis, sent.Acked), Unit: "µs"},
		{Name: "load", Value: each(u.load, sent.Acked), Unit: "µs"},
	}
}

// each is a part of a time in microseconds, 0 of nothing.
func each(total time.Duration, count int) float64 {
	if count == 0 {
		return 0
	}
	return microseconds(total) / float64(count)
}
