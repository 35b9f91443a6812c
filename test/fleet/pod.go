//go:build unix

package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"syscall"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	commonmodel "github.com/prometheus/common/model"

	"github.com/parley-chat/parley/test/process"
)

const (
	// startTime is how long a pod may take to be ready, and stopTime to drain.
	startTime = time.Minute
	stopTime  = time.Minute
	// startAttempts is how often a pod is started, with other ports each time.
	startAttempts = 3
)

// Pod is one chat server.
type Pod struct {
	fleet   *Fleet
	number  int
	options Options

	mu       sync.Mutex
	process  *process.Process
	url      string
	internal string
	leaving  bool // drains, or is to be left out by clients
}

// URL is where tenants are served; a pod that is started again has another one.
func (p *Pod) URL() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.url
}

// InternalURL is where the platform is served: probes and metrics.
func (p *Pod) InternalURL() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.internal
}

// PID is the pod's process.
func (p *Pod) PID() int { return p.running().PID() }

// Output is what the pod has printed since it was started last.
func (p *Pod) Output() string { return p.running().Output() }

func (p *Pod) running() *process.Process {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.process
}

// Start starts the pod, again if it has ended, and waits until it is ready.
func (p *Pod) Start(ctx context.Context) {
	p.fleet.scope.Helper()
	for attempt := 1; ; attempt++ {
		err := p.start(ctx)
		if err == nil {
			return
		}
		if attempt == startAttempts {
			p.fleet.scope.Fatal(err)
		}
	}
}

func (p *Pod) start(ctx context.Context) error {
	listen, err := freeAddress()
	if err != nil {
		return err
	}
	internal, err := freeAddress()
	if err != nil {
		return err
	}
	configuration := p.fleet.development.Configuration
	configuration.Listen, configuration.InternalListen = listen, internal
	if p.options.Configure != nil {
		p.options.Configure(p.number, &configuration)
	}
	encoded, err := json.Marshal(configuration)
	if err != nil {
		return fmt.Errorf("encode a configuration: %w", err)
	}
	path := p.fleet.write(fmt.Sprintf("pod-%d.json", p.number), string(encoded))
	started, err := process.Start(process.Options{
		Program: p.options.Program, Folder: p.fleet.folder, Environment: p.options.Environment,
		Arguments: []string{"serve", "--config", path, "--shard", strconv.Itoa(p.number % configuration.Shards)},
	})
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.process, p.url, p.internal, p.leaving = started, "http://"+listen, "http://"+internal, false
	p.mu.Unlock()
	err = process.Poll(startTime, started.Exited(), func(context.Context) error { return p.ready(ctx) })
	if err != nil {
		started.Kill()
		return fmt.Errorf("pod %d does not become ready: %w\n%s", p.number, err, started.Output())
	}
	return nil
}

func freeAddress() (string, error) {
	port, err := process.FreePort()
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), err
}

func (p *Pod) ready(ctx context.Context) error {
	response, err := p.ask(ctx, "/readyz")
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("/readyz answers %d", response.StatusCode)
	}
	return nil
}

func (p *Pod) ask(ctx context.Context, path string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.InternalURL()+path, nil)
	if err != nil {
		return nil, err
	}
	return http.DefaultClient.Do(request)
}

// Running reports whether the process is there; a paused one is.
func (p *Pod) Running() bool {
	select {
	case <-p.running().Exited():
		return false
	default:
		return true
	}
}

func (p *Pod) takesSessions() bool {
	p.mu.Lock()
	leaving := p.leaving
	p.mu.Unlock()
	return !leaving && p.Running()
}

// Avoid has clients connect elsewhere from now on, or here again.
func (p *Pod) Avoid(avoid bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.leaving = avoid
}

// Kill ends the pod as a crash would.
func (p *Pod) Kill() { p.running().Kill() }

// Pause keeps the pod from running while its connections stay open; Resume ends
// that.
func (p *Pod) Pause() error { return p.running().Signal(syscall.SIGSTOP) }

// Resume lets a paused pod run again.
func (p *Pod) Resume() error { return p.running().Signal(syscall.SIGCONT) }

// Drain ends the pod in good order, as Kubernetes does, and waits for it.
func (p *Pod) Drain() error {
	p.Avoid(true)
	running := p.running()
	if err := running.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-running.Exited():
		return nil
	case <-time.After(stopTime):
		running.Kill()
		return fmt.Errorf("pod %d did not end within %s of SIGTERM:\n%s", p.number, stopTime, running.Output())
	}
}

// remove ends the pod with the scope. The race detector's word counts however
// the pod was doing otherwise.
func (p *Pod) remove() {
	running := p.running()
	if running == nil {
		return
	}
	running.Kill()
	if races(running.Output()) {
		p.fleet.scope.Error(fmt.Sprintf("pod %d has a data race:\n%s", p.number, running.Output()))
	}
}

// Metric is the present value of a metric, all labels together; of a histogram,
// the number of observations. One that does not exist is an error.
func (p *Pod) Metric(ctx context.Context, name string) (float64, error) {
	response, err := p.ask(ctx, "/metrics")
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	parser := expfmt.NewTextParser(commonmodel.UTF8Validation)
	families, err := parser.TextToMetricFamilies(response.Body)
	if err != nil {
		return 0, fmt.Errorf("read the metrics: %w", err)
	}
	family, ok := families[name]
	if !ok {
		return 0, fmt.Errorf("%w: %s", errNoMetric, name)
	}
	total := 0.0
	for _, metric := range family.GetMetric() {
		total += valueOf(metric)
	}
	return total, nil
}

var errNoMetric = errors.New("there is no such metric")

func valueOf(metric *dto.Metric) float64 {
	if metric.GetHistogram() != nil {
		return float64(metric.GetHistogram().GetSampleCount())
	}
	return metric.GetCounter().GetValue() + metric.GetGauge().GetValue() + metric.GetUntyped().GetValue()
}
