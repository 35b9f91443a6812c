package load

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/test/client"
	"github.com/parley-chat/parley/test/history"
)

const (
	// readsAtOnce is how many conversations are read at a time.
	readsAtOnce = 4
	// toldViolations is how many a verdict names.
	toldViolations = 20
)

// tell writes the answer to a message down.
func (r *Record) tell(recorder *history.Recorder, texts *texts) {
	clientID := texts.clientID(r.Number)
	switch {
	case r.Code != "":
		recorder.Refused(r.Conversation, r.Sender, clientID, r.Code)
	case r.ID != 0:
		recorder.Acked(history.Message{
			Conversation: r.Conversation, ID: r.ID, Seq: r.Seq, Rev: r.Rev, Sender: r.Sender, ClientID: clientID,
			Content: texts.digest(r.Number, r.Bytes),
		})
	}
}

// check compares what the sessions of this worker saw with the store, for every
// conversation in which anybody sent something.
func (w *worker) check(ctx context.Context, in Check) (Verdict, error) {
	for _, record := range in.Records {
		texts := newTexts(record.Worker)
		w.recorder.Sent(record.Conversation, record.Sender, texts.clientID(record.Number), texts.digest(record.Number, record.Bytes))
		record.tell(w.recorder, texts)
	}
	stored, err := w.stored(ctx, in)
	if err != nil {
		return Verdict{}, err
	}
	verdict := Verdict{Checked: len(stored)}
	for _, violation := range w.recorder.Check(stored...) {
		if len(verdict.Violations) < toldViolations {
			verdict.Violations = append(verdict.Violations,
				fmt.Sprintf("%s: conversation %d %s: %s", violation.Rule, violation.Conversation, violation.Session, violation.Text))
		}
	}
	return verdict, nil
}

// stored reads the conversations over REST, on behalf of one who sent there.
func (w *worker) stored(ctx context.Context, in Check) ([]history.Stored, error) {
	senders := make(map[int64]int64)
	w.mu.Lock()
	for _, record := range w.records {
		senders[record.Conversation] = record.Sender
	}
	w.mu.Unlock()
	for _, record := range in.Records {
		senders[record.Conversation] = record.Sender
	}
	all := make([]history.Stored, len(senders))
	var group errgroup.Group
	group.SetLimit(readsAtOnce)
	next := 0
	for conversation, sender := range senders {
		place := next
		next++
		group.Go(func() (err error) {
			caller := client.Caller{URL: in.URL, Key: in.Key, User: fmt.Sprint(sender)}
			all[place], err = caller.Stored(ctx, conversation)
			return err
		})
	}
	return all, group.Wait()
}
