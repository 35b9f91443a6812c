package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

// hangGuard ends a test that waits for what never comes.
const hangGuard = time.Minute

// binary is the program under test.
var binary string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	folder, err := os.MkdirTemp("", "chatserver")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	binary = filepath.Join(folder, "chatserver")
	if output, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the program: %v\n%s", err, output)
		return 1
	}
	return m.Run()
}

// output is what a process has written so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(written []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(written)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// process is a chatserver that runs until the test ends.
type process struct {
	Gomega
	t       *testing.T
	command *exec.Cmd
	stdout  output
	stderr  output
	done    chan struct{}
}

func start(t *testing.T, arguments ...string) *process {
	t.Helper()
	p := &process{Gomega: NewWithT(t), t: t, command: exec.Command(binary, arguments...), done: make(chan struct{})}
	p.command.Stdout, p.command.Stderr = &p.stdout, &p.stderr
	p.command.Dir = t.TempDir()
	p.Expect(p.command.Start()).To(Succeed())
	go func() {
		defer close(p.done)
		// The exit code is read from the process state.
		_ = p.command.Wait()
	}()
	t.Cleanup(func() {
		if err := p.command.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Error(err)
		}
		<-p.done
	})
	return p
}

// exitCode waits for the process to end.
func (p *process) exitCode() int {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(hangGuard):
		p.t.Fatalf("the process does not end:\n%s%s", &p.stdout, &p.stderr)
	}
	return p.command.ProcessState.ExitCode()
}

// stop sends the signal and returns the exit code.
func (p *process) stop(signal os.Signal) int {
	p.t.Helper()
	p.Expect(p.command.Process.Signal(signal)).To(Succeed())
	return p.exitCode()
}

// await returns what stdout or stderr holds once it contains the text.
func (p *process) await(from *output, text string) string {
	p.t.Helper()
	p.Eventually(func() string {
		select {
		case <-p.done:
			if !strings.Contains(from.String(), text) {
				p.t.Fatalf("the process ended with %d:\n%s%s", p.command.ProcessState.ExitCode(), &p.stdout, &p.stderr)
			}
		default:
		}
		return from.String()
	}).WithTimeout(hangGuard).Should(ContainSubstring(text))
	return from.String()
}

// announced is the first line of `dev --json`.
type announced struct {
	URL       string `json:"url"`
	SecretKey string `json:"secretKey"`
	PublicKey string `json:"publicKey"`
	Project   string `json:"project"`
	PID       int    `json:"pid"`
}

func (p *process) announced() announced {
	p.t.Helper()
	line, _, _ := strings.Cut(p.await(&p.stdout, "\n"), "\n")
	decoder := json.NewDecoder(strings.NewReader(line))
	decoder.DisallowUnknownFields()
	var found announced
	p.Expect(decoder.Decode(&found)).To(Succeed())
	return found
}

// startDev runs development mode on a free port.
func startDev(t *testing.T, data string, more ...string) *process {
	t.Helper()
	return start(t, append([]string{"dev", "--listen", "127.0.0.1:0", "--data", data}, more...)...)
}

// stopQuietly ends the process in order and checks that it told no secret to its
// log.
func (p *process) stopQuietly(secrets ...string) {
	p.t.Helper()
	p.Expect(p.stop(syscall.SIGTERM)).To(Equal(0), "%s", &p.stderr)
	for _, secret := range secrets {
		p.Expect(p.stderr.String()).NotTo(ContainSubstring(secret))
	}
}

// call sends JSON and returns the status and the body.
func (p *process) call(method, url, body string, header http.Header) (int, string) {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), method, url, strings.NewReader(body))
	p.Expect(err).NotTo(HaveOccurred())
	request.Header = header
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	p.Expect(err).NotTo(HaveOccurred())
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	p.Expect(err).NotTo(HaveOccurred())
	return response.StatusCode, string(content)
}

func headers(pairs ...string) http.Header {
	header := http.Header{}
	for i := 0; i+1 < len(pairs); i += 2 {
		header.Set(pairs[i], pairs[i+1])
	}
	return header
}
