package postgres

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/parley-chat/parley/chatserver/model"
)

// selection is a WHERE clause under construction. What a caller gave goes into
// arguments only.
type selection struct {
	clauses   []string
	arguments []any
}

// argument adds an argument and gives its name in the statement.
func (s *selection) argument(value any) string {
	s.arguments = append(s.arguments, value)
	return "$" + strconv.Itoa(len(s.arguments))
}

// and adds a condition; each "?" in it stands for the next argument.
func (s *selection) and(condition string, arguments ...any) {
	for _, argument := range arguments {
		condition = strings.Replace(condition, "?", s.argument(argument), 1)
	}
	s.clauses = append(s.clauses, "("+condition+")")
}

// clone returns a copy that may grow.
func (s selection) clone() selection {
	return selection{clauses: slices.Clone(s.clauses), arguments: slices.Clone(s.arguments)}
}

func (s selection) String() string {
	if len(s.clauses) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(s.clauses, " AND ")
}

// andPrefix selects keys that begin with the prefix, in a form that the indexes
// with text_pattern_ops serve whatever the plan. U+10FFFF is the largest
// character and stands in no text.
func (s *selection) andPrefix(columns []string, prefix string) {
	conditions := make([]string, len(columns))
	var arguments []any
	for i, column := range columns {
		conditions[i] = "(" + column + " ~>=~ ? AND " + column + " ~<~ ?)"
		arguments = append(arguments, prefix, prefix+"\U0010FFFF")
	}
	s.and(strings.Join(conditions, " OR "), arguments...)
}

// listing says where the rows of a list come from and in which order.
type listing struct {
	columns string
	from    string
	where   selection
	// time is the column of a cursor's Key, or empty; id that of its ID.
	time, id   string
	descending bool
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
		where.and(fmt.Sprintf("(%s, %s) %s (?, ?)", l.time, l.id, compare), time.UnixMicro(after.Key), after.ID)
	}
	query := "SELECT" + l.columns + l.from + where.String() + " ORDER BY " + sorting
	query += " LIMIT " + where.argument(page.Limit) + " OFFSET " + where.argument(page.Offset)
	return query, where.arguments
}

// planAnew has PostgreSQL plan the statements of a list for what is asked for.
// A plan for any arguments would not know whether a filter leaves few rows or
// many, and could walk through all of them in the order of the list.
const planAnew = "SET LOCAL plan_cache_mode = force_custom_plan"

// list reads a part of a list and how many rows there are in all, in one
// snapshot and one round trip.
func list[T any](ctx context.Context, s *Store, scan pgx.RowToFunc[T], l listing, page model.ListPage) ([]T, int64, error) {
	var totals []int64
	var found []T
	query, arguments := l.pageQuery(page)
	err := s.snapshot(ctx, func(batch *pgx.Batch) {
		batch.Queue(planAnew)
		batch.Queue("SELECT count(*)"+l.from+l.where.String(), l.where.arguments...).Query(collect(&totals, pgx.RowTo[int64]))
		batch.Queue(query, arguments...).Query(collect(&found, scan))
	})
	if err != nil {
		return nil, 0, err
	}
	return found, totals[0], nil
}
