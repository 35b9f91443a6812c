package envelope_test

import (
	"bytes"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/bus/envelope"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/tracing"
)

func origin(t *testing.T) *tracing.Origin {
	t.Helper()
	made := new(tracing.Origin)
	NewWithT(t).Expect(made.UnmarshalBinary([]byte("the trace's 16 bthe span"))).To(Succeed())
	return made
}

func TestTheOriginOfATracedChangeTravelsWithIt(t *testing.T) {
	g := NewWithT(t)
	traced := change(model.MessageCreated, model.FirstID, 2, "{}")
	traced.Origin = origin(t)
	plain := change(model.MessageCreated, model.FirstID, 3, "{}")
	payload := envelope.AppendChange(envelope.New(theirs), traced)
	payload = envelope.AppendChange(payload, plain)
	g.Expect(read(payload, everything)).To(Equal([]envelope.Item{{Change: &traced}, {Change: &plain}}))
}

// To a release that does not know it the origin is a change of an unknown kind.
func TestTheFormOfAnOriginIsAContractBetweenReleases(t *testing.T) {
	g := NewWithT(t)
	traced := change(model.MessageCreated, model.FirstID, 2, "{}")
	untraced := envelope.AppendChange(envelope.New(theirs), traced)
	traced.Origin = origin(t)
	payload := envelope.AppendChange(envelope.New(theirs), traced)
	head, item := untraced[:9], untraced[9:]
	g.Expect(payload).To(Equal(bytes.Join([][]byte{
		head, {0, 0, 0, 0xe8, 0xd4, 0xa5, 0x10, 0, 63, 0, 0, 0, 24}, []byte("the trace's 16 bthe span"), item,
	}, nil)))
}

func TestADamagedOriginCostsTheTraceAndNotTheChange(t *testing.T) {
	g := NewWithT(t)
	traced := change(model.MessageCreated, model.FirstID, 2, "{}")
	traced.Origin = origin(t)
	payload := envelope.AppendChange(envelope.New(theirs), traced)
	zeroed := bytes.Replace(payload, []byte("the span"), make([]byte, 8), 1)
	traced.Origin = nil
	g.Expect(read(zeroed, everything)).To(Equal([]envelope.Item{{Change: &traced}}))
}

func TestAChangeThatIsNotTracedCostsNoMoreThanItsBytes(t *testing.T) {
	plain := change(model.MessageCreated, model.FirstID, 2, "{}")
	buffer := make([]byte, 0, 64)
	NewWithT(t).Expect(testing.AllocsPerRun(100, func() { envelope.AppendChange(buffer, plain) })).To(BeZero())
}
