package hub

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/chatserver/bus/envelope"
	"github.com/parley-chat/parley/chatserver/model"
)

// isBelow reports whether a change tells of a message that one with the floor
// does not see. A pod of an earlier release does not say which message an edit is
// about: it counts as one of those.
func isBelow(change envelope.Change, floor int64) bool {
	if floor == 0 || fault(faultShowPast) {
		return false
	}
	switch change.Kind {
	case model.MessageCreated, model.MessageEdited, model.MessageDeleted, model.ReactionAdded, model.ReactionRemoved:
		return change.Seq <= floor
	}
	return false
}

// seat is what a user is to a conversation.
type seat struct {
	left  bool // is no member, or may not receive its messages
	floor int64
}

// seats reads those of the users where the changes alone do not tell who sees
// what of the conversation: a removal may be among the changes behind a reset, and
// with the conversation its rule may have changed. Else it returns nil.
func (h *Hub) seats(ctx context.Context, id model.ConversationID, changes model.Changes, users []model.UserID) (map[model.UserID]seat, error) {
	if !changes.Reset && (changes.Conversation == nil || !changes.SinceJoin) {
		return nil, nil
	}
	seats := make(map[model.UserID]seat, len(users))
	for _, user := range users {
		if _, asked := seats[user]; asked {
			continue
		}
		read, cancel := context.WithTimeout(ctx, readTimeout)
		member, err := h.source.Member(read, id, user)
		cancel()
		left := errors.Is(err, model.ErrMemberNotFound) || member.Permissions.Denies(model.MessageReceive)
		if err != nil && !left {
			return nil, err
		}
		seats[user] = seat{left: left, floor: member.JoinFloor(changes.SinceJoin)}
	}
	return seats, nil
}

// floors are those of the users at the rev of the changes that they were read
// with.
type floors struct {
	sinceJoin bool
	read      map[model.UserID]int64
}

func floorsAt(changes model.Changes, seats map[model.UserID]seat) floors {
	at := floors{sinceJoin: changes.SinceJoin}
	if !at.sinceJoin {
		return at
	}
	at.read = make(map[model.UserID]int64, len(seats)+len(changes.Members))
	for user, each := range seats {
		at.read[user] = each.floor
	}
	for _, member := range changes.Members {
		at.read[member.User] = member.JoinFloor(true)
	}
	return at
}

// of returns a user's floor; known is the one before the changes.
func (at floors) of(user model.UserID, known int64) int64 {
	if !at.sinceJoin {
		return 0
	}
	if floor, ok := at.read[user]; ok {
		return floor
	}
	return known
}

// setFloors brings the floors of the sessions that have caught up to the rev.
// Those that are further, or were told that their user is back after it, know
// better.
func (f *feed) setFloors(at floors, rev int64) {
	for i := range f.attachments {
		a := &f.attachments[i]
		known := int64(0)
		if p := a.progress; p != nil {
			if p.syncing || p.ahead >= rev || p.since > rev {
				continue
			}
			known = p.floor
		}
		a.setFloor(at.of(a.session.identity.User, known))
	}
}

// seated reports whether the seats are those of all members' sessions that have
// caught up: one may have come while they were read.
func (f *feed) seated(seats map[model.UserID]seat) bool {
	for i := range f.attachments {
		a := &f.attachments[i]
		if a.syncing() || a.guest() {
			continue
		}
		if _, known := seats[a.session.identity.User]; !known {
			return false
		}
	}
	return true
}
