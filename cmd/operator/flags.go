package main

import (
	"flag"
	"strings"
)

type flags struct {
	image          string
	metricsAddress string
	metricsSecure  bool
	probeAddress   string
	leaderElect    bool
	namespaces     []string
}

func parseFlags(arguments []string) (flags, error) {
	var result flags
	set := flag.NewFlagSet("operator", flag.ContinueOnError)
	set.StringVar(&result.image, "chatserver-image", "", "the chat server `image` of projects that name none")
	set.StringVar(&result.metricsAddress, "metrics-bind-address", ":8080", "where metrics are served; 0 turns them off")
	set.BoolVar(&result.metricsSecure, "metrics-secure", true, "serve metrics over TLS, to those who may read them")
	set.StringVar(&result.probeAddress, "health-probe-bind-address", ":8081", "where the probes are served")
	set.BoolVar(&result.leaderElect, "leader-elect", false, "let one of several operators work at a time")
	set.Func("watch-namespaces", "the `namespaces` to work in, with commas between; all when empty", func(text string) error {
		result.namespaces = nil
		for namespace := range strings.SplitSeq(text, ",") {
			if namespace = strings.TrimSpace(namespace); namespace != "" {
				result.namespaces = append(result.namespaces, namespace)
			}
		}
		return nil
	})
	return result, set.Parse(arguments)
}
