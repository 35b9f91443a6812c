package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

const (
	nonroot     = 65532
	nonrootUser = "65532:65532"
	// authorities is where crypto/x509 looks first on Linux, and where Debian keeps the file.
	authorities = "/etc/ssl/certs/ca-certificates.crt"
)

// buildArguments are the flags of every Go program in an image; the Dockerfile uses the same.
var buildArguments = []string{"-trimpath", "-buildvcs=false", "-ldflags=-s -w"}

// server is the image of one of the project's own commands, equal to the Dockerfile's target.
func server(command string) definition {
	binary := "/" + command
	return definition{
		reference: reference(command),
		config: v1.Config{
			User:       nonrootUser,
			Entrypoint: []string{binary},
			WorkingDir: "/home/nonroot",
			Env:        []string{"PATH=/", "SSL_CERT_FILE=" + authorities},
		},
		files: func(ctx context.Context, work workspace) ([]file, error) {
			files, err := goProgram(binary, "./cmd/"+command)(ctx, work)
			if err != nil {
				return nil, err
			}
			return append(files, baseFiles()...), nil
		},
	}
}

// baseFiles stand for the Dockerfile's base image: a user, certificate authorities, a place for
// temporary files.
func baseFiles() []file {
	files := []file{
		{path: "/etc/passwd", mode: 0o644, content: []byte(
			"root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n")},
		{path: "/etc/group", mode: 0o644, content: []byte("root:x:0:\nnonroot:x:65532:\n")},
		{path: "/home/nonroot", mode: 0o700, owner: nonroot, folder: true},
		{path: "/tmp", mode: 0o1777, folder: true},
	}
	if _, err := os.Stat(authorities); err == nil {
		files = append(files, file{path: authorities, mode: 0o644, source: authorities})
	}
	return files
}

// goProgram builds one Go package for Linux and puts it at the given path.
func goProgram(path, packagePath string) func(context.Context, workspace) ([]file, error) {
	return func(ctx context.Context, work workspace) ([]file, error) {
		binary := filepath.Join(work.scratch, filepath.Base(path))
		arguments := append([]string{"build"}, buildArguments...)
		command := exec.CommandContext(ctx, "go", append(arguments, "-o", binary, packagePath)...)
		command.Dir = work.root
		command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+runtime.GOARCH)
		command.Stderr = os.Stderr
		if err := command.Run(); err != nil {
			return nil, fmt.Errorf("go build %s: %w", packagePath, err)
		}
		return []file{{path: path, mode: 0o755, source: binary}}, nil
	}
}

// coreDNS wraps the CoreDNS binary among the developer tools.
func coreDNS() definition {
	return definition{
		reference: reference("coredns"),
		config:    v1.Config{User: nonrootUser, Entrypoint: []string{"/coredns"}},
		files: func(ctx context.Context, work workspace) ([]file, error) {
			if runtime.GOOS != "linux" {
				return nil, fmt.Errorf("the coredns binary in .tools is for %s, not for Linux", runtime.GOOS)
			}
			install := exec.CommandContext(ctx, filepath.Join(work.root, "hack", "tools", "install"), "coredns")
			install.Stdout, install.Stderr = os.Stderr, os.Stderr
			if err := install.Run(); err != nil {
				return nil, fmt.Errorf("install coredns: %w", err)
			}
			binary := filepath.Join(work.root, ".tools", "bin", "coredns")
			return []file{{path: "/coredns", mode: 0o755, source: binary}}, nil
		},
	}
}
