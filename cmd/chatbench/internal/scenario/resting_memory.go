package scenario

import (
	"errors"
	"time"

	"github.com/parley-chat/parley/cmd/chatbench/internal/measure"
	"github.com/parley-chat/parley/test/fleet"
)

const (
	// memoryPoll is how often resident memory is read, and restingTime how long it
	// must not have fallen: a server looks every 5 s whether it has memory to give
	// back, and gathers garbage in between.
	memoryPoll  = time.Second
	restingTime = 15 * time.Second
	restingMost = 2 * time.Minute
	// fallen is the part of the least so far by which less is a fall.
	fallen = 0.01
)

var errMemoryFalls = errors.New("resident memory does not cease to fall")

// restingMemory waits until a pod's resident memory falls no more, and is its mean
// since then, in bytes.
func (s *site) restingMemory(pod *fleet.Pod) (float64, error) {
	ticker := time.NewTicker(memoryPoll)
	defer ticker.Stop()
	var rest resting
	for range restingMost / memoryPoll {
		read, err := measure.Memory(pod.PID())
		if err != nil {
			return 0, err
		}
		if rest.take(float64(read)); rest.readings > int(restingTime/memoryPoll) {
			return rest.sum / float64(rest.readings), nil
		}
		select {
		case <-ticker.C:
		case <-s.scope.Context().Done():
			return 0, s.scope.Context().Err()
		}
	}
	return 0, errMemoryFalls
}

// resting is the readings since the last fall.
type resting struct {
	least    float64
	sum      float64
	readings int
}

func (r *resting) take(read float64) {
	if r.readings == 0 || read < r.least*(1-fallen) {
		r.sum, r.readings = 0, 0
		r.least = read
	}
	r.sum += read
	r.readings++
}
