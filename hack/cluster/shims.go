package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// endShims ends the container shims that belong to one containerd, and the containers below them.
// containerd leaves shims running on purpose when it stops.
func endShims(ctx context.Context, socket string) error {
	identifiers, err := runningProcesses()
	if err != nil {
		return err
	}
	children := map[int][]int{}
	var shims []int
	for _, id := range identifiers {
		if fields, err := statFields(id); err == nil {
			if parent, err := strconv.Atoi(fields[1]); err == nil {
				children[parent] = append(children[parent], id)
			}
		}
		if isShim(id, socket) {
			shims = append(shims, id)
		}
	}
	// Containers go first: without its shim a container would be nobody's child.
	var failures []error
	for _, shim := range shims {
		for _, id := range append(descendants(children, shim), shim) {
			started, err := startTime(id)
			if err != nil {
				continue
			}
			failures = append(failures, process{ID: id, Started: started}.end(ctx, time.Second))
		}
	}
	return errors.Join(failures...)
}

func runningProcesses() ([]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var identifiers []int
	for _, entry := range entries {
		if id, err := strconv.Atoi(entry.Name()); err == nil {
			identifiers = append(identifiers, id)
		}
	}
	return identifiers, nil
}

// isShim reports whether a process is a shim whose command line names the given socket.
func isShim(id int, socket string) bool {
	content, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(id), "cmdline"))
	if err != nil {
		return false
	}
	arguments := strings.Split(string(content), "\x00")
	return filepath.Base(arguments[0]) == "containerd-shim-runc-v2" && slices.Contains(arguments, socket)
}

// descendants lists the children of a process, deepest first.
func descendants(children map[int][]int, id int) []int {
	var all []int
	for _, child := range children[id] {
		all = append(append(all, descendants(children, child)...), child)
	}
	return all
}
