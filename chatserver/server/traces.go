package server

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/parley-chat/parley/chatserver/tracing"
)

// flushTimeout bounds the hand-over of the last traces: a collector that does
// not answer keeps no server from stopping.
const flushTimeout = 5 * time.Second

// openTraces comes before all parts that are traced.
func (s *server) openTraces(ctx context.Context) error {
	settings := s.configuration.Tracing
	if settings == nil {
		return nil
	}
	host, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("name the source of traces: %w", err)
	}
	s.traces, err = tracing.Open(ctx, tracing.Options{
		Endpoint: settings.Endpoint, SampleRatio: settings.SampleRatio,
		Project: s.configuration.Project.UID, Instance: host, Logger: s.logger,
	})
	if err != nil {
		return err
	}
	s.tracer = s.traces.Tracer()
	return nil
}

// closeTraces comes after all parts that are traced have ended.
func (s *server) closeTraces() {
	if s.traces == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
	defer cancel()
	if err := s.traces.Close(ctx); err != nil {
		s.logger.Warn("end tracing", "error", err)
	}
}
