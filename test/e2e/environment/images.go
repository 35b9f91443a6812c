package environment

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// The images of the operator and of the sample project.
const (
	chatserverImage = "chatserver"
	operatorImage   = "operator"
)

var imageNames = []string{chatserverImage, operatorImage, "postgres", "redis"}

// Changed says by name which images are new to the cluster.
type Changed map[string]bool

// BuildImages builds the images into the cluster's folder.
func (c *Cluster) BuildImages(ctx context.Context) error {
	_, err := c.goRun(ctx, append([]string{"./hack/image", "-o", c.archives()}, imageNames...)...)
	return err
}

// LoadImages loads the images that the cluster does not have yet.
func (c *Cluster) LoadImages(ctx context.Context) (Changed, error) {
	var system corev1.Namespace
	if err := c.Get(ctx, client.ObjectKey{Name: systemNamespace}, &system); err != nil {
		return nil, fmt.Errorf("identify the cluster: %w", err)
	}
	changed := Changed{}
	for _, name := range imageNames {
		archive := filepath.Join(c.archives(), name+".tar")
		sum, err := hashOf(archive)
		if err != nil {
			return nil, err
		}
		// Another cluster in the same folder has none of the images.
		wanted := fmt.Sprintf("%s %s\n", system.UID, sum)
		record := filepath.Join(c.archives(), name+".loaded")
		loaded, err := os.ReadFile(record)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("read which image is loaded: %w", err)
		}
		if string(loaded) == wanted {
			continue
		}
		if _, err := c.goRun(ctx, "./hack/cluster", "load", archive); err != nil {
			return nil, err
		}
		if err := os.WriteFile(record, []byte(wanted), 0o644); err != nil {
			return nil, fmt.Errorf("record which image is loaded: %w", err)
		}
		changed[name] = true
	}
	return changed, nil
}

// systemNamespace is the namespace whose UID names a cluster.
const systemNamespace = "kube-system"

func (c *Cluster) archives() string { return filepath.Join(c.state, "images") }

func hashOf(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("open an image: %w", err)
	}
	defer func() { _ = file.Close() }()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", fmt.Errorf("read an image: %w", err)
	}
	return fmt.Sprintf("%x", hash.Sum(nil)), nil
}

// Servers says whether the chat servers' image is new.
func (c Changed) Servers() bool { return c[chatserverImage] }
