package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/parley-chat/parley/chatserver/server"
)

func runDevelopment(ctx context.Context, arguments []string) error {
	flags := flag.NewFlagSet("dev", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:8080", "the `address` to serve on")
	data := flags.String("data", ".parley", "the `folder` for the database and the keys")
	asJSON := flags.Bool("json", false, "print one JSON object as the first line instead of examples")
	allowRemote := flags.Bool("allow-remote", false, "allow an address that other machines reach")
	if err := parse(flags, arguments); err != nil {
		return err
	}
	if !*allowRemote && !isLoopback(*listen) {
		return fmt.Errorf("--listen %s can be reached from other machines, and the keys of development mode guard nothing worth much: use 127.0.0.1, or add --allow-remote if you mean it", *listen)
	}
	development, err := server.PrepareDevelopment(*data, *listen)
	if err != nil {
		return err
	}
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	return server.Run(ctx, development.Configuration, server.Options{
		Logger: logger,
		Serving: func(address net.Addr) {
			if *asJSON {
				printJSON(development, address)
				return
			}
			printExamples(development, address)
		},
	})
}

// isLoopback reports whether an address can be reached from this machine only.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// announcement is what scripts read.
type announcement struct {
	URL       string `json:"url"`
	SecretKey string `json:"secretKey"`
	PublicKey string `json:"publicKey"`
	Project   string `json:"project"`
	PID       int    `json:"pid"`
}

func printJSON(development server.Development, address net.Addr) {
	line, err := json.Marshal(announcement{
		URL: "http://" + address.String(), SecretKey: development.SecretKey.Reveal(),
		PublicKey: development.PublicKey.Reveal(), Project: server.DevelopmentProject, PID: os.Getpid(),
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "chatserver:", err)
		return
	}
	fmt.Println(string(line))
}

// examples are lines to paste. The conversation has a new external id at each
// start, so that they work then too.
const examples = `Parley serves project %[1]s at %[2]s

  secret key  %[3]s
  public key  %[4]s

Create a user, a conversation and a message:

  curl -s %[2]s/chat/v1/users -H 'X-API-Key: %[3]s' -d '{"username":"ada","displayName":"Ada","onConflict":"reuse"}'
  curl -s %[2]s/chat/v1/conversations -H 'X-API-Key: %[3]s' -H 'X-Parley-User: username:ada' -d '{"externalId":"%[6]s","name":"Hello"}'
  curl -s %[2]s/chat/v1/conversations/%[6]s/messages -H 'X-API-Key: %[3]s' -H 'X-Parley-User: username:ada' -d '{"content":{"text":"hi"}}'

Watch what happens live (needs Node.js for npx), in another terminal after the first line above:

  npx -y wscat -c ws://%[5]s/chat/v1/ws -H 'X-API-Key: %[3]s' -H 'X-Parley-User: username:ada'

Ctrl-C ends it; the data stays.
`

func printExamples(development server.Development, address net.Addr) {
	url := "http://" + address.String()
	conversation := fmt.Sprintf("hello-%d", time.Now().Unix())
	fmt.Printf(examples, server.DevelopmentProject, url, development.SecretKey.Reveal(), development.PublicKey.Reveal(), address, conversation)
}
