package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"strings"
	"text/template"
	"time"
)

// identity is one certificate of the cluster: who its holder is to the API server, and under
// which names the holder serves, if it does.
type identity struct {
	name         string
	user         string
	organization string
	hosts        []string
	addresses    []string
}

// identities are what kubeadm gives the same components.
var identities = []identity{
	{
		name: "apiserver", user: "kube-apiserver",
		hosts:     []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc." + clusterDomain},
		addresses: []string{"127.0.0.1", nodeAddress, apiService},
	},
	{name: "apiserver-to-kubelet", user: "kube-apiserver-kubelet-client", organization: "system:masters"},
	{name: "admin", user: "kubernetes-admin", organization: "system:masters"},
	{name: "controller-manager", user: "system:kube-controller-manager"},
	{name: "scheduler", user: "system:kube-scheduler"},
	{name: "proxy", user: "system:kube-proxy"},
	{name: "kubelet", user: "system:node:" + nodeName, organization: "system:nodes", hosts: []string{nodeName}, addresses: []string{nodeAddress}},
}

// certificates lives in the state folder: NAME.crt, NAME.key, and NAME.kubeconfig for clients.
type certificates struct{ layout }

func (c certificates) path(file string) string { return c.in("pki", file) }

// create makes the authority, every certificate, the service account key and the client
// configurations, unless an earlier run did.
func (c certificates) create() error {
	if _, err := os.Stat(c.kubeconfig()); err == nil {
		return nil
	}
	authorityKey, err := newKey()
	if err != nil {
		return err
	}
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "parley-cluster"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(10, 0, 0),
		IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	if err := c.store("ca", authority, authority, authorityKey, authorityKey); err != nil {
		return err
	}
	for number, holder := range identities {
		key, err := newKey()
		if err != nil {
			return err
		}
		if err := c.store(holder.name, holder.certificate(int64(number)+2), authority, key, authorityKey); err != nil {
			return err
		}
		if err := c.writeKubeconfig(holder.name, c.path(holder.name+".kubeconfig")); err != nil {
			return err
		}
	}
	tokens, err := newKey()
	if err != nil {
		return err
	}
	if err := c.storeKey("service-accounts", tokens); err != nil {
		return err
	}
	// The administrator's file comes last and marks that all others are there.
	return c.writeKubeconfig("admin", c.kubeconfig())
}

func (i identity) certificate(serial int64) *x509.Certificate {
	certificate := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: i.user},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(10, 0, 0),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		DNSNames:    i.hosts,
	}
	if i.organization != "" {
		certificate.Subject.Organization = []string{i.organization}
	}
	for _, address := range i.addresses {
		certificate.IPAddresses = append(certificate.IPAddresses, net.ParseIP(address))
	}
	return certificate
}

func newKey() (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	return key, nil
}

func (c certificates) store(name string, certificate, authority *x509.Certificate, key, authorityKey *ecdsa.PrivateKey) error {
	encoded, err := x509.CreateCertificate(rand.Reader, certificate, authority, &key.PublicKey, authorityKey)
	if err != nil {
		return fmt.Errorf("sign the certificate of %s: %w", name, err)
	}
	if err := write(c.path(name+".crt"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: encoded}), 0o644); err != nil {
		return err
	}
	return c.storeKey(name, key)
}

func (c certificates) storeKey(name string, key *ecdsa.PrivateKey) error {
	encoded, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return fmt.Errorf("encode the key of %s: %w", name, err)
	}
	return write(c.path(name+".key"), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: encoded}), 0o600)
}

var kubeconfigTemplate = template.Must(template.New("kubeconfig").Parse(`apiVersion: v1
kind: Config
current-context: parley
contexts: [{name: parley, context: {cluster: parley, user: parley}}]
clusters:
- name: parley
  cluster:
    server: https://{{.Address}}:{{.Port}}
    certificate-authority-data: {{.Authority}}
users:
- name: parley
  user:
    client-certificate-data: {{.Certificate}}
    client-key-data: {{.Key}}
`))

func (c certificates) writeKubeconfig(name, path string) error {
	values := map[string]string{"Address": nodeAddress, "Port": apiPort}
	for field, file := range map[string]string{"Authority": "ca.crt", "Certificate": name + ".crt", "Key": name + ".key"} {
		content, err := os.ReadFile(c.path(file))
		if err != nil {
			return fmt.Errorf("read a certificate: %w", err)
		}
		values[field] = base64.StdEncoding.EncodeToString(content)
	}
	var text strings.Builder
	if err := kubeconfigTemplate.Execute(&text, values); err != nil {
		return fmt.Errorf("write the configuration of %s: %w", name, err)
	}
	return write(path, []byte(text.String()), 0o600)
}
