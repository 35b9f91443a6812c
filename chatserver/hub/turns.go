package hub

import (
	"context"

	"github.com/parley-chat/parley/chatserver/model"
)

// readersAtOnce bounds how many sessions read the store at one stage of a sync. A
// store has few connections. If thousands of sessions that lost their pod queued
// for them all at once, each would stand in line again behind all others for its
// next question, and time would be over for all of them before the first was done.
const readersAtOnce = 4

// turns has sessions go through the stages of a sync one behind the other. The
// stages have places of their own, so that whoever has begun is not held up by
// those who begin.
type turns struct{ listing, placing, catching turn }

func newTurns() turns {
	return turns{make(turn, readersAtOnce), make(turn, readersAtOnce), make(turn, readersAtOnce)}
}

// turn is the places of one stage.
type turn chan struct{}

// take calls read once there is a place.
func (t turn) take(ctx context.Context, read func() error) error {
	select {
	case t <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-t }()
	return read()
}

// list reads what a session's user follows.
func (s *Session) list(ctx context.Context) (epoch string, memberships []model.Membership, err error) {
	h := s.hub
	err = h.turns.listing.take(ctx, func() error {
		if err = h.learnBlocked(ctx, []model.UserID{s.identity.User}); err != nil {
			return err
		}
		if epoch, err = h.source.Epoch(ctx); err != nil {
			return err
		}
		memberships, err = h.source.Memberships(ctx, s.identity.User, MaxAttached)
		return err
	})
	return epoch, memberships, err
}
