package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/parley-chat/parley/api/v1alpha1"
	"github.com/parley-chat/parley/controllers"
)

func main() {
	flags, err := parseFlags(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		os.Exit(2) // the flag set has said what is wrong
	}
	logger := logr.FromSlogHandler(slog.NewJSONHandler(os.Stderr, nil))
	ctrl.SetLogger(logger)
	klog.SetLogger(logger)
	if err := run(ctrl.SetupSignalHandler(), flags); err != nil {
		logger.Error(err, "the operator stops")
		os.Exit(1)
	}
}

func run(ctx context.Context, flags flags) error {
	scheme := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		return fmt.Errorf("add the Kubernetes types: %w", err)
	}
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return fmt.Errorf("add the types of %s: %w", v1alpha1.Group, err)
	}
	config, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("find the cluster: %w", err)
	}
	config.QPS = -1 // the API server's own fairness decides, and revocation must not queue here
	manager, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:                        scheme,
		Cache:                         controllers.CacheOptions(flags.namespaces),
		Metrics:                       metricsOptions(flags),
		HealthProbeBindAddress:        flags.probeAddress,
		LeaderElection:                flags.leaderElect,
		LeaderElectionID:              "parley-operator." + v1alpha1.Group,
		LeaderElectionReleaseOnCancel: true, // the process ends right after, so nothing runs without the lease
	})
	if err != nil {
		return fmt.Errorf("make the manager: %w", err)
	}
	if err := manager.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return fmt.Errorf("add the liveness check: %w", err)
	}
	if err := manager.AddReadyzCheck("ping", healthz.Ping); err != nil {
		return fmt.Errorf("add the readiness check: %w", err)
	}
	err = controllers.Setup(ctx, manager, controllers.Options{
		Image:          flags.image,
		Namespaces:     flags.namespaces,
		PodKeysets:     controllers.NewPodKeysets(),
		PodRevocations: controllers.NewPodRevocations(),
	})
	if err != nil {
		return err
	}
	return manager.Start(ctx)
}

func metricsOptions(flags flags) metricsserver.Options {
	options := metricsserver.Options{BindAddress: flags.metricsAddress, SecureServing: flags.metricsSecure}
	if flags.metricsSecure {
		options.FilterProvider = onlyMetricsReaders
	}
	return options
}
