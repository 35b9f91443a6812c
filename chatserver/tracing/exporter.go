package tracing

import (
	"context"
	"log/slog"

	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// reportingExporter logs the beginning and the end of an outage of the
// collector, not each failure in it. The processor calls it from one goroutine
// at a time.
type reportingExporter struct {
	sdk.SpanExporter
	logger  *slog.Logger
	failing bool
}

// ExportSpans never returns an error: it is handled here.
func (e *reportingExporter) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	e.report(e.SpanExporter.ExportSpans(ctx, spans))
	return nil
}

func (e *reportingExporter) report(err error) {
	switch failing := err != nil; {
	case failing && !e.failing:
		e.logger.Warn("hand traces to the collector; they are lost meanwhile", "error", err)
	case !failing && e.failing:
		e.logger.Info("the collector takes traces again")
	}
	e.failing = err != nil
}
