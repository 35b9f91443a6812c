package postgres

import (
	"sync/atomic"

	"github.com/jackc/pgx/v5"
)

// firstPlans is how many messages may be appended with the plans of an empty
// schema.
const firstPlans = 1000

// plansMadeAt is where a connection keeps how many messages there were when its
// plans were made.
const plansMadeAt = "plansMadeAt"

// plans has the appender's connections plan again while a schema grows. The plan
// of a connection is made once. Where all tables are empty every index seems as
// good as any other, and the one that the planner takes may read a whole
// conversation for each message.
type plans struct{ appended atomic.Int64 }

// renew adds to a batch what drops the connection's plans, when there are ten
// times as many messages as when they were made.
func (p *plans) renew(connection *pgx.Conn, batch *pgx.Batch) {
	present, custom := p.appended.Load(), connection.PgConn().CustomData()
	made, planned := custom[plansMadeAt].(int64)
	switch {
	case !planned:
		custom[plansMadeAt] = present
	case present >= firstPlans && present >= 10*made:
		custom[plansMadeAt] = present
		batch.Queue("DISCARD PLANS")
	}
}
