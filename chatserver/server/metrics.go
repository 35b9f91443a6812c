package server

import "github.com/prometheus/client_golang/prometheus"

// registerHealth registers a gauge that asks at each scrape.
func (s *server) registerHealth(name, help string, healthy func() bool) {
	s.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 {
		if healthy() {
			return 1
		}
		return 0
	}))
}

func (s *server) registerBusHealth() {
	s.registerHealth("chat_bus_healthy",
		"1 while the bus is believed to carry everything, else 0: delivery between pods then takes up to 2 s.", s.bus.Healthy)
}

func (s *server) registerPresenceHealth(healthy func() bool) {
	s.registerHealth("chat_presence_healthy",
		"1 while presence is counted together with the other pods, else 0: each pod then knows of its own sessions only.", healthy)
}
