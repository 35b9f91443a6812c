//go:build fault

package server

import (
	"log/slog"
	"os"

	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/bus/chaos"
)

// disturbed opens a bus that mistreats what arrives as PARLEY_CHAOS says.
func disturbed(receiver bus.Receiver, logger *slog.Logger, open func(bus.Receiver) (bus.Bus, error)) (bus.Bus, error) {
	text := os.Getenv("PARLEY_CHAOS")
	if text == "" {
		return open(receiver)
	}
	plan, err := chaos.ParsePlan(text)
	if err != nil {
		return nil, err
	}
	logger.Warn("the bus is disturbed", "plan", text, "seed", plan.Seed)
	between := chaos.NewReceiver(plan, receiver)
	opened, err := open(between)
	if err != nil {
		return nil, err
	}
	return disturbedBus{Bus: opened, between: between}, nil
}

// disturbedBus ends what is late when it closes.
type disturbedBus struct {
	bus.Bus
	between *chaos.Receiver
}

// Close is that of a bus.
func (d disturbedBus) Close() error {
	err := d.Bus.Close()
	d.between.Close()
	return err
}
