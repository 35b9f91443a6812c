package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// processes keeps track of long-running programs by one record each.
type processes struct{ folder string }

// process identifies a running program. A process id alone may be used again by another program;
// together with the time it started it may not.
type process struct {
	ID      int    `json:"id"`
	Started string `json:"started"`
}

func (p processes) log(name string) string    { return filepath.Join(p.folder, name+".log") }
func (p processes) record(name string) string { return filepath.Join(p.folder, name+".json") }

// start runs a program in a session of its own, so that it outlives this one. A program that
// already runs is left alone.
func (p processes) start(name string, environment []string, program string, arguments ...string) error {
	if p.alive(name) {
		return nil
	}
	if err := os.MkdirAll(p.folder, 0o755); err != nil {
		return fmt.Errorf("make the process folder: %w", err)
	}
	output, err := os.OpenFile(p.log(name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return fmt.Errorf("open the log of %s: %w", name, err)
	}
	defer func() { _ = output.Close() }()
	// No context: the program outlives this one.
	command := exec.CommandContext(context.Background(), program, arguments...)
	command.Stdout, command.Stderr = output, output
	command.Env = append(os.Environ(), environment...)
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := command.Start(); err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	started, err := startTime(command.Process.Pid)
	if err != nil {
		return fmt.Errorf("%s ended at once: %s", name, p.lastLines(name))
	}
	// Collect the exit status while this program lives; init does it afterwards.
	go func() { _ = command.Wait() }()
	record, err := json.Marshal(process{ID: command.Process.Pid, Started: started})
	if err != nil {
		return fmt.Errorf("record %s: %w", name, err)
	}
	return write(p.record(name), record, 0o644)
}

func (p processes) find(name string) (process, bool) {
	var found process
	content, err := os.ReadFile(p.record(name))
	if err != nil || json.Unmarshal(content, &found) != nil {
		return process{}, false
	}
	return found, found.runs()
}

func (p processes) alive(name string) bool {
	_, alive := p.find(name)
	return alive
}

// stop ends a program and waits for it; one that does not listen is killed.
func (p processes) stop(ctx context.Context, name string, patience time.Duration) error {
	found, alive := p.find(name)
	if alive {
		if err := found.end(ctx, patience); err != nil {
			return fmt.Errorf("stop %s: %w", name, err)
		}
	}
	if err := os.Remove(p.record(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forget %s: %w", name, err)
	}
	return nil
}

// end sends SIGTERM, and SIGKILL when patience runs out.
func (p process) end(ctx context.Context, patience time.Duration) error {
	for _, attempt := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{syscall.SIGTERM, patience}, {syscall.SIGKILL, 10 * time.Second}} {
		if !p.runs() {
			return nil
		}
		if err := syscall.Kill(p.ID, attempt.signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("signal process %d: %w", p.ID, err)
		}
		if poll(ctx, attempt.wait, 20*time.Millisecond, func() bool { return !p.runs() }) {
			return nil
		}
	}
	return fmt.Errorf("process %d does not end", p.ID)
}

func (p process) runs() bool {
	started, err := startTime(p.ID)
	return err == nil && started == p.Started
}

// startTime reads when a process started, in ticks since boot. A process that has ended but was not
// collected yet counts as gone.
func startTime(id int) (string, error) {
	fields, err := statFields(id)
	if err != nil {
		return "", err
	}
	if fields[0] == "Z" || fields[0] == "X" {
		return "", fs.ErrNotExist
	}
	return fields[19], nil
}

// statFields returns the fields of /proc/ID/stat after the program's name, which may hold blanks
// and brackets itself: state, parent, and so on.
func statFields(id int) ([]string, error) {
	content, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(id), "stat"))
	if err != nil {
		return nil, fmt.Errorf("read process %d: %w", id, err)
	}
	fields := strings.Fields(string(content[strings.LastIndexByte(string(content), ')')+1:]))
	if len(fields) < 20 {
		return nil, fmt.Errorf("process %d: unexpected stat line", id)
	}
	return fields, nil
}

// lastLines returns the end of a program's log, for messages.
func (p processes) lastLines(name string) string {
	content, err := os.ReadFile(p.log(name))
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	return strings.Join(lines[max(0, len(lines)-15):], "\n")
}

// poll asks until the answer is yes, and reports false when time or context runs out before.
func poll(ctx context.Context, patience, interval time.Duration, done func() bool) bool {
	deadline := time.Now().Add(patience)
	for !done() {
		if time.Now().After(deadline) || ctx.Err() != nil {
			return false
		}
		time.Sleep(interval)
	}
	return true
}
