package chat

import (
	"context"

	"github.com/parley-chat/parley/chatserver/model"
)

// eraseBatch bounds the rows of one step, so that no transaction is long.
const eraseBatch = 1000

// eraseConversation is one step of the job that erases a deleted conversation.
// The job is done when no row is left.
func (c *Chat) eraseConversation(ctx context.Context, job *model.Job) error {
	deleted, left, err := c.Store.EraseConversationRows(ctx, job.Conversation, eraseBatch)
	if err != nil {
		return err
	}
	job.Done += deleted
	job.Total = job.Done + left
	if left == 0 {
		job.State = model.JobDone
	}
	return nil
}

func (c *Chat) conversationErasureSteps() jobStep { return c.eraseConversation }
