//go:build unix

package services

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// stopTime is how long a server gets to end in good order before it is killed.
const stopTime = 10 * time.Second

// process is a server that this test binary started and owns.
type process struct {
	command *exec.Cmd
	output  lockedBuffer
	exited  chan struct{} // closed once the server is gone and reaped
	stopSig os.Signal
}

// processOptions say how a server is started.
type processOptions struct {
	Program    string
	Arguments  []string
	Folder     string              // the working folder
	Credential *syscall.Credential // who the server runs as, or nil
	StopSignal os.Signal           // asks the server to end at once; SIGTERM when nil
}

// startProcess starts a server. It does not wait for it to answer; the caller
// polls it, and looks at Exited meanwhile.
func startProcess(options processOptions) (*process, error) {
	started := &process{
		command: exec.Command(options.Program, options.Arguments...),
		exited:  make(chan struct{}),
		stopSig: options.StopSignal,
	}
	if started.stopSig == nil {
		started.stopSig = syscall.SIGTERM
	}
	started.command.Dir = options.Folder
	started.command.Stdout, started.command.Stderr = &started.output, &started.output
	started.command.SysProcAttr = processAttributes(options.Credential)

	result := make(chan error, 1)
	go started.run(result)
	if err := <-result; err != nil {
		return nil, fmt.Errorf("start %s: %w", options.Program, err)
	}
	return started, nil
}

// run keeps the thread that started the server for as long as the server
// lives: Linux sends the parent-death signal when that thread ends, not when
// the process does.
func (p *process) run(result chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := p.command.Start(); err != nil {
		result <- err
		return
	}
	result <- nil
	// How it ended does not matter: the tests notice a server that is gone.
	_ = p.command.Wait()
	close(p.exited)
}

// Exited is closed once the server is gone.
func (p *process) Exited() <-chan struct{} { return p.exited }

// Output is what the server has printed so far.
func (p *process) Output() string { return p.output.String() }

// Stop ends the server and waits until it is gone.
func (p *process) Stop() {
	select {
	case <-p.exited:
		return
	default:
	}
	_ = p.command.Process.Signal(p.stopSig)
	select {
	case <-p.exited:
	case <-time.After(stopTime):
		_ = p.command.Process.Kill()
		<-p.exited
	}
}

// lockedBuffer collects output that is read while it is still written.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(data []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(data)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}
