package hub

import (
	"context"

	"github.com/parley-chat/parley/chatserver/model"
)

// Follow has the session follow a conversation beside those that it follows as
// a member. Admit decides and returns the conversation's rev and the last seq that
// its user must not be told of; it is asked once the session is registered and
// subscribed, so that an end of the permission from then on is heard of. Answer is
// called before the first change is queued.
// Fresh is false when the session followed the conversation already.
func (s *Session) Follow(ctx context.Context, conversation model.Conversation, member bool,
	admit func(context.Context) (rev, floor int64, err error), answer func(),
) (fresh bool, err error) {
	s.attachMu.Lock()
	defer s.attachMu.Unlock()
	if s.left {
		return false, model.ErrDraining
	}
	if !s.listening {
		if err := s.listen(ctx); err != nil {
			s.hub.logger.Warn("subscribe to a user's notices", "error", err)
		}
		if err := s.hub.learnBlocked(ctx, []model.UserID{s.identity.User}); err != nil {
			return false, err
		}
	}
	id := conversation.ID
	started := s.begin(ctx, []model.Membership{{Conversation: id, Type: conversation.Type}}, !member)
	rev, floor, err := admit(ctx)
	if err != nil {
		s.abandon(started)
		return false, err
	}
	answer()
	p := started[id]
	if p == nil {
		return false, nil
	}
	p.floor = floor
	s.hub.finishSync(ctx, s, p, id, rev, rev)
	return true, nil
}

// Unfollow ends what Follow began.
func (s *Session) Unfollow(id model.ConversationID) {
	s.attachMu.Lock()
	defer s.attachMu.Unlock()
	if s.left {
		return
	}
	s.hub.shard(id).detach(id, s)
	s.attached.remove(id)
}
