//go:build unix

package fleet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/server"
	"github.com/parley-chat/parley/test/client"
	"github.com/parley-chat/parley/test/services"
)

// Options are what a fleet is made of.
type Options struct {
	Program  string   // from Build
	Postgres string   // the DSN of a database that the fleet has for itself
	Redis    []string // the URL of one server, or of every node of a Redis Cluster
	// Configure changes the configuration of one more pod, or is nil.
	Configure func(pod int, configuration *config.Config)
	// Environment is beside that of this program.
	Environment []string
}

// Fleet is the pods of one project. Its methods are safe for concurrent use, but
// for Start.
type Fleet struct {
	Pods []*Pod

	scope       services.Scope
	options     Options
	folder      string
	development server.Development
	next        atomic.Uint64
}

// New prepares a project without any pod.
func New(scope services.Scope, options Options) *Fleet {
	scope.Helper()
	folder := scope.TempDir()
	development, err := server.PrepareDevelopment(folder, "127.0.0.1:0")
	if err != nil {
		scope.Fatal(err)
	}
	configuration := &development.Configuration
	configuration.Shards = 2
	configuration.DrainWindow = config.Duration{Duration: 2 * time.Second}
	configuration.Limits = generousLimits()
	configuration.Store = config.Store{Engine: "postgres", DSNFile: filepath.Join(folder, "dsn"), Schema: "parley"}
	configuration.Bus = config.Bus{Engine: "redis", URLFile: filepath.Join(folder, "redis")}
	f := &Fleet{scope: scope, options: options, folder: folder, development: development}
	f.write("dsn", options.Postgres)
	f.write("redis", strings.Join(options.Redis, "\n"))
	return f
}

// generousLimits are the default ones with rates and sizes that nobody meets by
// accident.
func generousLimits() config.Limits {
	limits := config.DefaultLimits()
	for _, rate := range []*config.Rate{
		&limits.RequestsPerUser, &limits.RequestsPerProject, &limits.SendsPerUser, &limits.SendsPerProject, &limits.FailuresPerAddress,
	} {
		*rate = config.Rate{PerSecond: 1_000_000, Burst: 2_000_000}
	}
	limits.ConnectionsPerUser, limits.ConnectionsPerProject = 1000, 100_000
	limits.MembersPerRequest = 1000
	return limits
}

// write puts a file into the fleet's folder and returns its path.
func (f *Fleet) write(name, content string) string {
	f.scope.Helper()
	path := filepath.Join(f.folder, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		f.scope.Fatal(err)
	}
	return path
}

// Caller calls the first pod with a secret key.
func (f *Fleet) Caller() client.Caller {
	return client.Caller{URL: f.Pods[0].URL(), Key: f.development.SecretKey.Reveal()}
}

// Where names pods in turn, for a participant: the given ones, or all. A pod that
// has ended is left out, as the Service of a cluster does.
func (f *Fleet) Where(pods ...int) func(context.Context) (string, error) {
	return func(context.Context) (string, error) {
		turn := int(f.next.Add(1))
		for i := range f.Pods {
			number := (turn + i) % len(f.Pods)
			if len(pods) > 0 && !slices.Contains(pods, number) {
				continue
			}
			if pod := f.Pods[number]; pod.takesSessions() {
				return pod.URL(), nil
			}
		}
		return "", errNoPod
	}
}

var errNoPod = errors.New("no pod takes sessions")

// Add starts one more pod and waits until it is ready.
func (f *Fleet) Add() *Pod { return f.AddWith(f.options) }

// AddWith is Add with other options.
func (f *Fleet) AddWith(options Options) *Pod {
	f.scope.Helper()
	pod := &Pod{fleet: f, number: len(f.Pods), options: options}
	f.Pods = append(f.Pods, pod)
	f.scope.Cleanup(pod.remove)
	pod.Start(f.scope.Context())
	return pod
}

// Sum adds up a metric of all pods that run.
func (f *Fleet) Sum(ctx context.Context, name string) float64 {
	f.scope.Helper()
	total := 0.0
	for _, pod := range f.Pods {
		if pod.Running() {
			value, err := pod.Metric(ctx, name)
			if err != nil {
				f.scope.Fatal(fmt.Errorf("pod %d: %w", pod.number, err))
			}
			total += value
		}
	}
	return total
}
