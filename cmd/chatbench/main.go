// Command chatbench measures a fleet of chat servers on this machine against the
// budgets of docs/benchmarks.md. It starts its own PostgreSQL, Redis and chat
// servers, and makes the load from processes of its own.
//
// What may enter: flags, and in which order the parts are called. What may not:
// scenarios, measuring and rendering (packages below internal).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/parley-chat/parley/cmd/chatbench/internal/load"
	"github.com/parley-chat/parley/cmd/chatbench/internal/report"
	"github.com/parley-chat/parley/cmd/chatbench/internal/scenario"
	"github.com/parley-chat/parley/cmd/chatbench/internal/scope"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	redis.SetLogger(silent{})
	if err := run(ctx, os.Args[1:]); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "chatbench:", err)
		}
		stop()
		os.Exit(1)
	}
}

// silent takes what the Redis client says of servers that are still starting.
type silent struct{}

// Printf says nothing.
func (silent) Printf(context.Context, string, ...any) {}

// workerCommand makes this program a process of the load; its number follows.
const workerCommand = "worker"

// settings are the command line.
type settings struct {
	scenarios string
	duration  time.Duration
	workers   int
	profiles  string
	json      string
	page      string
	command   string // the whole line
}

func run(ctx context.Context, arguments []string) error {
	if len(arguments) > 0 && arguments[0] == workerCommand {
		return work(ctx, strings.Join(arguments[1:], " "))
	}
	chosen := settings{command: strings.Join(append([]string{"chatbench"}, arguments...), " ")}
	flags := flag.NewFlagSet("chatbench", flag.ContinueOnError)
	flags.StringVar(&chosen.scenarios, "scenario", "", "run these `scenarios` only, by name with commas: "+strings.Join(names(), ", "))
	flags.DurationVar(&chosen.duration, "duration", 10*time.Second, "of the steady state of each scenario")
	flags.IntVar(&chosen.workers, "workers", 2, "processes that make the load")
	flags.StringVar(&chosen.profiles, "profile", "", "collect CPU and heap profiles of the servers in this `folder`")
	flags.StringVar(&chosen.json, "json", "", "write all numbers to this `file`")
	flags.StringVar(&chosen.page, "write", "", "rewrite the measured part of this `page`, and the picture beside it")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	wanted, err := choose(chosen.scenarios)
	if err != nil {
		return err
	}
	return scope.Run(ctx, func(s *scope.Scope) error { return measure(s, chosen, wanted) })
}

// work is this program as a process of the load.
func work(ctx context.Context, name string) error {
	number, err := strconv.Atoi(name)
	if err != nil {
		return fmt.Errorf("the number of a worker: %w", err)
	}
	return load.Work(ctx, number, os.Stdin, os.Stdout)
}

func names() []string {
	var all []string
	for _, each := range scenario.All() {
		all = append(all, each.Name)
	}
	return all
}

var errNoScenario = errors.New("there is no such scenario")

// choose finds the named scenarios, or with an empty list all.
func choose(list string) ([]scenario.Scenario, error) {
	if list == "" {
		return scenario.All(), nil
	}
	var chosen []scenario.Scenario
next:
	for name := range strings.SplitSeq(list, ",") {
		for _, each := range scenario.All() {
			if each.Name == name {
				chosen = append(chosen, each)
				continue next
			}
		}
		return nil, fmt.Errorf("%w: %q; there are %s", errNoScenario, name, strings.Join(names(), ", "))
	}
	return chosen, nil
}

// measure runs the scenarios and renders what they gave.
func measure(s *scope.Scope, chosen settings, wanted []scenario.Scenario) error {
	begin := time.Now()
	log := func(format string, arguments ...any) {
		fmt.Fprintf(os.Stderr, "%6.1fs  %s\n", time.Since(begin).Seconds(), fmt.Sprintf(format, arguments...))
	}
	bench, err := scenario.New(s, scenario.Options{
		Duration: chosen.duration, Workers: chosen.workers, WorkerArguments: []string{workerCommand},
		Profiles: chosen.profiles, Log: log,
	})
	if err != nil {
		return err
	}
	result := report.Report{Command: chosen.command, Rows: bench.Floor().Rows()}
	if result.Machine, err = bench.Machine(s.Context()); err != nil {
		return err
	}
	for _, each := range wanted {
		log("scenario %s", each.Name)
		rows, err := each.Run(bench)
		if err != nil {
			return fmt.Errorf("scenario %s: %w", each.Name, err)
		}
		result.Rows = append(result.Rows, rows...)
	}
	return render(result, chosen)
}
