package main

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"
)

//go:embed manifests
var manifests embed.FS

// volumeCount is how many volume claims can be bound while one cluster is up: a volume is not
// used twice.
const volumeCount = 64

// values are what the embedded files are filled in with.
type values struct {
	ClusterDomain, DNSService, NodeName, NodeAddress, PodRange, ClusterRange string

	Authority, KubeletCertificate, KubeletKey, ProxyKubeconfig string

	State, Sockets, ContainerdSocket, ResolverFile, NetworkPlugins string

	Volumes []string
}

func (l local) values() values {
	pki := certificates{l.layout}
	filled := values{
		ClusterDomain: clusterDomain, DNSService: dnsService, NodeName: nodeName, NodeAddress: nodeAddress,
		PodRange: podRange, ClusterRange: clusterRange,
		Authority: pki.path("ca.crt"), KubeletCertificate: pki.path("kubelet.crt"), KubeletKey: pki.path("kubelet.key"),
		ProxyKubeconfig: pki.path("proxy.kubeconfig"),
		State:           l.state, Sockets: l.sockets(), ContainerdSocket: l.containerdSocket(),
		ResolverFile: l.in("config", "resolv.conf"), NetworkPlugins: networkPlugins(),
	}
	for number := range volumeCount {
		filled.Volumes = append(filled.Volumes, fmt.Sprintf("volume-%02d", number))
	}
	return filled
}

// networkPlugins is where the distribution keeps the network plugins: Debian's folder, or the
// usual one.
func networkPlugins() string {
	for _, folder := range []string{"/usr/lib/cni", "/usr/libexec/cni", "/opt/cni/bin"} {
		if _, err := os.Stat(filepath.Join(folder, "ptp")); err == nil {
			return folder
		}
	}
	return "/opt/cni/bin"
}

func (v values) fill(name string) ([]byte, error) {
	parsed, err := template.ParseFS(manifests, "manifests/"+name)
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", name, err)
	}
	var filled bytes.Buffer
	if err := parsed.Execute(&filled, v); err != nil {
		return nil, fmt.Errorf("fill in %s: %w", name, err)
	}
	return filled.Bytes(), nil
}

// writeConfiguration writes the files that the components read.
func (l local) writeConfiguration() error {
	for _, name := range []string{"containerd.toml", "kubelet.yaml", "kube-proxy.yaml"} {
		content, err := l.values().fill(name)
		if err != nil {
			return err
		}
		if err := write(l.in("config", name), content, 0o644); err != nil {
			return err
		}
	}
	network, err := l.values().fill("network.json")
	if err != nil {
		return err
	}
	if err := write(l.in("config", "network", "10-parley.conflist"), network, 0o644); err != nil {
		return err
	}
	// Pods get no search domains of this machine, so names resolve alike everywhere.
	return write(l.in("config", "resolv.conf"), []byte("options edns0\n"), 0o644)
}

// makeVolumes makes the folders behind the persistent volumes, open to every user as the volumes
// of kind are.
func (l local) makeVolumes() error {
	for _, name := range l.values().Volumes {
		folder := l.in("volumes", name)
		if err := os.MkdirAll(folder, 0o777); err != nil {
			return fmt.Errorf("make a volume: %w", err)
		}
		if err := os.Chmod(folder, 0o777); err != nil {
			return fmt.Errorf("open a volume: %w", err)
		}
	}
	return nil
}

// apply sends the objects of an embedded file to the API server.
func (l local) apply(ctx context.Context, name string) error {
	objects, err := l.values().fill(name)
	if err != nil {
		return err
	}
	command := exec.CommandContext(ctx, l.tool("kubectl"), "--kubeconfig", l.kubeconfig(), "apply", "--server-side", "--filename", "-")
	command.Stdin = bytes.NewReader(objects)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("apply %s: %w: %s", name, err, strings.TrimSpace(string(output)))
	}
	return nil
}
