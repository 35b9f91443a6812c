package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/parley-chat/parley/chatserver/model"
)

// selection is a WHERE clause under construction. What a caller gave goes into
// arguments only.
type selection struct {
	clauses   []string
	arguments []any
}

// and adds a condition with its arguments.
func (s *selection) and(condition string, arguments ...any) {
	s.clauses = append(s.clauses, "("+condition+")")
	s.arguments = append(s.arguments, arguments...)
}

// andAmong selects a column's values from a list.
func (s *selection) andAmong(column string, values any) error {
	encoded, err := json.Marshal(values)
	if err != nil {
		return fmt.Errorf("encode a list: %w", err)
	}
	s.and(column+" IN (SELECT value FROM json_each(?))", string(encoded))
	return nil
}

// andPrefix selects keys that begin with the prefix. U+10FFFF is the largest
// character and stands in no text.
func (s *selection) andPrefix(columns []string, prefix string) {
	conditions := make([]string, len(columns))
	var arguments []any
	for i, column := range columns {
		conditions[i] = "(" + column + " >= ? AND " + column + " < ?)"
		arguments = append(arguments, prefix, prefix+"\U0010FFFF")
	}
	s.and(strings.Join(conditions, " OR "), arguments...)
}

func (s selection) String() string {
	if len(s.clauses) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(s.clauses, " AND ")
}

// clone returns a copy that may grow.
func (s selection) clone() selection {
	return selection{clauses: slices.Clone(s.clauses), arguments: slices.Clone(s.arguments)}
}

// listing says where the rows of a list come from and in which order.
type listing struct {
	columns string
	from    string
	where   selection
	// time is the column of a cursor's Key, or empty; id that of its ID.
	time, id   string
	descending bool
	// leading are arguments of the columns, before those of the selection.
	leading []any
}

func (l listing) pageQuery(page model.ListPage) (string, []any) {
	where, order, compare := l.where.clone(), " ASC", ">"
	if l.descending {
		order, compare = " DESC", "<"
	}
	sorting := l.id + order
	if l.time != "" {
		sorting = l.time + order + ", " + sorting
	}
	switch after := page.After; {
	case after.IsZero():
	case l.time == "":
		where.and(l.id+" "+compare+" ?", after.ID)
	default:
		where.and(fmt.Sprintf("(%s, %s) %s (?, ?)", l.time, l.id, compare), after.Key, after.ID)
	}
	query := "SELECT" + l.columns + l.from + where.String() + " ORDER BY " + sorting + " LIMIT ? OFFSET ?"
	arguments := append(slices.Clone(l.leading), where.arguments...)
	return query, append(arguments, page.Limit, page.Offset)
}

// listPage reads a part of a list and how many rows there are in all, in one
// snapshot.
func listPage[T any](ctx context.Context, s *Store, scan func(row) (T, error), l listing, page model.ListPage) (found []T, total int64, err error) {
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		found, total, err = selectPage(ctx, tx, scan, l, page)
		return err
	})
	return found, total, err
}

func selectPage[T any](ctx context.Context, tx *sql.Tx, scan func(row) (T, error), l listing, page model.ListPage) (found []T, total int64, err error) {
	if err := tx.QueryRowContext(ctx, "SELECT count(*)"+l.from+l.where.String(), l.where.arguments...).Scan(&total); err != nil {
		return nil, 0, err
	}
	query, arguments := l.pageQuery(page)
	found, err = selectAll(ctx, tx, scan, query, arguments...)
	return found, total, err
}

// scanNumber reads one number.
func scanNumber[T ~int64](from row) (T, error) {
	var number T
	err := from.Scan(&number)
	return number, err
}

// column is a JSON value in a column; NULL where there is none.
type column[T any] struct{ value *T }

// Scan reads text; sql.Scanner.
func (c column[T]) Scan(from any) error {
	switch text := from.(type) {
	case nil:
		return nil
	case string:
		return json.Unmarshal([]byte(text), c.value)
	case []byte:
		return json.Unmarshal(text, c.value)
	}
	return fmt.Errorf("a JSON column holds %T", from)
}

// asColumn encodes a value; an empty one is NULL.
func asColumn(value any, empty bool) (any, error) {
	if empty {
		return nil, nil //nolint:nilnil // NULL
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encode a column: %w", err)
	}
	return string(encoded), nil
}

// orNullID stores an id that is not there as NULL.
func orNullID[T ~int64](id T) any {
	if id == 0 {
		return nil
	}
	return int64(id)
}
