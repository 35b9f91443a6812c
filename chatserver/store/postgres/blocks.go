package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/parley-chat/parley/chatserver/model"
)

const blockColumns = " block.blocker, block.blocked, block.created_at"

// SaveBlock stores a block.
func (s *Store) SaveBlock(ctx context.Context, blocker, blocked model.UserID) (block model.Block, created bool, err error) {
	err = s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := lockUsers(ctx, tx, []model.UserID{blocker, blocked}); err != nil {
			return err
		}
		// An update without effect gives the row that is there already. It is told
		// from a new one by its having a locker.
		return tx.QueryRow(ctx, `
			INSERT INTO blocks AS block (blocker, blocked, created_at)
			VALUES ($1, $2, clock_timestamp())
			ON CONFLICT (blocker, blocked) DO UPDATE SET created_at = block.created_at
			RETURNING`+blockColumns+", block.xmax = 0", blocker, blocked).
			Scan(&block.Blocker, &block.Blocked, &block.CreatedAt, &created)
	})
	return block, created, err
}

// DeleteBlock deletes a block.
func (s *Store) DeleteBlock(ctx context.Context, blocker, blocked model.UserID) (model.Block, error) {
	return queryOne(ctx, s, pgx.RowToStructByPos[model.Block], model.ErrBlockNotFound,
		"DELETE FROM blocks AS block WHERE blocker = $1 AND blocked = $2 RETURNING"+blockColumns, blocker, blocked)
}

// ListBlocks reads a part of a user's blocks.
func (s *Store) ListBlocks(ctx context.Context, blocker model.UserID, page model.ListPage) ([]model.Block, int64, error) {
	var where selection
	where.and("block.blocker = ?", blocker)
	return list(ctx, s, pgx.RowToStructByPos[model.Block], listing{
		columns: blockColumns, from: " FROM blocks AS block", where: where,
		time: "block.created_at", id: "block.blocked", descending: true,
	}, page)
}

// BlockedBy lists everybody whom each of the users blocks.
func (s *Store) BlockedBy(ctx context.Context, blockers []model.UserID) (map[model.UserID][]model.UserID, error) {
	found, err := queryAll(ctx, s, pgx.RowToStructByPos[model.Block], "SELECT"+blockColumns+`
		FROM blocks AS block WHERE block.blocker = ANY ($1) ORDER BY block.blocker, block.blocked`, int64s(blockers))
	blocked := make(map[model.UserID][]model.UserID)
	for _, block := range found {
		blocked[block.Blocker] = append(blocked[block.Blocker], block.Blocked)
	}
	return blocked, err
}

// AnyBlock looks for blocks either way.
func (s *Store) AnyBlock(ctx context.Context, user model.UserID, others []model.UserID) (bool, error) {
	return queryOne(ctx, s, pgx.RowTo[bool], nil, `
		SELECT EXISTS (SELECT FROM blocks WHERE blocker = $1 AND blocked = ANY ($2))
			OR EXISTS (SELECT FROM blocks WHERE blocked = $1 AND blocker = ANY ($2))`, user, int64s(others))
}
