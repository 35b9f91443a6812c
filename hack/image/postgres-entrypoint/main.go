// Command postgres-entrypoint prepares a data folder on first start and then becomes PostgreSQL.
//
// What may enter: what process 1 of that image must do. What may not: anything else, or a dependency.
package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

type settings struct {
	user, password, database, data string
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "postgres-entrypoint:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	configured := settings{
		user:     valueOr(os.Getenv("POSTGRES_USER"), "postgres"),
		password: os.Getenv("POSTGRES_PASSWORD"),
		data:     valueOr(os.Getenv("PGDATA"), "/var/lib/postgresql/data"),
	}
	configured.database = valueOr(os.Getenv("POSTGRES_DB"), configured.user)
	if err := configured.prepare(); err != nil {
		return err
	}
	// A volume with an fsGroup comes back writable for the group, which PostgreSQL refuses.
	if err := os.Chmod(configured.data, 0o700); err != nil {
		return fmt.Errorf("close the data folder to others: %w", err)
	}

	server, err := exec.LookPath("postgres")
	if err != nil {
		return fmt.Errorf("find postgres: %w", err)
	}
	// Callers may repeat the program's name, as with the usual PostgreSQL image.
	if len(arguments) > 0 && arguments[0] == "postgres" {
		arguments = arguments[1:]
	}
	command := append([]string{"postgres", "-D", configured.data, "-c", "listen_addresses=*"}, arguments...)
	if err := syscall.Exec(server, command, os.Environ()); err != nil { //nolint:gosec // the pod says how its server starts
		return fmt.Errorf("become postgres: %w", err)
	}
	return nil
}

// prepare makes the database cluster unless the data folder holds one. It works beside the data
// folder and renames at the end, so a start that was cut short leaves nothing half made.
func (s settings) prepare() error {
	_, err := os.Stat(filepath.Join(s.data, "PG_VERSION"))
	if err == nil {
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look for an earlier start: %w", err)
	}
	if s.password == "" {
		return errors.New("POSTGRES_PASSWORD is empty: set it for the first start")
	}
	fresh := s
	fresh.data = filepath.Clean(s.data) + ".preparing"
	if err := os.RemoveAll(fresh.data); err != nil {
		return fmt.Errorf("clear an unfinished start: %w", err)
	}
	if err := fresh.initialise(); err != nil {
		return err
	}
	if err := fresh.createDatabase(); err != nil {
		return err
	}
	if err := os.Rename(fresh.data, s.data); err != nil {
		return fmt.Errorf("put the data folder in place (PGDATA must be absent or empty, inside its volume): %w", err)
	}
	return nil
}

func (s settings) initialise() error {
	secret, err := os.CreateTemp("", "password-")
	if err != nil {
		return fmt.Errorf("store the password for initdb: %w", err)
	}
	defer func() { _ = os.Remove(secret.Name()) }()
	_, err = secret.WriteString(s.password + "\n")
	if err := errors.Join(err, secret.Close()); err != nil {
		return fmt.Errorf("store the password for initdb: %w", err)
	}
	initialise := exec.CommandContext(context.Background(), "initdb", "-D", s.data, "--username="+s.user, "--pwfile="+secret.Name(),
		"--auth-local=trust", "--auth-host=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8")
	initialise.Stdout, initialise.Stderr = os.Stdout, os.Stderr
	if err := initialise.Run(); err != nil {
		return fmt.Errorf("initdb: %w", err)
	}
	access, err := os.OpenFile(filepath.Join(s.data, "pg_hba.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("open the access list: %w", err)
	}
	_, err = access.WriteString("host all all all scram-sha-256\n")
	if err := errors.Join(err, access.Close()); err != nil {
		return fmt.Errorf("extend the access list: %w", err)
	}
	return nil
}

// createDatabase uses the single-user mode, which opens no port before everything is ready.
func (s settings) createDatabase() error {
	if s.database == "postgres" {
		return nil
	}
	create := exec.CommandContext(context.Background(), "postgres", "--single", "-D", s.data, "postgres")
	create.Stdin = strings.NewReader(`CREATE DATABASE "` + strings.ReplaceAll(s.database, `"`, `""`) + "\"\n")
	create.Stdout, create.Stderr = os.Stdout, os.Stderr
	if err := create.Run(); err != nil {
		return fmt.Errorf("create database %s: %w", s.database, err)
	}
	return nil
}

func valueOr(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}
