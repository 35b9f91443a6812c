package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// transactionTime bounds every transaction: sweeps rely on it when they read
	// back a little further than the latest change.
	transactionTime = 5 * time.Second
	// lockTime is how long a change of one conversation waits for it.
	lockTime = 2 * time.Second
	// appenderLockTime is shorter: a group of messages must not wait for one
	// conversation that something else has locked.
	appenderLockTime = 500 * time.Millisecond
	idleTime         = 30 * time.Second
	idleCheckPeriod  = 5 * time.Second
	connectTime      = 5 * time.Second
)

// poolParameters are the settings of every session.
func poolParameters(options Options) map[string]string {
	return map[string]string{
		"application_name":                    "parley",
		"search_path":                         pgx.Identifier{options.Schema}.Sanitize(),
		"default_transaction_isolation":       "read committed",
		"lock_timeout":                        milliseconds(lockTime),
		"statement_timeout":                   milliseconds(transactionTime),
		"idle_in_transaction_session_timeout": milliseconds(transactionTime),
	}
}

// appenderParameters keep the append statement to one plan: nested loops over
// indexes, which is right for groups of any size. The planner would make a new
// plan for each group size that it has not seen, and compile some of them.
func appenderParameters(options Options) map[string]string {
	parameters := poolParameters(options)
	maps.Copy(parameters, map[string]string{
		"lock_timeout":     milliseconds(options.appenderLockTime),
		"jit":              "off",
		"plan_cache_mode":  "force_generic_plan",
		"enable_seqscan":   "off",
		"enable_hashjoin":  "off",
		"enable_mergejoin": "off",
	})
	if fault(faultAckBeforeCommit) {
		parameters["synchronous_commit"] = "off"
	}
	return parameters
}

func milliseconds(duration time.Duration) string {
	return strconv.FormatInt(duration.Milliseconds(), 10)
}

// openPool makes a pool that holds no connection until one is needed.
func openPool(ctx context.Context, options Options, size int32, parameters map[string]string) (*pgxpool.Pool, error) {
	dsn, err := readDSN(ctx, options)
	if err != nil {
		return nil, err
	}
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, hideDSN(err)
	}
	config.MaxConns, config.MinConns, config.MinIdleConns = size, 0, 0
	config.MaxConnIdleTime, config.HealthCheckPeriod = idleTime, idleCheckPeriod
	config.BeforeConnect = func(ctx context.Context, connection *pgx.ConnConfig) error {
		fresh, err := connectionConfig(ctx, options, parameters)
		if err != nil {
			return err
		}
		connection.Config = fresh.Config
		return nil
	}
	config.AfterConnect = readTimesAsUTC
	config.ConnConfig.Tracer = options.tracer
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the connection pool: %w", err)
	}
	return pool, nil
}

// connectionConfig reads the DSN as it is now.
func connectionConfig(ctx context.Context, options Options, parameters map[string]string) (*pgx.ConnConfig, error) {
	dsn, err := readDSN(ctx, options)
	if err != nil {
		return nil, err
	}
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, hideDSN(err)
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTime
	}
	maps.Copy(config.RuntimeParams, parameters)
	return config, nil
}

func readDSN(ctx context.Context, options Options) (string, error) {
	dsn, err := options.DSN(ctx)
	if err != nil {
		return "", fmt.Errorf("read the PostgreSQL DSN: %w", err)
	}
	return dsn, nil
}

// hideDSN replaces an error that may quote the DSN, password included. What is
// wrong with a file that the DSN names is no secret.
func hideDSN(err error) error {
	if file := (*fs.PathError)(nil); errors.As(err, &file) {
		return fmt.Errorf("parse the PostgreSQL DSN: %w", file)
	}
	return errors.New("parse the PostgreSQL DSN: want postgres://user:password@host:port/database?sslmode=… or keyword=value pairs")
}

func readTimesAsUTC(_ context.Context, connection *pgx.Conn) error {
	connection.TypeMap().RegisterType(&pgtype.Type{
		Name: "timestamptz", OID: pgtype.TimestamptzOID,
		Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
	})
	return nil
}
