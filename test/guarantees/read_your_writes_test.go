//go:build unix

package guarantees_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/test/client"
	"github.com/parley-chat/parley/test/guarantees"
	"github.com/parley-chat/parley/test/history"
	"github.com/parley-chat/parley/test/services"
)

// stale: after an answer every read on every pod shows what it answered.
const stale history.Rule = "stale"

// writes is how often something is written on one pod and read on the other.
const writes = 50

// No fault breaks this one: every read asks the same PostgreSQL, and there is
// nothing between that could be out of date.
func TestEveryPodShowsWhatWasAckedOnAnother(t *testing.T) {
	guarantees.Hold(t, func(t *testing.T, options guarantees.Options) []guarantees.Problem {
		redis := services.Redis(t)
		options.Redis = []string{redis.URL()}
		trial := guarantees.NewTrial(t, options)
		conversation := trial.Group("writer", "reader")
		redis.Stop(t)
		var problems []guarantees.Problem
		for number := range writes {
			writer := trial.Fleet.Caller().As("writer").At(trial.Fleet.Pods[number%2].URL())
			reader := trial.Fleet.Caller().As("reader").At(trial.Fleet.Pods[(number+1)%2].URL())
			for _, text := range writeAndRead(trial.Context(), t, writer, reader, conversation, int64(number)) {
				problems = append(problems, guarantees.Problem{Rule: stale, Text: text})
			}
		}
		return append(problems, trial.Finish()...)
	})
}

// writeAndRead sends, edits and deletes a message at one pod and looks at another
// after each answer. Before it, the conversation has as many messages as the number
// says.
func writeAndRead(ctx context.Context, t *testing.T, writer, reader client.Caller, conversation, number int64) (stale []string) {
	t.Helper()
	g := NewWithT(t)
	status, sent := post(ctx, t, writer, conversation, fmt.Sprintf("write-%d", number))
	g.Expect(status).To(Equal(http.StatusCreated))
	var head struct {
		LastSeq int64 `json:"lastSeq"`
	}
	look := func() client.Message {
		var page struct {
			Items []client.Message `json:"items"`
		}
		path := fmt.Sprintf("/chat/v1/conversations/%d", conversation)
		g.Expect(reader.Get(ctx, path, &head)).To(Succeed())
		g.Expect(reader.Get(ctx, fmt.Sprintf("%s/messages?after=%d", path, number), &page)).To(Succeed())
		if head.LastSeq != number+1 || len(page.Items) != 1 || page.Items[0].ID != sent.ID {
			stale = append(stale, fmt.Sprintf("message %d: the conversation shows lastSeq %d and a page of %d", number+1, head.LastSeq, len(page.Items)))
			return client.Message{}
		}
		return page.Items[0]
	}
	look()
	path := fmt.Sprintf("/chat/v1/conversations/%d/messages/%d", conversation, sent.ID)
	g.Expect(writer.Call(ctx, http.MethodPatch, path, map[string]string{"content": "edited"}, nil)).To(Succeed())
	if shown := look(); string(shown.Content) != `"edited"` {
		stale = append(stale, fmt.Sprintf("message %d: its content is %s after it was edited", number+1, shown.Content))
	}
	g.Expect(writer.Call(ctx, http.MethodDelete, path, nil, nil)).To(Succeed())
	if shown := look(); shown.DeletedAt == "" {
		stale = append(stale, fmt.Sprintf("message %d: it shows no sign of its deletion", number+1))
	}
	return stale
}
