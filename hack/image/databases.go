package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

const (
	// databaseUser is the user that the usual PostgreSQL and Redis images run as.
	databaseUser = 999
	zones        = "/usr/share/zoneinfo/"
)

// postgres is made of Debian's PostgreSQL packages. It takes the usual settings: POSTGRES_USER,
// POSTGRES_PASSWORD, POSTGRES_DB, PGDATA.
func postgres() definition {
	return definition{
		reference: reference("postgres"),
		config: v1.Config{
			User:         databaseUserAndGroup(),
			Entrypoint:   []string{"/postgres-entrypoint"},
			WorkingDir:   "/var/lib/postgresql",
			Env:          []string{"PATH=/usr/lib/postgresql/bin:/usr/bin", "LANG=C.UTF-8", "PGDATA=/var/lib/postgresql/data"},
			ExposedPorts: map[string]struct{}{"5432/tcp": {}},
			// The default signal makes PostgreSQL wait until every client has gone.
			StopSignal: "SIGINT",
		},
		files:       postgresFiles,
		engineImage: "postgres:15-bookworm",
	}
}

func postgresFiles(ctx context.Context, work workspace) ([]file, error) {
	version, err := postgresVersion()
	if err != nil {
		return nil, err
	}
	files, err := goProgram("/postgres-entrypoint", "./hack/image/postgres-entrypoint")(ctx, work)
	if err != nil {
		return nil, err
	}
	sources := []struct {
		name string
		keep func(string) bool
	}{
		{"postgresql-" + version, keepServerFile},
		{"postgresql-client-" + version, func(path string) bool { return strings.HasPrefix(path, "/usr/lib/postgresql/") }},
		{"tzdata", func(path string) bool {
			return strings.HasPrefix(path, zones) && !strings.HasPrefix(path, zones+"right/") && !strings.HasPrefix(path, zones+"posix/")
		}},
	}
	for _, source := range sources {
		more, err := packageFiles(ctx, source.name, source.keep)
		if err != nil {
			return nil, err
		}
		files = append(files, more...)
	}
	locale, err := treeFiles("/usr/lib/locale/C.utf8")
	if err != nil {
		return nil, err
	}
	files = append(files, locale...)
	files = append(files, databaseBase("postgres", "/var/lib/postgresql")...)
	files = append(files,
		// initdb starts the server through the shell.
		file{path: "/usr/bin/sh", mode: 0o755, source: "/bin/sh"},
		file{path: "/usr/lib/postgresql/bin", link: version + "/bin"},
		file{path: "/var/run", link: "../run"},
		file{path: "/run/postgresql", mode: 0o1777, folder: true},
	)
	return withLibraries(ctx, files)
}

// keepServerFile leaves out documentation, translations and the just-in-time compiler, whose
// library is larger than everything else together. PostgreSQL works without it.
func keepServerFile(path string) bool {
	if strings.Contains(path, "llvmjit") || strings.Contains(path, "/bitcode/") {
		return false
	}
	return strings.HasPrefix(path, "/usr/lib/postgresql/") || strings.HasPrefix(path, "/usr/share/postgresql/")
}

// postgresVersion is the newest major version installed on this host.
func postgresVersion() (string, error) {
	servers, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil {
		return "", fmt.Errorf("look for PostgreSQL: %w", err)
	}
	var versions []int
	for _, path := range servers {
		if version, err := strconv.Atoi(strings.Split(path, "/")[4]); err == nil {
			versions = append(versions, version)
		}
	}
	if len(versions) == 0 {
		return "", errors.New("PostgreSQL is not installed: run hack/tools/system")
	}
	sort.Ints(versions)
	return strconv.Itoa(versions[len(versions)-1]), nil
}

// redis is made of Debian's Redis packages. It listens on every address and keeps nothing unless
// the pod's arguments say otherwise.
func redis() definition {
	return definition{
		reference: reference("redis"),
		config: v1.Config{
			User:         databaseUserAndGroup(),
			Entrypoint:   []string{"/usr/bin/redis-server", "--protected-mode", "no"},
			WorkingDir:   "/data",
			Env:          []string{"PATH=/usr/bin"},
			ExposedPorts: map[string]struct{}{"6379/tcp": {}},
		},
		files:       redisFiles,
		engineImage: "redis:7-bookworm",
	}
}

func redisFiles(ctx context.Context, _ workspace) ([]file, error) {
	var files []file
	for _, name := range []string{"redis-server", "redis-tools"} {
		more, err := packageFiles(ctx, name, func(path string) bool { return strings.HasPrefix(path, "/usr/bin/redis-") })
		if err != nil {
			return nil, err
		}
		files = append(files, more...)
	}
	files = append(files, databaseBase("redis", "/data")...)
	files = append(files, file{path: "/usr/bin/sh", mode: 0o755, source: "/bin/sh"})
	return withLibraries(ctx, files)
}

// databaseBase is what both database images have beside packages.
func databaseBase(user, home string) []file {
	identity := databaseUserAndGroup()
	return []file{
		{path: "/etc/passwd", mode: 0o644, content: []byte(
			"root:x:0:0:root:/root:/sbin/nologin\n" + user + ":x:" + identity + "::" + home + ":/bin/sh\n")},
		{path: "/etc/group", mode: 0o644, content: []byte(fmt.Sprintf("root:x:0:\n%s:x:%d:\n", user, databaseUser))},
		{path: home, mode: 0o777, owner: databaseUser, folder: true},
		{path: "/tmp", mode: 0o1777, folder: true},
	}
}

func databaseUserAndGroup() string { return fmt.Sprintf("%d:%d", databaseUser, databaseUser) }
