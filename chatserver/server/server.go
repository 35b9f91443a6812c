package server

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	goredis "github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/chatserver/auth"
	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/hub"
	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/chatserver/native"
	"github.com/parley-chat/parley/chatserver/ratelimit"
	redisrates "github.com/parley-chat/parley/chatserver/ratelimit/redis"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/tracing"
)

const (
	// headerTimeout and maxHeaderBytes bound what a client may cost before it
	// has shown a credential.
	headerTimeout  = 10 * time.Second
	maxHeaderBytes = 32 * 1024
	idleTimeout    = 2 * time.Minute
	// finishTimeout bounds the requests that still run when the drain is over.
	finishTimeout = 10 * time.Second
)

// Options are what a server gets besides its configuration.
type Options struct {
	Logger *slog.Logger
	// Serving is called once, with the address of the tenants' listener, when
	// requests are answered.
	Serving func(address net.Addr)
}

// Run serves the project until the context ends, then drains: readiness goes
// off, sessions are sent away over the drain window, running requests finish.
// It returns nil after an orderly drain.
func Run(ctx context.Context, configuration config.Config, options Options) error {
	s := &server{configuration: configuration, options: options, logger: options.Logger, registry: prometheus.NewRegistry()}
	s.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return s.run(ctx)
}

// server is one running process.
type server struct {
	configuration config.Config
	options       Options
	logger        *slog.Logger
	registry      *prometheus.Registry

	traces        *tracing.Provider // nil when nothing is traced
	tracer        *tracing.Tracer   // nil when nothing is traced
	store         store.Store
	redis         goredis.UniversalClient // nil without Redis
	rates         *ratelimit.Project
	exchange      *redisrates.Exchange // nil without Redis
	bus           bus.Bus
	hub           *hub.Hub
	chat          *chat.Chat
	authenticator *auth.Authenticator
	issuers       *auth.Issuers
	dataKeys      atomic.Pointer[keyset.DataKeys] // nil without a file

	opened         atomic.Bool // whether the parts above may be used by the internal server
	ready          atomic.Bool
	keysetRevision atomic.Pointer[string]
	keysetFile     watchedFile
	signingFile    watchedFile
	dataKeysFile   watchedFile
}

func (s *server) run(ctx context.Context) (err error) {
	internal, err := s.listenInternal(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, internal.Close()) }()

	if err := s.openTraces(ctx); err != nil {
		return err
	}
	defer s.closeTraces()

	if err := s.open(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()

	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.configuration.Listen)
	if err != nil {
		return fmt.Errorf("listen for tenants: %w", err)
	}
	public := &http.Server{
		Handler: native.Handler(native.Dependencies{
			Chat: s.chat, Hub: s.hub, Authenticator: s.authenticator, Failures: s.rates,
			Shards: s.configuration.Shards, MaxBodyBytes: s.configuration.Limits.BodyBytes,
			Random: rand.Reader, Tracer: s.tracer, Logger: s.logger,
		}),
		// A body that does not come holds its connection no longer than headers do.
		ReadTimeout: headerTimeout, ReadHeaderTimeout: headerTimeout, MaxHeaderBytes: maxHeaderBytes, IdleTimeout: idleTimeout,
		ErrorLog: slog.NewLogLogger(s.logger.Handler(), slog.LevelDebug),
	}
	return s.serve(ctx, public, listener)
}

// serve answers until the context ends or something breaks, then drains.
func (s *server) serve(ctx context.Context, public *http.Server, listener net.Listener) error {
	group, running := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := public.Serve(native.Listen(listener)); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve tenants: %w", err)
		}
		return nil
	})
	group.Go(func() error { return s.watchKeys(running) })
	group.Go(func() error { return keepMemorySmall(running) })
	group.Go(func() error {
		<-running.Done()
		return s.drain(public)
	})
	s.ready.Store(true)
	s.logger.Info("serving", "address", listener.Addr().String(), "project", s.configuration.Project.UID)
	if s.options.Serving != nil {
		s.options.Serving(listener.Addr())
	}
	return group.Wait()
}

func (s *server) drain(public *http.Server) error {
	s.ready.Store(false)
	window := s.configuration.DrainWindow.Duration
	s.logger.Info("draining", "sessions", s.hub.Sessions(), "window", window)
	ctx, cancel := context.WithTimeout(context.Background(), 2*window+finishTimeout)
	defer cancel()
	s.hub.Drain(ctx, window)
	if err := public.Shutdown(ctx); err != nil {
		return fmt.Errorf("finish running requests: %w", err)
	}
	return nil
}

// open starts the parts, the lower ones first.
func (s *server) open(ctx context.Context) (err error) {
	keys, tokens, err := s.loadKeys()
	if err != nil {
		return err
	}
	if s.store, err = s.openStore(ctx); err != nil {
		return err
	}
	var random [8]byte
	if _, err := rand.Read(random[:]); err != nil {
		return errors.Join(fmt.Errorf("name the pod: %w", err), s.store.Close())
	}
	pod := binary.BigEndian.Uint64(random[:])
	s.hub = hub.New(hub.Options{
		Source: s.store, Pod: pod, Timing: hub.DefaultTiming,
		Metrics: hub.NewMetrics(s.registry), Tracer: s.tracer, Logger: s.logger, Now: clock(),
		MaxSessionsPerUser: s.configuration.Limits.ConnectionsPerUser, MaxSessions: s.configuration.Limits.ConnectionsPerProject,
	})
	if s.bus, err = s.openBus(ctx); err != nil {
		return errors.Join(err, s.store.Close())
	}
	if err := s.openRedis(); err != nil {
		return errors.Join(err, s.bus.Close(), s.store.Close())
	}
	s.openRates()
	s.registerBusHealth()
	s.hub.Start(s.bus)
	s.authenticator = auth.New(s.store, clock(), keys, tokens)
	s.chat = chat.New(chat.Dependencies{
		Store: s.store, Bus: s.bus, Local: s.hub, Tokens: s.authenticator,
		ProjectName: s.configuration.Project.Name, Features: s.configuration.Features, Limits: s.configuration.Limits,
		Rates: s.rates, TokenLifetime: s.configuration.TokenLifetime.Duration,
		RefreshLifetime: s.configuration.RefreshLifetime.Duration, DataKeys: s.dataKeys.Load,
		Pod: pod, Random: rand.Reader, Now: clock(),
		Metrics: chat.NewMetrics(s.registry), Tracer: s.tracer, Logger: s.logger,
	})
	s.hub.TellDelivered(s.chat)
	if err := s.chat.StartPresence(s.presence(ctx, pod)); err != nil {
		s.chat.Close()
		err = errors.Join(err, s.bus.Close())
		s.hub.Close()
		return errors.Join(err, s.closeRedis(), s.store.Close())
	}
	s.hub.Listen(s.chat)
	s.issuers = auth.NewIssuers(auth.IssuersOptions{
		Issuers: s.configuration.Issuers, Users: s.chat, Now: clock(), Metrics: auth.NewMetrics(s.registry), Logger: s.logger,
	})
	s.authenticator.UseIssuers(s.issuers)
	s.opened.Store(true)
	return nil
}

// close ends the parts in the order in which they feed each other.
func (s *server) close() error {
	s.issuers.Close()
	s.chat.Close()
	err := s.bus.Close()
	s.hub.Close()
	return errors.Join(err, s.closeRedis(), s.store.Close())
}
