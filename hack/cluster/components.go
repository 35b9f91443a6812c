package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// component is one program of the cluster with its command line.
type component struct {
	name        string
	arguments   []string
	environment []string
}

func (l local) etcd() component {
	return component{name: "etcd", arguments: []string{
		"--data-dir=" + l.in("etcd"),
		"--listen-client-urls=http://" + etcdClients, "--advertise-client-urls=http://" + etcdClients,
		"--listen-peer-urls=http://" + etcdPeers, "--initial-advertise-peer-urls=http://" + etcdPeers,
		"--initial-cluster=default=http://" + etcdPeers,
		"--unsafe-no-fsync", // the cluster does not outlive the machine
	}}
}

func (l local) apiServer() component {
	pki := certificates{l.layout}
	return component{name: "kube-apiserver", arguments: []string{
		"--etcd-servers=http://" + etcdClients,
		"--bind-address=" + nodeAddress, "--advertise-address=" + nodeAddress, "--secure-port=" + apiPort,
		"--service-cluster-ip-range=" + serviceRange,
		"--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction", "--allow-privileged=true",
		"--client-ca-file=" + pki.path("ca.crt"),
		"--tls-cert-file=" + pki.path("apiserver.crt"), "--tls-private-key-file=" + pki.path("apiserver.key"),
		"--service-account-issuer=https://kubernetes.default.svc." + clusterDomain,
		"--service-account-key-file=" + pki.path("service-accounts.key"),
		"--service-account-signing-key-file=" + pki.path("service-accounts.key"),
		// The node's name resolves nowhere; logs and exec go to its address.
		"--kubelet-preferred-address-types=InternalIP",
		"--kubelet-certificate-authority=" + pki.path("ca.crt"),
		"--kubelet-client-certificate=" + pki.path("apiserver-to-kubelet.crt"),
		"--kubelet-client-key=" + pki.path("apiserver-to-kubelet.key"),
	}}
}

func (l local) controllerManager() component {
	pki := certificates{l.layout}
	kubeconfig := pki.path("controller-manager.kubeconfig")
	return component{name: "kube-controller-manager", arguments: []string{
		"--kubeconfig=" + kubeconfig, "--authentication-kubeconfig=" + kubeconfig, "--authorization-kubeconfig=" + kubeconfig,
		"--bind-address=127.0.0.1", "--leader-elect=false",
		"--use-service-account-credentials", "--root-ca-file=" + pki.path("ca.crt"),
		"--service-account-private-key-file=" + pki.path("service-accounts.key"),
		"--cluster-signing-cert-file=" + pki.path("ca.crt"), "--cluster-signing-key-file=" + pki.path("ca.key"),
	}}
}

func (l local) scheduler() component {
	kubeconfig := certificates{l.layout}.path("scheduler.kubeconfig")
	return component{name: "kube-scheduler", arguments: []string{
		"--kubeconfig=" + kubeconfig, "--authentication-kubeconfig=" + kubeconfig, "--authorization-kubeconfig=" + kubeconfig,
		"--bind-address=127.0.0.1", "--leader-elect=false",
	}}
}

func (l local) containerd() component {
	return component{name: "containerd", arguments: []string{"--config=" + l.in("config", "containerd.toml")},
		// containerd looks for its shim on the path.
		environment: []string{"PATH=" + filepath.Dir(l.tool("containerd")) + ":" + os.Getenv("PATH")}}
}

func (l local) kubelet() component {
	return component{name: "kubelet", arguments: []string{
		"--config=" + l.in("config", "kubelet.yaml"),
		"--kubeconfig=" + certificates{l.layout}.path("kubelet.kubeconfig"),
		"--root-dir=" + filepath.Join(l.sockets(), "kubelet"),
		"--hostname-override=" + nodeName, "--node-ip=" + nodeAddress,
	}}
}

func (l local) proxy() component {
	return component{name: "kube-proxy", arguments: []string{"--config=" + l.in("config", "kube-proxy.yaml")}}
}

func (l local) start(parts ...component) error {
	for _, part := range parts {
		if err := l.processes.start(part.name, part.environment, l.tool(part.name), part.arguments...); err != nil {
			return err
		}
	}
	return nil
}

func (l local) containerdSocket() string {
	return filepath.Join(l.sockets(), "containerd", "containerd.sock")
}

// images runs ctr in the namespace that kubelet uses.
func (l local) images(ctx context.Context, arguments ...string) error {
	base := []string{"--address", l.containerdSocket(), "--namespace", "k8s.io", "images"}
	if _, err := capture(ctx, l.tool("ctr"), append(base, arguments...)...); err != nil {
		return fmt.Errorf("images: %w", err)
	}
	return nil
}
