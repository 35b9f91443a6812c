package native_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

func TestTextOfEveryScriptIsReadBackAsItWasSent(t *testing.T) {
	onEveryEngine(t, textOfEveryScriptIsReadBackAsItWasSent)
}

func textOfEveryScriptIsReadBackAsItWasSent(t *testing.T, r *room) {
	g := NewWithT(t)
	texts := []any{
		"👩‍👩‍👧‍👦 👍🏽 🏳️‍🌈", "שלום עולם", "مرحبا", "こんにちは", "e\u0301 stays two characters", "\u2028 <&> \u202e \\u0000", "line\r\n\tline",
	}
	for _, text := range texts {
		g.Expect(r.send(r.asAda, map[string]any{"content": text})["content"]).To(Equal(text))
		object := map[string]any{"text": text, "ключ": text}
		g.Expect(r.send(r.asAda, map[string]any{"content": object})["content"]).To(Equal(object))
	}
	read := r.texts(r.asGrace, "")
	for i, text := range texts {
		g.Expect(read[2*i]).To(Equal(text))
		g.Expect(read[2*i+1]).To(Equal(map[string]any{"text": text, "ключ": text}))
	}
}

func TestAMessageSaysWhereAndWhenItWasSent(t *testing.T) {
	onEveryEngine(t, aMessageSaysWhereAndWhenItWasSent)
}

func aMessageSaysWhereAndWhenItWasSent(t *testing.T, r *room) {
	g := NewWithT(t)
	sent := r.send(r.asAda, map[string]any{"content": "hi"})
	read := r.asGrace.call("GET", r.message(sent), nil).expect(200)
	g.Expect(read["conversation"]).To(Equal(r.id.String()))
	g.Expect(read["createdAt"]).To(Equal(sent["createdAt"]))
	g.Expect(read["createdAt"]).To(HaveSuffix("Z"), "times are in UTC")
	at, err := time.Parse(time.RFC3339Nano, read["createdAt"].(string))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(at).To(BeTemporally("~", time.Now(), time.Hour))
}

func TestAConversationCountsTheMessagesThatAreThere(t *testing.T) {
	onEveryEngine(t, aConversationCountsTheMessagesThatAreThere)
}

func aConversationCountsTheMessagesThatAreThere(t *testing.T, r *room) {
	g := NewWithT(t)
	count := func() any { return r.asGrace.call("GET", r.path, nil).expect(200)["messageCount"] }
	g.Expect(count()).To(BeEquivalentTo(0))
	r.send(r.asAda, map[string]any{"content": "one"})
	gone := r.send(r.asAda, map[string]any{"content": "two"})
	g.Expect(count()).To(BeEquivalentTo(2))
	r.asAda.call("DELETE", r.message(gone), nil).expect(204)
	g.Expect(count()).To(BeEquivalentTo(1))
}
