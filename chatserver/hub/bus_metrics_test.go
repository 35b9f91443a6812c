package hub_test

import (
	"log/slog"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/bus/envelope"
	"github.com/parley-chat/parley/chatserver/hub"
	"github.com/parley-chat/parley/chatserver/model"
)

func TestWhatTheBusBringsIsCountedAndSoIsWhatNobodyHereWants(t *testing.T) {
	g := NewWithT(t)
	registry := prometheus.NewRegistry()
	const own, other = 1, 2
	h := hub.New(hub.Options{
		Pod: own, Timing: slow, Now: time.Now, Metrics: hub.NewMetrics(registry), Logger: slog.New(slog.DiscardHandler),
	})
	t.Cleanup(h.Close)
	for _, pod := range []uint64{own, other} {
		payload := envelope.New(pod)
		for conversation := range model.ConversationID(2) {
			payload = envelope.AppendChange(payload, envelope.Change{Kind: model.MessageCreated, Conversation: conversation + 1, Rev: 2, Body: []byte(`{}`)})
		}
		h.Receive(bus.ConversationChannel(1), payload)
	}
	count := func(name string) float64 {
		families, err := registry.Gather()
		g.Expect(err).NotTo(HaveOccurred())
		for _, family := range families {
			if family.GetName() == name {
				return family.GetMetric()[0].GetCounter().GetValue()
			}
		}
		return -1
	}
	g.Expect(count("chat_bus_received_total")).To(Equal(2.0))
	g.Expect(count("chat_bus_unwanted_total")).To(Equal(2.0), "the own payload is not looked into")
}
