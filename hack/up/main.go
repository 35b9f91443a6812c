// Command up brings up a cluster with the operator and the sample project, and
// shows that two sessions on different shards hear each other. Everything that
// is there already is kept.
//
// What may enter: the order of the steps and what is printed. What may not: the
// steps themselves (test/e2e/environment).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/parley-chat/parley/test/e2e/environment"
)

// A first start builds Kubernetes.
const hangGuard = time.Hour

func main() {
	flags := flag.NewFlagSet("up", flag.ContinueOnError)
	down := flags.Bool("down", false, "end the cluster with all that is in it")
	if err := flags.Parse(os.Args[1:]); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return
		}
		os.Exit(2)
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "up: unexpected argument %q\n", flags.Arg(0))
		flags.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ctx, cancel := context.WithTimeout(ctx, hangGuard)
	work := up
	if *down {
		work = environment.Close
	}
	err := work(ctx)
	cancel()
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "up:", err)
		os.Exit(1)
	}
}

func up(ctx context.Context) error {
	steps := environment.Steps{Output: os.Stdout}
	cluster, changed, err := environment.Prepare(ctx, steps)
	if err != nil {
		return err
	}
	project := client.ObjectKey{Namespace: environment.DemoNamespace, Name: environment.DemoProject}
	err = steps.Do("project demo", func() error { return install(ctx, cluster, project, changed) })
	if err != nil {
		return err
	}
	err = steps.Do("a message between the shards", func() error { return exchange(ctx, cluster, project) })
	if err != nil {
		return err
	}
	fmt.Printf(`
The project is ready. To use it:

  export KUBECONFIG=%s
  kubectl --namespace %s port-forward service/%s 8080:80
  kubectl --namespace %s get secret %s --output jsonpath='{.data.key}' | base64 -d

The last line prints the secret key: send it as X-API-Key to http://127.0.0.1:8080/chat/v1.
`, cluster.Kubeconfig, project.Namespace, project.Name, project.Namespace, environment.DemoSecretKey)
	return nil
}

// install applies the sample and waits until it is ready. Servers of an older
// image make way.
func install(ctx context.Context, cluster *environment.Cluster, project client.ObjectKey, changed environment.Changed) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	before, err := cluster.ServingPods(ctx, project)
	if err != nil {
		return err
	}
	if err := cluster.ApplyDemo(ctx, environment.Demo, project.Namespace); err != nil {
		return err
	}
	if len(before) > 0 && changed.Servers() {
		if err := cluster.RestartServers(ctx, project.Namespace); err != nil {
			return err
		}
	}
	return cluster.AwaitReady(ctx, project)
}
