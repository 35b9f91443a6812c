package scenario

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"
)

// profile begins a CPU profile of every pod, when profiles are wanted. What it
// returns waits for their end and takes heap profiles.
func (s *site) profile(name string) (stop func() error) {
	if s.bench.options.Profiles == "" {
		return func() error { return nil }
	}
	var group errgroup.Group
	seconds := int(s.bench.options.Duration.Seconds())
	for number := range s.fleet.Pods {
		group.Go(func() error { return s.fetch(name, number, fmt.Sprintf("profile?seconds=%d", seconds), "cpu") })
	}
	return func() error {
		err := group.Wait()
		for number := range s.fleet.Pods {
			err = errors.Join(err, s.fetch(name, number, "heap", "heap"))
		}
		return err
	}
}

var plainName = strings.NewReplacer(" ", "-", "×", "x", ",", "", "/", "-per-")

// fetch writes one profile into the folder.
func (s *site) fetch(name string, pod int, path, kind string) error {
	url := s.fleet.Pods[pod].InternalURL() + "/debug/pprof/" + path
	request, err := http.NewRequestWithContext(s.scope.Context(), http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("ask for a profile: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("ask for a profile: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: %s answers %d", errNoProfile, url, response.StatusCode)
	}
	if err := os.MkdirAll(s.bench.options.Profiles, 0o755); err != nil {
		return fmt.Errorf("make the folder of the profiles: %w", err)
	}
	file, err := os.Create(filepath.Join(s.bench.options.Profiles, fmt.Sprintf("%s-pod%d.%s.pprof", plainName.Replace(name), pod, kind)))
	if err != nil {
		return fmt.Errorf("make a profile: %w", err)
	}
	_, err = io.Copy(file, response.Body)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("write a profile: %w", err)
	}
	return nil
}

var errNoProfile = errors.New("there is no profile")
