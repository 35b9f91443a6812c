//go:build unix

package process

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

// Process is a server that this program started and owns. Its methods are safe
// for concurrent use.
type Process struct {
	command *exec.Cmd
	output  lockedBuffer
	exited  chan struct{} // closed once the server is gone and reaped
	stopSig os.Signal
}

// Options say how a server is started.
type Options struct {
	Program     string
	Arguments   []string
	Folder      string              // the working folder
	Environment []string            // beside that of this program
	Credential  *syscall.Credential // who the server runs as, or nil
	StopSignal  os.Signal           // asks the server to end at once; SIGTERM when nil
}

// Start starts a server. It does not wait for it to answer; the caller
// polls it, and looks at Exited meanwhile.
func Start(options Options) (*Process, error) {
	started := &Process{
		command: exec.Command(options.Program, options.Arguments...),
		exited:  make(chan struct{}),
		stopSig: options.StopSignal,
	}
	if started.stopSig == nil {
		started.stopSig = syscall.SIGTERM
	}
	started.command.Dir = options.Folder
	started.command.Env = append(os.Environ(), options.Environment...)
	started.command.Stdout, started.command.Stderr = &started.output, &started.output
	started.command.SysProcAttr = attributes(options.Credential)

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
func (p *Process) run(result chan<- error) {
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
func (p *Process) Exited() <-chan struct{} { return p.exited }

// Output is what the server has printed so far.
func (p *Process) Output() string { return p.output.String() }

// PID is the process.
func (p *Process) PID() int { return p.command.Process.Pid }

// Signal sends a signal, to pause the server say. One that is gone takes none.
func (p *Process) Signal(signal os.Signal) error {
	if err := p.command.Process.Signal(signal); err != nil {
		return fmt.Errorf("send %v to %s: %w", signal, p.command.Path, err)
	}
	return nil
}

// Kill ends the server as a crash would and waits until it is gone.
func (p *Process) Kill() {
	_ = p.command.Process.Kill() // fails when it is gone, which is what is wanted
	<-p.exited
}

// Stop ends the server and waits until it is gone.
func (p *Process) Stop() {
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
