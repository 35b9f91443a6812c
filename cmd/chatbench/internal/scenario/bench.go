package scenario

import (
	"context"
	"fmt"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/cmd/chatbench/internal/load"
	"github.com/parley-chat/parley/cmd/chatbench/internal/measure"
	"github.com/parley-chat/parley/cmd/chatbench/internal/report"
	"github.com/parley-chat/parley/cmd/chatbench/internal/scope"
	"github.com/parley-chat/parley/test/fleet"
	"github.com/parley-chat/parley/test/services"
)

// Options are what a run is made of.
type Options struct {
	Duration time.Duration // of the steady state of each scenario
	Workers  int           // processes of the load
	// WorkerArguments make this program a worker; the number follows.
	WorkerArguments []string
	Profiles        string // a folder for profiles of the servers, or empty
	Log             func(format string, arguments ...any)
}

// Bench is one run: its database server, its chat server program, and what a bare
// write costs here.
type Bench struct {
	options  Options
	scope    *scope.Scope
	postgres *services.PostgresServer
	program  string
	floor    Floor
	load     float64 // average of the minute before the run
	fleets   atomic.Int64
}

// Scenario is one that can be run alone.
type Scenario struct {
	Name string
	Run  func(*Bench) ([]report.Row, error)
}

// All lists the scenarios in the order in which they run.
func All() []Scenario {
	return []Scenario{
		{"room", (*Bench).room},
		{"groups", (*Bench).groups},
		{"pairs", (*Bench).pairs},
		{"sends", (*Bench).sends},
		{"memory", (*Bench).memory},
		{"idle", (*Bench).idle},
		{"resume", (*Bench).resume},
		{"sizes", (*Bench).sizes},
		{"large", (*Bench).large},
		{"hot", (*Bench).hot},
		{"bus", (*Bench).bus},
	}
}

// New builds the chat server, starts PostgreSQL, and measures the floor.
func New(s *scope.Scope, options Options) (*Bench, error) {
	host, err := measure.ReadHost()
	if err != nil {
		return nil, err
	}
	var flags []string
	if options.Profiles != "" {
		flags = []string{"-tags", "profile"}
	}
	options.Log("building the chat server")
	program, err := fleet.Build(s.Context(), s.TempDir(), flags...)
	if err != nil {
		return nil, err
	}
	b := &Bench{options: options, scope: s, program: program, load: host.Load, postgres: services.OwnPostgres(s)}
	options.Log("measuring bare writes")
	b.floor, err = b.measureFloor()
	return b, err
}

// site is what one scenario runs on.
type site struct {
	bench *Bench
	scope *scope.Scope
	fleet *fleet.Fleet
	redis *services.RedisServer
	dsn   string
	crew  *load.Crew
}

// schema is where a fleet keeps its tables.
const schema = "parley"

// on gives a scenario a database, a Redis, a fleet of so many pods and a crew, all
// of its own.
func (b *Bench) on(pods int, do func(*site) error) error {
	return scope.Run(b.scope.Context(), func(s *scope.Scope) error {
		dsn, err := b.newDatabase(s.Context())
		if err != nil {
			return err
		}
		redis := services.Redis(s)
		crew, err := load.Start(s.Context(), b.options.Workers, b.options.WorkerArguments...)
		if err != nil {
			return err
		}
		s.Cleanup(func() {
			if err := crew.Close(); err != nil {
				s.Error(err)
			}
		})
		here := &site{
			bench: b, scope: s, redis: redis, dsn: dsn, crew: crew,
			fleet: fleet.New(s, fleet.Options{
				Program: b.program, Postgres: dsn, Redis: []string{redis.URL()},
				// A pod is a shard of its own, as the home of a session is one.
				Configure: func(_ int, configuration *config.Config) { configuration.Shards = pods },
			}),
		}
		for range pods {
			here.fleet.Add()
		}
		err = do(here)
		if err != nil {
			here.quote()
		}
		return err
	})
}

// quoted is how much of a pod's log helps to understand a failure.
const quoted = 2000

// quote logs the end of what every pod has printed.
func (s *site) quote() {
	for number, pod := range s.fleet.Pods {
		output := pod.Output()
		s.bench.options.Log("pod %d printed last:\n%s", number, output[max(0, len(output)-quoted):])
	}
}

// newDatabase makes an empty database. It stays until the server goes.
func (b *Bench) newDatabase(ctx context.Context) (string, error) {
	connection, err := pgx.Connect(ctx, b.postgres.DSN())
	if err != nil {
		return "", fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	defer func() { _ = connection.Close(ctx) }() // the statement's result is what counts
	name := fmt.Sprintf("bench_%d", b.fleets.Add(1))
	if _, err := connection.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		return "", fmt.Errorf("make a database: %w", err)
	}
	dsn, err := url.Parse(b.postgres.DSN())
	if err != nil {
		return "", fmt.Errorf("read PostgreSQL's address: %w", err)
	}
	dsn.Path = "/" + name
	return dsn.String(), nil
}
