package tracing

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
)

const (
	// exportTimeout bounds one hand-over to the collector.
	exportTimeout = 5 * time.Second
	// tracesPath is where a collector takes traces, by the OTLP specification.
	tracesPath = "/v1/traces"
)

// Options are what a provider is made of.
type Options struct {
	Endpoint    string  // the collector's URL, without the path of its traces
	SampleRatio float64 // the share of traces that is recorded, above 0 up to 1
	Project     string  // the project's UID
	Instance    string  // tells this process from the others of the project
	Logger      *slog.Logger
}

// Provider sends spans to a collector, in the background and in batches. What
// the collector does not take in time is lost, and nothing waits for it.
type Provider struct {
	provider *sdk.TracerProvider
	client   *http.Client
}

// Open makes a provider. It does not connect before the first spans have ended.
// Close must be called on it.
func Open(ctx context.Context, options Options) (*Provider, error) {
	transport, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return nil, fmt.Errorf("open tracing: the default transport is a %T", http.DefaultTransport)
	}
	client := &http.Client{Transport: transport.Clone(), Timeout: exportTimeout}
	exporter, err := otlptracehttp.New(ctx,
		otlptracehttp.WithEndpointURL(strings.TrimSuffix(options.Endpoint, "/")+tracesPath),
		otlptracehttp.WithHTTPClient(client),
		// Traces are worth no second attempt.
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: false}))
	if err != nil {
		return nil, fmt.Errorf("open tracing: %w", err)
	}
	provider := sdk.NewTracerProvider(
		sdk.WithBatcher(&reportingExporter{SpanExporter: exporter, logger: options.Logger}, sdk.WithExportTimeout(exportTimeout)),
		Sampling(options.SampleRatio),
		sdk.WithResource(resource.NewSchemaless(
			attribute.String("service.name", "parley-chatserver"),
			attribute.String("service.instance.id", options.Instance),
			attribute.String("parley.project", options.Project),
		)),
	)
	return &Provider{provider: provider, client: client}, nil
}

// Sampling records the share of the traces that begin here, and of those that a
// caller began the ones that it marks.
func Sampling(ratio float64) sdk.TracerProviderOption {
	return sdk.WithSampler(sdk.ParentBased(sdk.TraceIDRatioBased(ratio)))
}

// Tracer returns the tracer of the provider.
func (p *Provider) Tracer() *Tracer { return New(p.provider) }

// Close hands over the spans that ended and ends the provider's goroutine. When
// the context ends first, the rest is lost. Spans that begin later are not
// recorded.
func (p *Provider) Close(ctx context.Context) error {
	defer p.client.CloseIdleConnections()
	if err := p.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("hand over the last traces: %w", err)
	}
	return nil
}
