// Command chatserver runs the chat server: `dev` for one project on this
// machine with nothing else needed, `serve` for a project of a cluster.
//
// What may enter: flags, and what is printed at the start. What may not: wiring
// (package server).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/gin-gonic/gin"
	"github.com/redis/go-redis/v9"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/server"
	"github.com/parley-chat/parley/chatserver/timerslack"
)

const usage = `usage:
  chatserver dev   [--listen 127.0.0.1:8080] [--data .parley] [--json] [--allow-remote]
  chatserver serve --config FILE [--shard N]

Each command takes --help.
`

func main() {
	timerslack.Widen()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	gin.SetMode(gin.ReleaseMode)
	os.Exit(run(ctx, os.Args[1:]))
}

// errUsage says that the command line was wrong and that this was printed.
var errUsage = errors.New("usage")

func run(ctx context.Context, arguments []string) int {
	commands := map[string]func(context.Context, []string) error{"dev": runDevelopment, "serve": runServe}
	if len(arguments) == 0 || commands[arguments[0]] == nil {
		fmt.Fprint(os.Stderr, usage)
		return 2
	}
	err := commands[arguments[0]](ctx, arguments[1:])
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		return 2
	}
	fmt.Fprintln(os.Stderr, "chatserver:", err)
	return 1
}

func runServe(ctx context.Context, arguments []string) error {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	path := flags.String("config", "", "the configuration `file`")
	shard := flags.Int("shard", 0, "the `number` of the shard that this process belongs to")
	if err := parse(flags, arguments); err != nil {
		return err
	}
	if *path == "" {
		fmt.Fprintln(flags.Output(), "flag is missing: -config")
		flags.Usage()
		return errUsage
	}
	configuration, err := config.Load(*path)
	if err != nil {
		return err
	}
	if *shard < 0 || *shard >= configuration.Shards {
		return fmt.Errorf("--shard must be 0 to %d, not %d", configuration.Shards-1, *shard)
	}
	logger := slog.New(slog.NewJSONHandler(os.Stderr, nil)).With("project", configuration.Project.UID, "shard", *shard)
	redis.SetLogger(redisLogger{logger})
	return server.Run(ctx, configuration, server.Options{Logger: logger})
}

// parse prints what is wrong with the command line itself.
func parse(flags *flag.FlagSet, arguments []string) error {
	if err := flags.Parse(arguments); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errUsage
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(flags.Output(), "unexpected argument %q\n", flags.Arg(0))
		flags.Usage()
		return errUsage
	}
	return nil
}
