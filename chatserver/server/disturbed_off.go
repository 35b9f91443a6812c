//go:build !fault

package server

import (
	"log/slog"

	"github.com/parley-chat/parley/chatserver/bus"
)

// disturbed opens a bus. Only a build with the tag fault disturbs it.
func disturbed(receiver bus.Receiver, _ *slog.Logger, open func(bus.Receiver) (bus.Bus, error)) (bus.Bus, error) {
	return open(receiver)
}
