package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	. "github.com/onsi/gomega"
)

// statement is one that a store sent to PostgreSQL.
type statement struct {
	text      string
	arguments []any
	appending bool // by the appender's pool, which has settings of its own
	anew      bool // planned for its arguments each time
}

// recorder keeps the statements that a store sends.
type recorder struct {
	mu    sync.Mutex
	found []statement
}

var (
	_ pgx.QueryTracer = (*recorder)(nil)
	_ pgx.BatchTracer = (*recorder)(nil)
)

func (r *recorder) record(connection *pgx.Conn, text string, arguments []any, anew bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.found = append(r.found, statement{
		text: text, arguments: arguments, anew: anew,
		appending: connection.Config().RuntimeParams["plan_cache_mode"] != "",
	})
}

// take gives the statements since the last time.
func (r *recorder) take() []statement {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := r.found
	r.found = nil
	return found
}

func (r *recorder) TraceQueryStart(ctx context.Context, connection *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	r.record(connection, data.SQL, data.Args, false)
	return ctx
}

func (r *recorder) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (r *recorder) TraceBatchStart(ctx context.Context, connection *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	anew := false
	for _, queued := range data.Batch.QueuedQueries {
		anew = anew || queued.SQL == planAnew
		r.record(connection, queued.SQL, queued.Arguments, anew)
	}
	return ctx
}

func (r *recorder) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}
func (r *recorder) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData)     {}

// planned reports whether PostgreSQL makes a plan for the statement.
func (s statement) planned() bool {
	text := strings.ToUpper(strings.TrimSpace(s.text))
	return !slices.ContainsFunc([]string{"BEGIN", "COMMIT", "ROLLBACK", "SET"}, func(word string) bool {
		return strings.HasPrefix(text, word)
	}) && text != "-- PING"
}

// plan is a node of what EXPLAIN answers.
type plan struct {
	Node      string `json:"Node Type"`
	Table     string `json:"Relation Name"`
	Index     string `json:"Index Name"`
	Condition string `json:"Index Cond"`
	Plans     []plan `json:"Plans"`
}

// wholeTables lists the tables that the plan reads from beginning to end, by
// themselves or by an index without a condition.
func (p plan) wholeTables() []string {
	var whole []string
	switch {
	case p.Node == "Seq Scan":
		whole = append(whole, p.Table)
	case p.Condition == "" && strings.Contains(p.Node, "Index") && p.Table != "":
		whole = append(whole, p.Table+" by "+p.Index)
	case p.Condition == "" && p.Node == "Bitmap Index Scan":
		whole = append(whole, strings.Split(p.Index, "_")[0]+" by "+p.Index)
	}
	for _, below := range p.Plans {
		whole = append(whole, below.wholeTables()...)
	}
	return whole
}

// plansOf asks for the plans that PostgreSQL may choose: those for these very
// arguments, and those for any. The appender's pool admits the second kind only.
func plansOf(t *testing.T, opened *Store, s statement) map[string]plan {
	t.Helper()
	g := NewWithT(t)
	pool, modes := opened.pool, []string{"force_custom_plan", "force_generic_plan"}
	switch {
	case s.appending:
		pool, modes = opened.appender, modes[1:]
	case s.anew:
		modes = modes[:1]
	}
	connection, err := pool.Acquire(t.Context())
	g.Expect(err).NotTo(HaveOccurred())
	defer connection.Release()
	prepared, err := connection.Conn().Prepare(t.Context(), "explained", s.text)
	g.Expect(err).NotTo(HaveOccurred(), s.text)
	defer func() { g.Expect(connection.Conn().Deallocate(t.Context(), "explained")).To(Succeed()) }()
	g.Expect(prepared.ParamOIDs).To(HaveLen(len(s.arguments)), s.text)
	literals := make([]string, len(s.arguments))
	for i, argument := range s.arguments {
		text, err := connection.Conn().TypeMap().Encode(prepared.ParamOIDs[i], pgtype.TextFormatCode, argument, nil)
		g.Expect(err).NotTo(HaveOccurred(), s.text)
		literals[i] = "NULL"
		if text != nil {
			literals[i] = "'" + strings.ReplaceAll(string(text), "'", "''") + "'"
		}
	}
	execution := "EXECUTE explained"
	if len(literals) > 0 {
		execution += " (" + strings.Join(literals, ", ") + ")"
	}
	plans := make(map[string]plan, len(modes))
	for _, mode := range modes {
		plans[mode] = explain(t, connection, mode, execution)
	}
	_, err = connection.Exec(t.Context(), "RESET plan_cache_mode")
	g.Expect(err).NotTo(HaveOccurred())
	return plans
}

func explain(t *testing.T, connection *pgxpool.Conn, mode, execution string) plan {
	t.Helper()
	g := NewWithT(t)
	_, err := connection.Exec(t.Context(), "SET plan_cache_mode = "+mode)
	g.Expect(err).NotTo(HaveOccurred())
	var answer []byte
	err = connection.QueryRow(t.Context(), "EXPLAIN (FORMAT JSON) "+execution, pgx.QueryExecModeSimpleProtocol).Scan(&answer)
	g.Expect(err).NotTo(HaveOccurred(), fmt.Sprintf("%.300s", execution))
	var plans []struct{ Plan plan }
	g.Expect(json.Unmarshal(answer, &plans)).To(Succeed())
	g.Expect(plans).To(HaveLen(1))
	return plans[0].Plan
}
