package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

func onlyOnLinux(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("processes are read from /proc")
	}
}

func TestProcessStartsOnceAndStops(t *testing.T) {
	onlyOnLinux(t)
	kept := processes{folder: t.TempDir()}
	if err := kept.start("sleep", nil, "sleep", "60"); err != nil {
		t.Fatal(err)
	}
	first, alive := kept.find("sleep")
	if !alive {
		t.Fatal("the process is not found after its start")
	}
	if err := kept.start("sleep", nil, "sleep", "60"); err != nil {
		t.Fatal(err)
	}
	if second, _ := kept.find("sleep"); second != first {
		t.Errorf("a second start made %v beside %v", second, first)
	}
	if err := kept.stop(t.Context(), "sleep", time.Second); err != nil {
		t.Fatal(err)
	}
	if first.runs() {
		t.Error("the process runs after stop")
	}
	if err := kept.stop(t.Context(), "sleep", time.Second); err != nil {
		t.Errorf("stopping what is stopped: %v", err)
	}
}

func TestProcessThatIgnoresSignalsIsKilled(t *testing.T) {
	onlyOnLinux(t)
	kept := processes{folder: t.TempDir()}
	if err := kept.start("stubborn", nil, "sh", "-c", "trap '' TERM; echo trapped; while :; do sleep 1; done"); err != nil {
		t.Fatal(err)
	}
	if !poll(t.Context(), 5*time.Second, 5*time.Millisecond, func() bool { return strings.Contains(kept.lastLines("stubborn"), "trapped") }) {
		t.Fatal("the process never set its trap")
	}
	found, _ := kept.find("stubborn")
	if err := kept.stop(t.Context(), "stubborn", 100*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if found.runs() {
		t.Error("the process survived")
	}
}

// The kernel hands out process ids again: a record whose start time differs is another program's.
func TestStopSparesAnotherProgramWithTheSameID(t *testing.T) {
	onlyOnLinux(t)
	stranger := exec.Command("sleep", "60")
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stranger.Process.Kill(); _ = stranger.Wait() })
	record, err := json.Marshal(process{ID: stranger.Process.Pid, Started: "1"})
	if err != nil {
		t.Fatal(err)
	}
	kept := processes{folder: t.TempDir()}
	if err := os.WriteFile(kept.record("etcd"), record, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := kept.stop(t.Context(), "etcd", time.Second); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(stranger.Process.Pid, 0); err != nil {
		t.Errorf("the other program is gone: %v", err)
	}
}
