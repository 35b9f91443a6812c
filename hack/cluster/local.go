package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// local runs the Kubernetes components as processes of this machine.
type local struct {
	layout
	processes processes
}

// patience is how long one step of the start may take on a slow machine.
const patience = 3 * time.Minute

func (l local) up(ctx context.Context) error {
	if err := claimMachine(l.layout); err != nil {
		return err
	}
	if err := l.prepare(); err != nil {
		return err
	}
	if err := execute(ctx, l.script("install"), "etcd", "kube", "containerd", "coredns"); err != nil {
		return err
	}
	if err := execute(ctx, l.script("system"), "cluster"); err != nil {
		return err
	}
	steps := []func(context.Context) error{
		l.networkUp, l.startControlPlane, l.startNode, l.addObjects, l.awaitNode, l.awaitNames,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return fmt.Errorf("%w (logs are in %s; down cleans up)", err, l.processes.folder)
		}
	}
	return nil
}

// startControlPlane also starts containerd, which needs nothing of the others, and loads the
// images of the cluster itself while the API server starts.
func (l local) startControlPlane(ctx context.Context) error {
	if !l.processes.alive("kube-apiserver") {
		if err := portsFree(ctx, nodeAddress+":"+apiPort); err != nil {
			return err
		}
	}
	if !l.processes.alive("etcd") {
		if err := portsFree(ctx, etcdClients, etcdPeers); err != nil {
			return err
		}
	}
	if err := (certificates{l.layout}).create(); err != nil {
		return err
	}
	if err := l.writeConfiguration(); err != nil {
		return err
	}
	if err := l.start(l.etcd(), l.apiServer(), l.containerd()); err != nil {
		return err
	}
	if err := l.loadOwnImages(ctx); err != nil {
		return err
	}
	client, err := l.apiClient()
	if err != nil {
		return err
	}
	if err := l.await(ctx, "kube-apiserver", func() bool { return apiReady(ctx, client) }); err != nil {
		return err
	}
	return l.start(l.controllerManager(), l.scheduler())
}

func (l local) startNode(ctx context.Context) error {
	if err := l.makeVolumes(); err != nil {
		return err
	}
	return l.start(l.kubelet(), l.proxy())
}

// loadOwnImages builds and imports what the cluster itself needs, once.
func (l local) loadOwnImages(ctx context.Context) error {
	answers := func() bool { return l.images(ctx, "list", "--quiet") == nil }
	if err := l.await(ctx, "containerd", answers); err != nil {
		return err
	}
	marker := l.in("images", "loaded")
	if _, err := os.Stat(marker); err == nil {
		return nil
	}
	build := exec.CommandContext(ctx, "go", "run", "./hack/image", "-o", l.in("images"), "pause", "coredns")
	build.Dir, build.Stderr = l.root, os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build the cluster's own images: %w", err)
	}
	if err := l.load(ctx, []string{l.in("images", "pause.tar"), l.in("images", "coredns.tar")}); err != nil {
		return err
	}
	return write(marker, nil, 0o644)
}

func (l local) load(ctx context.Context, archives []string) error {
	for _, archive := range archives {
		path, err := filepath.Abs(archive)
		if err != nil {
			return fmt.Errorf("find %s: %w", archive, err)
		}
		if err := l.images(ctx, "import", path); err != nil {
			return err
		}
	}
	return nil
}

func (l local) addObjects(ctx context.Context) error {
	var failure error
	applied := poll(ctx, patience, 200*time.Millisecond, func() bool {
		// The API server is ready a moment before everything it needs for these objects is.
		failure = errors.Join(l.apply(ctx, "storage.yaml"), l.apply(ctx, "coredns.yaml"))
		return failure == nil
	})
	if !applied {
		return failure
	}
	return nil
}

func (l local) awaitNode(ctx context.Context) error {
	ready := func() bool {
		status, err := capture(ctx, l.tool("kubectl"), "--kubeconfig", l.kubeconfig(), "get", "node", nodeName,
			"--output", `jsonpath={.status.conditions[?(@.type=="Ready")].status}`)
		return err == nil && status == "True"
	}
	return l.await(ctx, "kubelet", ready)
}

// awaitNames asks the cluster's DNS service from this machine, which proves the pod network,
// kube-proxy and CoreDNS at once.
func (l local) awaitNames(ctx context.Context) error {
	resolver := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var dialer net.Dialer
		return dialer.DialContext(ctx, "udp", net.JoinHostPort(dnsService, "53"))
	}}
	return l.await(ctx, "kube-proxy", func() bool {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		addresses, err := resolver.LookupHost(ctx, "kubernetes.default.svc."+clusterDomain+".")
		return err == nil && len(addresses) == 1 && addresses[0] == apiService
	})
}

// await polls until done, and gives up early when the program that it waits for has ended.
func (l local) await(ctx context.Context, name string, done func() bool) error {
	finished := false
	poll(ctx, patience, 100*time.Millisecond, func() bool {
		finished = done()
		return finished || !l.processes.alive(name)
	})
	switch {
	case finished:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case !l.processes.alive(name):
		return fmt.Errorf("%s has ended:\n%s", name, l.processes.lastLines(name))
	}
	return fmt.Errorf("%s is not ready after %s:\n%s", name, patience, l.processes.lastLines(name))
}

func (l local) apiClient() (*http.Client, error) {
	authority, err := os.ReadFile(certificates{l.layout}.path("ca.crt"))
	if err != nil {
		return nil, fmt.Errorf("read the cluster's authority: %w", err)
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(authority)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12}}
	return &http.Client{Transport: transport, Timeout: 5 * time.Second}, nil
}

func apiReady(ctx context.Context, client *http.Client) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+net.JoinHostPort(nodeAddress, apiPort)+"/readyz", nil)
	if err != nil {
		return false
	}
	response, err := client.Do(request)
	if err != nil {
		return false
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode == http.StatusOK
}
