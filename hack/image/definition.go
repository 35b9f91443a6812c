package main

import (
	"context"
	"fmt"
	"runtime"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// workspace says where sources are and where intermediate files may go.
type workspace struct {
	root    string
	scratch string
}

// definition is an image: what runs in it, and how its files are found.
type definition struct {
	reference string
	config    v1.Config
	files     func(ctx context.Context, work workspace) ([]file, error)
	// engineImage is what a Docker engine fetches in place of this image on a host without the
	// system packages it is made of. Empty where the image is made of Go programs alone.
	engineImage string
}

// images are all images that this program can build, by name.
func images() map[string]definition {
	return map[string]definition{
		"chatserver": server("chatserver"),
		"operator":   server("operator"),
		"pause": {
			reference: reference("pause"),
			config:    v1.Config{User: nonrootUser, Entrypoint: []string{"/pause"}},
			files:     goProgram("/pause", "./hack/image/pause"),
		},
		"coredns":  coreDNS(),
		"postgres": postgres(),
		"redis":    redis(),
	}
}

func reference(name string) string { return "localhost/parley/" + name + ":dev" }

// write builds the image and stores it as a docker-archive.
func (d definition) write(ctx context.Context, work workspace, path string) error {
	if d.engineImage != "" && !hasDebianPackages() {
		return saveFromEngine(ctx, d.engineImage, d.reference, path)
	}
	files, err := d.files(ctx, work)
	if err != nil {
		return err
	}
	image, err := d.assemble(files)
	if err != nil {
		return err
	}
	tag, err := name.NewTag(d.reference)
	if err != nil {
		return fmt.Errorf("parse the image reference: %w", err)
	}
	if err := tarball.WriteToFile(path, tag, image); err != nil {
		return fmt.Errorf("write the archive: %w", err)
	}
	return nil
}

// assemble makes the image of the given files: one layer and the configuration.
func (d definition) assemble(files []file) (v1.Image, error) {
	layer, err := layerOf(files)
	if err != nil {
		return nil, err
	}
	image, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return nil, fmt.Errorf("append the layer: %w", err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("read the image configuration: %w", err)
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", runtime.GOARCH
	config.Config = d.config
	if image, err = mutate.ConfigFile(image, config); err != nil {
		return nil, fmt.Errorf("set the image configuration: %w", err)
	}
	return image, nil
}
