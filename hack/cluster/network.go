package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
)

// settings are the kernel settings that the cluster needs; what they were is kept for down.
var kernelSettings = map[string]string{
	"/proc/sys/net/ipv4/ip_forward": "1",
}

func (l local) networkUp(ctx context.Context) error {
	if _, err := net.InterfaceByName(nodeLink); err != nil {
		if _, err := capture(ctx, "ip", "link", "add", nodeLink, "type", "bridge"); err != nil {
			return err
		}
	}
	for _, arguments := range [][]string{
		{"address", "replace", nodeAddress + "/32", "dev", nodeLink},
		{"link", "set", nodeLink, "up"},
	} {
		if _, err := capture(ctx, "ip", arguments...); err != nil {
			return err
		}
	}
	if err := l.changeSettings(); err != nil {
		return err
	}
	return masquerade(ctx)
}

func (l local) changeSettings() error {
	before := map[string]string{}
	for path, wanted := range kernelSettings {
		content, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("read a kernel setting: %w", err)
		}
		if found := strings.TrimSpace(string(content)); found != wanted {
			before[path] = found
		}
	}
	if len(before) == 0 {
		return nil
	}
	record, err := json.Marshal(before)
	if err != nil {
		return fmt.Errorf("record kernel settings: %w", err)
	}
	if err := write(l.in("kernel-settings.json"), record, 0o644); err != nil {
		return err
	}
	for path := range before {
		if err := os.WriteFile(path, []byte(kernelSettings[path]), 0o644); err != nil {
			return fmt.Errorf("change a kernel setting: %w", err)
		}
	}
	return nil
}

func (l local) networkDown(ctx context.Context) error {
	var failures []error
	if _, err := net.InterfaceByName(nodeLink); err == nil {
		_, err := capture(ctx, "ip", "link", "delete", nodeLink)
		failures = append(failures, err)
	}
	failures = append(failures, l.restoreSettings(), removeRules(ctx))
	return errors.Join(failures...)
}

func (l local) restoreSettings() error {
	record, err := os.ReadFile(l.in("kernel-settings.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read earlier kernel settings: %w", err)
	}
	var before map[string]string
	if err := json.Unmarshal(record, &before); err != nil {
		return fmt.Errorf("read earlier kernel settings: %w", err)
	}
	for path, value := range before {
		if _, known := kernelSettings[path]; !known {
			continue
		}
		if err := os.WriteFile(path, []byte(value), 0o644); err != nil {
			return fmt.Errorf("restore a kernel setting: %w", err)
		}
	}
	return nil
}

// portsFree reports an address that another program holds, most likely a cluster of another
// checkout on this machine.
func portsFree(ctx context.Context, addresses ...string) error {
	var config net.ListenConfig
	for _, address := range addresses {
		listener, err := config.Listen(ctx, "tcp", address)
		if err != nil {
			return fmt.Errorf("is another cluster up on this machine? %w", err)
		}
		_ = listener.Close()
	}
	return nil
}
