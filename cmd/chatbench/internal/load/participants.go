package load

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/parley-chat/parley/test/client"
)

const (
	// redialJitter is what a client is told to wait at most after a first loss.
	redialJitter = time.Second
	joinTime     = 2 * time.Minute
	// outliveTime is how long answers and resumes may take.
	outliveTime = time.Minute
	outlivePoll = 50 * time.Millisecond
)

var errJoin = errors.New("participants do not come to follow their conversations")

// join begins participants, which run until the worker ends.
func (w *worker) join(ctx context.Context, in Join) (nothing, error) {
	ctx, w.leave = context.WithCancel(ctx)
	for _, wanted := range in.Participants {
		participant := client.NewParticipant(client.ParticipantOptions{
			Name: wanted.Name, User: wanted.User, Caller: client.Caller{Key: in.Key}, Recorder: w.recorder,
			Where: inTurn(wanted.URLs),
		})
		w.participants = append(w.participants, participant)
		w.running.Go(func() error { return participant.Run(ctx) })
	}
	deadline := time.After(joinTime)
	for _, participant := range w.participants {
		select {
		case <-participant.Ready():
		case <-deadline:
			return nothing{}, errJoin
		}
	}
	return nothing{}, nil
}

// inTurn names pods in turn, each but the first after a moment.
func inTurn(urls []string) func(context.Context) (string, error) {
	var turns atomic.Int64
	return func(ctx context.Context) (string, error) {
		turn := int(turns.Add(1)) - 1
		if turn > 0 {
			select {
			case <-time.After(rand.N(redialJitter)):
			case <-ctx.Done():
				return "", ctx.Err()
			}
		}
		return urls[turn%len(urls)], nil
	}
}

// outlive sends at a pace and waits for all answers. The participants send again
// by themselves what a lost connection leaves open.
func (w *worker) outlive(ctx context.Context, in Outlive) (Outlived, error) {
	var result Outlived
	begin := time.Now()
	interval := time.Duration(float64(time.Second) / in.PerSecond)
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for time.Since(begin) < time.Duration(in.Seconds*float64(time.Second)) {
		sender := in.Senders[result.Offered%len(in.Senders)]
		record := w.newRecord(Record{Bytes: in.Bytes, Conversation: sender.Conversation, Sender: w.participants[sender.Session].User()})
		w.participants[sender.Session].Send(sender.Conversation, w.texts.clientID(record.Number), w.texts.content(record.Number, in.Bytes))
		result.Offered++
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return result, ctx.Err()
		}
	}
	open, err := w.awaitAnswers(ctx)
	if err != nil {
		return result, err
	}
	result.Acked = result.Offered - open
	w.outlived(&result)
	return result, nil
}

// awaitAnswers returns how many messages are still open when time is over.
func (w *worker) awaitAnswers(ctx context.Context) (int, error) {
	ticker := time.NewTicker(outlivePoll)
	defer ticker.Stop()
	for limit := time.Now().Add(outliveTime); ; {
		open := 0
		for _, participant := range w.participants {
			open += participant.Pending()
		}
		if open == 0 || time.Now().After(limit) {
			return open, nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return open, ctx.Err()
		}
	}
}

func (w *worker) outlived(result *Outlived) {
	for _, participant := range w.participants {
		stats := participant.Stats()
		result.Silence = max(result.Silence, stats.LongestSilence)
		if stats.Connects > 1 {
			result.Resumed++
		}
		if stats.Followed.After(result.Followed) {
			result.Followed = stats.Followed
		}
	}
	result.Again = w.recorder.Summary().Again
}
