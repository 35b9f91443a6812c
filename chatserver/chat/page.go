package chat

import "github.com/parley-chat/parley/chatserver/model"

// MaxOffset is how far into a list an offset or a page number reaches; cursors
// reach everything.
const MaxOffset = 10_000

// CheckPage refuses a part of a list that is too large or too far.
func (c *Chat) CheckPage(page model.ListPage) error {
	var f fields
	if page.Limit < 1 || page.Limit > c.Limits.MaxPageSize {
		f.add(model.Invalid("limit", "must be 1 to %d", c.Limits.MaxPageSize))
	}
	if page.Offset < 0 || page.Offset > MaxOffset {
		f.add(model.Invalid("offset", "must be 0 to %d; use a cursor to read further", MaxOffset))
	}
	return f.err()
}
