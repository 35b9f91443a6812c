package history

// checkStore finds what the store lacks: holes, and acked messages that are not
// where their ack said.
func (e *evidence) checkStore() {
	if e.stored == nil {
		return
	}
	next := e.stored.firstSeq()
	for _, message := range e.stored.Messages {
		if message.Seq > next {
			e.violated(Hole, "", "seq %d..%d is not stored", next, message.Seq-1)
		}
		next = max(next, message.Seq+1)
	}
	for _, sent := range e.sends {
		for _, acked := range sent.acks {
			e.checkAcked(sent, acked)
		}
	}
}

func (e *evidence) checkAcked(sent *send, acked Message) {
	message := e.byID[acked.ID]
	if message == nil {
		if acked.Seq == 0 || e.retained(acked.Seq) {
			e.violated(Lost, "", "message %d of sender %d with clientId %q, acked at seq %d, is not stored",
				acked.ID, acked.Sender, acked.ClientID, acked.Seq)
		}
		return
	}
	// The answer to a repeat may come after an edit, with the edit's rev.
	sameRev := acked.CreatedRev == message.CreatedRev ||
		(sent.attempts > 1 && acked.CreatedRev > message.CreatedRev && acked.CreatedRev <= message.Rev)
	if (acked.Seq != 0 && acked.Seq != message.Seq) || !sameRev || acked.key() != message.key() {
		e.violated(Lost, "", "message %d, acked at seq %d and rev %d to sender %d with clientId %q, is stored at seq %d and rev %d for sender %d with clientId %q",
			acked.ID, acked.Seq, acked.CreatedRev, acked.Sender, acked.ClientID,
			message.Seq, message.CreatedRev, message.Sender, message.ClientID)
	}
}
