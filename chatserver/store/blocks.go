package store

import (
	"context"

	"github.com/parley-chat/parley/chatserver/model"
)

// Blocks keeps who wants nothing of whom.
type Blocks interface {
	// SaveBlock stores a block. One that is there already is returned with
	// created false. An unknown user gives model.ErrUserNotFound.
	SaveBlock(ctx context.Context, blocker, blocked model.UserID) (block model.Block, created bool, err error)
	// DeleteBlock deletes a block (model.ErrBlockNotFound).
	DeleteBlock(ctx context.Context, blocker, blocked model.UserID) (model.Block, error)
	// ListBlocks reads a part of a user's blocks, the latest first, and how many
	// there are. A cursor's Key is CreatedAt, its ID the blocked user.
	ListBlocks(ctx context.Context, blocker model.UserID, page model.ListPage) (blocks []model.Block, total int64, err error)
	// BlockedBy lists everybody whom each of the users blocks. Users who block
	// nobody are absent.
	BlockedBy(ctx context.Context, blockers []model.UserID) (map[model.UserID][]model.UserID, error)
	// AnyBlock reports whether there is a block, either way, between the user
	// and any of the others.
	AnyBlock(ctx context.Context, user model.UserID, others []model.UserID) (bool, error)
}
