package chat

import (
	"context"
	"math"

	"github.com/parley-chat/parley/chatserver/bus/envelope"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// DeleteUser erases a user at once; what the user wrote goes in the background,
// by the job that is returned. The user itself may, and those who administer the
// project.
func (c *Chat) DeleteUser(ctx context.Context, principal Principal, ref model.UserRef) (model.Job, error) {
	by, err := c.actor(ctx, principal)
	if err != nil {
		return model.Job{}, err
	}
	user, err := c.Store.User(ctx, ref)
	if err != nil {
		return model.Job{}, translate(err)
	}
	if err := by.mayActOn(user); err != nil {
		return model.Job{}, err
	}
	event := by.sign(model.AuditEvent{Action: AuditUserDeleted, User: user.ID})
	job, err := c.Store.EraseUser(ctx, user.ID, store.NewJob{Kind: model.EraseUser, User: user.ID}, event)
	if err != nil {
		return model.Job{}, translate(err)
	}
	c.authors.forget(user.ID)
	// No session of the user is new enough to stay.
	c.publisher.publish(announcement{notices: []envelope.Notice{{Kind: envelope.Revoked, User: user.ID, Rev: math.MaxInt64}}})
	c.worker.wake()
	return job, nil
}
