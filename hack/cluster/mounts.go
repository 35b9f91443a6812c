package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
)

// unmountBelow removes every mount below a folder, the deepest first. It fails if one stays, since
// the caller is about to remove the folder and with it whatever were still mounted.
func unmountBelow(ctx context.Context, folder string) error {
	for range 5 {
		points, err := mountPoints(folder)
		if err != nil {
			return err
		}
		if len(points) == 0 {
			return nil
		}
		for _, point := range points {
			if _, err := capture(ctx, "umount", point); err != nil {
				// A busy mount is detached: it goes away with its last user.
				_, _ = capture(ctx, "umount", "--lazy", point)
			}
		}
	}
	points, err := mountPoints(folder)
	if err != nil {
		return err
	}
	if len(points) > 0 {
		return fmt.Errorf("still mounted below %s: %s", folder, strings.Join(points, ", "))
	}
	return nil
}

// mountPoints lists what is mounted below a folder, the deepest first.
func mountPoints(folder string) ([]string, error) {
	content, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, fmt.Errorf("list mounts: %w", err)
	}
	var points []string
	for line := range strings.Lines(string(content)) {
		if fields := strings.Fields(line); len(fields) > 4 {
			point := unescape.Replace(fields[4])
			if strings.HasPrefix(point, folder+"/") {
				points = append(points, point)
			}
		}
	}
	slices.Sort(points)
	slices.Reverse(points)
	return points, nil
}

// unescape undoes how the kernel writes blanks in paths.
var unescape = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
