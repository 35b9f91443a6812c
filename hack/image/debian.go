package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// hasDebianPackages reports whether images can be made of this host's own packages.
func hasDebianPackages() bool {
	_, err := exec.LookPath("dpkg-query")
	return runtime.GOOS == "linux" && err == nil
}

// packageFiles returns the regular files of an installed Debian package that keep accepts.
func packageFiles(ctx context.Context, name string, keep func(path string) bool) ([]file, error) {
	output, err := exec.CommandContext(ctx, "dpkg-query", "--listfiles", name).Output()
	if err != nil {
		return nil, fmt.Errorf("package %s is not installed (hack/tools/system installs it): %w", name, err)
	}
	var files []file
	for _, path := range strings.Fields(string(output)) {
		if !keep(path) {
			continue
		}
		// Links are followed: the image holds the content at every name.
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			files = append(files, file{path: path, source: path})
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("package %s has none of the expected files", name)
	}
	return files, nil
}

// treeFiles returns every regular file below a folder.
func treeFiles(folder string) ([]file, error) {
	var files []file
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			files = append(files, file{path: path, source: path})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", folder, err)
	}
	return files, nil
}

// libraryLine matches a line of ldd: "libc.so.6 => /lib/.../libc.so.6 (0x...)" or the loader's own.
var libraryLine = regexp.MustCompile(`^\s+(?:\S+ => )?(/\S+) \(0x`)

// withLibraries adds the shared libraries that the given files load, and the folders' links that
// make both /lib and /usr/lib valid.
func withLibraries(ctx context.Context, files []file) ([]file, error) {
	var programs []string
	for _, entry := range files {
		if entry.source != "" && isExecutableFormat(entry.source) {
			programs = append(programs, entry.source)
		}
	}
	output, err := exec.CommandContext(ctx, "ldd", programs...).Output()
	// ldd exits 1 when one of the files is statically linked, which is no failure here.
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || len(output) == 0) {
		return nil, fmt.Errorf("list shared libraries: %w", err)
	}
	all := append([]file(nil), files...)
	lines := bufio.NewScanner(bytes.NewReader(output))
	for lines.Scan() {
		if strings.Contains(lines.Text(), "not found") {
			return nil, fmt.Errorf("a shared library is missing on this host: %s", strings.TrimSpace(lines.Text()))
		}
		if match := libraryLine.FindStringSubmatch(lines.Text()); match != nil {
			path := match[1]
			if !strings.HasPrefix(path, "/usr/") {
				path = "/usr" + path
			}
			all = append(all, file{path: path, mode: 0o755, source: match[1]})
		}
	}
	for _, name := range []string{"bin", "lib", "lib64", "sbin"} {
		all = append(all, file{path: "/" + name, link: "usr/" + name})
	}
	return all, lines.Err()
}

// isExecutableFormat reports whether a file is an ELF program or library.
func isExecutableFormat(path string) bool {
	input, err := os.Open(path)
	if err != nil {
		return false
	}
	defer func() { _ = input.Close() }()
	magic := make([]byte, 4)
	_, err = input.Read(magic)
	return err == nil && bytes.Equal(magic, []byte("\x7fELF"))
}
