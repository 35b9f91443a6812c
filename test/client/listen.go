package client

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/parley-chat/parley/test/history"
)

// listen takes what comes over one session, to its end.
func (p *Participant) listen(session *Session) error {
	defer p.lost(session)
	for {
		frame, err := session.Next()
		if err != nil {
			return nil // the connection is over, which Run is there for
		}
		if frame.ID != nil {
			err = p.answered(frame)
		} else {
			err = p.happened(frame)
		}
		if err != nil {
			return err
		}
	}
}

// lost leaves what is sent from now on to the next connection.
func (p *Participant) lost(session *Session) {
	session.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.session == session {
		p.session = nil
	}
}

// retryable are the refusals that leave open what becomes of a message, or that
// pass.
var retryable = map[string]bool{"unavailable": true, "rate_limited": true, "draining": true}

func (p *Participant) answered(frame Frame) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	asked, known := p.requests[*frame.ID]
	if !known {
		return fmt.Errorf("an answer to a request that was not made: %d", *frame.ID)
	}
	delete(p.requests, *frame.ID)
	switch {
	case asked.attempt == nil && frame.Error != nil:
		if retryable[frame.Error.Code] {
			p.session.Close()
			return nil
		}
		return fmt.Errorf("%w: %s", errRefusedSync, frame.Error.Message)
	case asked.attempt == nil:
		var snapshot Snapshot
		if err := json.Unmarshal(frame.OK, &snapshot); err != nil {
			return fmt.Errorf("decode the answer to a sync: %w", err)
		}
		p.adopt(snapshot, asked.synced)
		return nil
	case frame.Error != nil && retryable[frame.Error.Code]:
		// A retry at once would only press on what is in trouble.
		attempt := asked.attempt
		time.AfterFunc(retryPause, func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			if p.unacked[attempt.ClientID] == attempt {
				p.try(attempt)
			}
		})
		return nil
	case frame.Error != nil:
		p.options.Recorder.Refused(asked.attempt.Conversation, p.options.User, asked.attempt.ClientID, frame.Error.Code)
		asked.attempt.Refused = frame.Error.Code
		delete(p.unacked, asked.attempt.ClientID)
		return nil
	}
	return p.acked(asked.attempt, frame.OK)
}

// retryPause is how long a participant waits before it sends again what a server
// could not take.
const retryPause = 200 * time.Millisecond

func (p *Participant) acked(attempt *Attempt, answer json.RawMessage) error {
	var message Message
	if err := json.Unmarshal(answer, &message); err != nil {
		return fmt.Errorf("decode the answer to a send: %w", err)
	}
	recorded := message.Recorded()
	recorded.Sender, recorded.CreatedRev, recorded.Content = p.options.User, message.Rev, history.Digest([]byte(attempt.Content))
	p.options.Recorder.Acked(recorded)
	if attempt.Acked.IsZero() {
		attempt.Acked = time.Now()
	}
	delete(p.unacked, attempt.ClientID)
	return nil
}

// happened takes an event. Signals have no rev and leave no trace.
func (p *Participant) happened(frame Frame) error {
	switch {
	case frame.Event == "reset":
		p.seen.Reset(frame.Conversation, frame.Rev)
		p.follow(frame.Conversation, frame.Rev)
		return nil
	case frame.Event == "drain":
		p.drains()
		return nil
	case frame.Rev == 0:
		return nil
	}
	event, message, err := recordedEvent(frame)
	if err != nil {
		return err
	}
	own := event.Object == fmt.Sprintf("member/%d", p.options.User)
	if frame.Event == "member.added" && own {
		p.seen.Follows(frame.Conversation, frame.Rev-1)
		p.follow(frame.Conversation, frame.Rev)
	}
	p.seen.Delivered(event)
	switch {
	case event.Kind == history.Created:
		p.delivered(message)
	case frame.Event == "member.removed" && own, frame.Event == "conversation.deleted":
		p.seen.Left(frame.Conversation)
		p.unfollow(frame.Conversation)
	}
	return nil
}

func (p *Participant) follow(conversation, rev int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.revs[conversation] = rev
}

func (p *Participant) drains() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.Drains++
}

func (p *Participant) unfollow(conversation int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.revs, conversation)
}

func (p *Participant) delivered(message Message) {
	if p.options.Heard != nil {
		p.options.Heard(message)
	}
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stats.Deliveries > 0 {
		p.stats.LongestSilence = max(p.stats.LongestSilence, now.Sub(p.stats.lastDelivery))
	}
	p.stats.Deliveries++
	p.stats.lastDelivery = now
}

var messageKinds = map[string]history.Kind{
	"message.created": history.Created, "message.edited": history.Edited, "message.deleted": history.Deleted,
}

// recordedEvent is an event in the form of the history, and the message that it is
// about, if any.
func recordedEvent(frame Frame) (history.Event, Message, error) {
	event := history.Event{Kind: history.Other, Conversation: frame.Conversation, Rev: frame.Rev}
	var message Message
	var err error
	if kind, isMessage := messageKinds[frame.Event]; isMessage {
		err = json.Unmarshal(frame.Data, &message)
		event.Kind, event.Message = kind, message.Recorded()
	} else {
		event.Object, err = objectOf(frame)
	}
	if err != nil {
		return event, message, fmt.Errorf("decode %s: %w", frame.Event, err)
	}
	return event, message, nil
}

// objectOf names what an event that is not about a message changed.
func objectOf(frame Frame) (string, error) {
	var data struct {
		User    string  `json:"user"`
		Message Message `json:"message"`
	}
	err := json.Unmarshal(frame.Data, &data)
	switch {
	case strings.HasPrefix(frame.Event, "member."):
		return "member/" + data.User, err
	case strings.HasPrefix(frame.Event, "reaction."):
		return fmt.Sprintf("message/%d", data.Message.ID), err
	}
	return "conversation", err
}
