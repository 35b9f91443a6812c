package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// internalServer answers the platform, not the tenants: probes, metrics,
// which keyset is in force, and notices of revoked keys. It tells nothing
// secret.
type internalServer struct {
	server *http.Server
	done   chan error
}

func (s *server) listenInternal(ctx context.Context) (*internalServer, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.configuration.InternalListen)
	if err != nil {
		return nil, fmt.Errorf("listen for probes: %w", err)
	}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "ok") })
	routes.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if s.ready.Load() {
			answer(w, http.StatusOK, "ok")
			return
		}
		answer(w, http.StatusServiceUnavailable, "starting or draining")
	})
	routes.Handle("GET /metrics", promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{}))
	routes.HandleFunc("GET /keyset", s.answerKeyset)
	routes.HandleFunc("POST /revocations", s.takeRevocation)
	addProfiles(routes)
	internal := &internalServer{
		server: &http.Server{
			Handler: routes, ReadHeaderTimeout: headerTimeout, ReadTimeout: headerTimeout, IdleTimeout: idleTimeout,
			ErrorLog: slog.NewLogLogger(s.logger.Handler(), slog.LevelDebug),
		},
		done: make(chan error, 1),
	}
	go func() { internal.done <- internal.server.Serve(listener) }()
	s.logger.Info("listening for probes", "address", listener.Addr().String())
	return internal, nil
}

func (s *server) answerKeyset(w http.ResponseWriter, _ *http.Request) {
	revision := s.keysetRevision.Load()
	if revision == nil {
		answer(w, http.StatusServiceUnavailable, "starting")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	body, err := json.Marshal(map[string]string{"revision": *revision})
	if err != nil {
		answer(w, http.StatusInternalServerError, err.Error())
		return
	}
	// A prober that went away needs no answer.
	_, _ = w.Write(body)
}

func answer(w http.ResponseWriter, status int, text string) {
	w.WriteHeader(status)
	// A prober that went away needs no answer.
	_, _ = w.Write([]byte(text + "\n"))
}

func (i *internalServer) Close() error {
	err := i.server.Shutdown(context.Background())
	if served := <-i.done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, fmt.Errorf("serve probes: %w", served))
	}
	return err
}
