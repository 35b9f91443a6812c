// Command image builds container images as docker-archive files without a container engine.
//
// What may enter: what is in an image and how its archive is written. What may not: building tools
// (hack/tools).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"sort"
	"strings"
	"syscall"

	"github.com/parley-chat/parley/hack/repository"
)

func main() {
	flags := flag.NewFlagSet("image", flag.ContinueOnError)
	output := flags.String("o", "", "folder the archives are written to, one NAME.tar each")
	flags.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: go run ./hack/image -o DIR NAME...")
		flags.PrintDefaults()
		fmt.Fprintln(os.Stderr, "names:", strings.Join(imageNames(), " "))
	}
	if err := flags.Parse(os.Args[1:]); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			os.Exit(0)
		}
		os.Exit(2)
	}
	if *output == "" || flags.NArg() == 0 {
		flags.Usage()
		os.Exit(2)
	}
	for _, name := range flags.Args() {
		if _, known := images()[name]; !known {
			fmt.Fprintf(os.Stderr, "image: no image is called %q\n", name)
			flags.Usage()
			os.Exit(2)
		}
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *output, flags.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, output string, names []string) error {
	root, err := repository.Root()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(output, 0o755); err != nil {
		return fmt.Errorf("make the output folder: %w", err)
	}
	scratch, err := os.MkdirTemp("", "parley-image-")
	if err != nil {
		return fmt.Errorf("make a scratch folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(scratch) }()

	for _, name := range names {
		path := filepath.Join(output, name+".tar")
		if err := images()[name].write(ctx, workspace{root: root, scratch: scratch}, path); err != nil {
			return fmt.Errorf("image %s: %w", name, err)
		}
		fmt.Println(path)
	}
	return nil
}

func imageNames() []string {
	var names []string
	for name := range images() {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
