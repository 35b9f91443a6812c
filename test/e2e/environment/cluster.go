package environment

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/parley-chat/parley/hack/repository"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/parley-chat/parley/api/v1alpha1"
)

// Cluster is the Kubernetes of hack/cluster.
type Cluster struct {
	client.Client
	Kubeconfig string
	Started    bool // by Open; one that was there before is somebody else's to end

	root  string // of the repository
	state string // hack/cluster's folder
	local bool   // the addresses of pods can be reached from here
}

// Open starts the cluster unless it is up. After a failed start it still says
// what there is to end.
func Open(ctx context.Context) (*Cluster, error) {
	c, err := find()
	if err != nil {
		return nil, err
	}
	_, err = os.Stat(c.kindFile())
	c.Started = errors.Is(err, fs.ErrNotExist)
	if c.Kubeconfig, err = c.goRun(ctx, "./hack/cluster", "up"); err != nil {
		return c, err
	}
	kind, err := os.ReadFile(c.kindFile())
	if err != nil {
		return c, fmt.Errorf("find out the kind of cluster: %w", err)
	}
	c.local = strings.TrimSpace(string(kind)) == "local"
	if _, err := c.capture(ctx, filepath.Join("hack", "tools", "install"), "kustomize"); err != nil {
		return c, err
	}
	return c, c.connect()
}

// Close ends the cluster.
func Close(ctx context.Context) error {
	c, err := find()
	if err != nil {
		return err
	}
	_, err = c.goRun(ctx, "./hack/cluster", "down")
	return err
}

func find() (*Cluster, error) {
	root, err := repository.Root()
	if err != nil {
		return nil, err
	}
	state := os.Getenv("PARLEY_CLUSTER_DIR")
	switch {
	case state == "":
		state = filepath.Join(root, ".parley-cluster")
	case !filepath.IsAbs(state):
		state = filepath.Join(root, state)
	}
	return &Cluster{root: root, state: state}, nil
}

func (c *Cluster) kindFile() string { return filepath.Join(c.state, "kind-of-cluster") }

func (c *Cluster) connect() error {
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return fmt.Errorf("name the types of the cluster: %w", err)
	}
	config, err := clientcmd.BuildConfigFromFlags("", c.Kubeconfig)
	if err != nil {
		return fmt.Errorf("read the cluster's configuration: %w", err)
	}
	config.WarningHandler = rest.NoWarnings{}
	config.QPS = -1 // what is measured must not wait in this client
	if c.Client, err = client.New(config, client.Options{Scheme: scheme}); err != nil {
		return fmt.Errorf("connect to the cluster: %w", err)
	}
	return nil
}
