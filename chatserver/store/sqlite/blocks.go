package sqlite

import (
	"context"
	"database/sql"

	"github.com/parley-chat/parley/chatserver/model"
)

const blockColumns = " blocker, blocked, created_at"

func scanBlock(from row) (model.Block, error) {
	var block model.Block
	var createdAt instant
	err := from.Scan(&block.Blocker, &block.Blocked, &createdAt)
	block.CreatedAt = createdAt.time()
	return block, err
}

// SaveBlock stores a block.
func (s *Store) SaveBlock(ctx context.Context, blocker, blocked model.UserID) (block model.Block, created bool, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for _, user := range []model.UserID{blocker, blocked} {
			if _, err := selectUser(ctx, tx, model.UserRef{ID: user}); err != nil {
				return err
			}
		}
		inserted, err := execute(ctx, tx, `
			INSERT INTO blocks (blocker, blocked, created_at) VALUES (?, ?, ?)
			ON CONFLICT (blocker, blocked) DO NOTHING`, blocker, blocked, s.instant())
		if err != nil {
			return err
		}
		created = inserted > 0
		block, err = selectOne(ctx, tx, scanBlock, nil,
			"SELECT"+blockColumns+" FROM blocks WHERE blocker = ? AND blocked = ?", blocker, blocked)
		return err
	})
	return block, created, err
}

// DeleteBlock deletes a block.
func (s *Store) DeleteBlock(ctx context.Context, blocker, blocked model.UserID) (block model.Block, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		block, err = selectOne(ctx, tx, scanBlock, model.ErrBlockNotFound,
			"DELETE FROM blocks WHERE blocker = ? AND blocked = ? RETURNING"+blockColumns, blocker, blocked)
		return err
	})
	return block, err
}

// ListBlocks reads a part of a user's blocks.
func (s *Store) ListBlocks(ctx context.Context, blocker model.UserID, page model.ListPage) ([]model.Block, int64, error) {
	var where selection
	where.and("blocker = ?", blocker)
	return listPage(ctx, s, scanBlock, listing{
		columns: blockColumns, from: " FROM blocks", where: where, time: "created_at", id: "blocked", descending: true,
	}, page)
}

// BlockedBy lists everybody whom each of the users blocks.
func (s *Store) BlockedBy(ctx context.Context, blockers []model.UserID) (map[model.UserID][]model.UserID, error) {
	ids, err := list(plain(blockers))
	if err != nil {
		return nil, err
	}
	blocked := make(map[model.UserID][]model.UserID)
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		found, err := selectAll(ctx, tx, scanBlock, "SELECT"+blockColumns+`
			FROM blocks WHERE blocker IN (SELECT value FROM json_each(?)) ORDER BY blocker, blocked`, ids)
		for _, block := range found {
			blocked[block.Blocker] = append(blocked[block.Blocker], block.Blocked)
		}
		return err
	})
	return blocked, err
}

// AnyBlock looks for blocks either way.
func (s *Store) AnyBlock(ctx context.Context, user model.UserID, others []model.UserID) (any bool, err error) {
	ids, err := list(plain(others))
	if err != nil {
		return false, err
	}
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `
			SELECT EXISTS (SELECT 1 FROM blocks WHERE blocker = ?1 AND blocked IN (SELECT value FROM json_each(?2)))
				OR EXISTS (SELECT 1 FROM blocks WHERE blocked = ?1 AND blocker IN (SELECT value FROM json_each(?2)))`,
			user, ids).Scan(&any)
	})
	return any, err
}
