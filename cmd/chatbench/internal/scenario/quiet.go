package scenario

import (
	"errors"
	"fmt"
	"time"
)

const (
	// quietPoll is how often the crew is asked what came, and quietPolls how often
	// the answer must be the same.
	quietPoll  = 200 * time.Millisecond
	quietPolls = 5
	quietLimit = 3 * time.Minute
)

var errRestless = errors.New("frames do not cease to come")

// settle waits until no session has got a frame for a second: what connecting
// caused has then been told, and what was sent was delivered.
func (s *site) settle() error {
	ticker := time.NewTicker(quietPoll)
	defer ticker.Stop()
	last, same := -1, 0
	for limit := time.Now().Add(quietLimit); time.Now().Before(limit); <-ticker.C {
		stats, err := s.crew.Stats()
		if err != nil {
			return err
		}
		if stats.Lost > 0 {
			return fmt.Errorf("%w: %d, the first with: %s", errLost, stats.Lost, stats.LostWhy)
		}
		if stats.Frames == last {
			same++
		} else {
			last, same = stats.Frames, 0
		}
		if same == quietPolls {
			return nil
		}
	}
	return errRestless
}

var errLost = errors.New("sessions were lost")
