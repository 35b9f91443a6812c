package load

// connectsAtOnce is how many sessions one worker brings up at a time. Few, because
// a server whose sessions begin all at once is measured by the scenario resume.
const connectsAtOnce = 4

// Connect opens sessions, in turn at each worker: the session with number n is the
// one that senders of Send name by n. It is called once for a crew.
func (c *Crew) Connect(key string, sessions []Session) error {
	_, err := askAll[nothing](c, operationConnect, func(worker int) any {
		in := Connect{Key: key, AtOnce: connectsAtOnce}
		for i := worker; i < len(sessions); i += c.Size() {
			in.Sessions = append(in.Sessions, sessions[i])
		}
		return in
	})
	return err
}

// Join begins participants, in turn at each worker. It is called once for a crew.
func (c *Crew) Join(key string, participants []Participant) error {
	_, err := askAll[nothing](c, operationJoin, func(worker int) any {
		in := Join{Key: key}
		for i := worker; i < len(participants); i += c.Size() {
			in.Participants = append(in.Participants, participants[i])
		}
		return in
	})
	return err
}

// Outlive has participants send and waits until each message has its answer, over
// however many connections that takes.
func (c *Crew) Outlive(in Outlive) (Outlived, error) {
	busy, orders := c.divide(Send(in))
	answers, err := askAll[Outlived](busy, operationOutlive, func(i int) any { return orders[i] })
	var total Outlived
	for _, each := range answers {
		total.Offered += each.Offered
		total.Acked += each.Acked
		total.Resumed += each.Resumed
		total.Again += each.Again
		total.Silence = max(total.Silence, each.Silence)
		if each.Followed.After(total.Followed) {
			total.Followed = each.Followed
		}
	}
	return total, err
}

// Send has the senders, whose sessions are numbered over all workers, send.
// PerSecond is the pace of all together.
func (c *Crew) Send(in Send) (Sent, error) {
	busy, orders := c.divide(in)
	answers, err := askAll[Sent](busy, operationSend, func(i int) any { return orders[i] })
	var total Sent
	for _, each := range answers {
		total.Offered += each.Offered
		total.Acked += each.Acked
		total.Refused += each.Refused
		total.AckedInTime += each.AckedInTime
		total.Latencies = append(total.Latencies, each.Latencies...)
	}
	return total, err
}

// divide gives the workers that have senders their part of the pace.
func (c *Crew) divide(in Send) (*Crew, []Send) {
	parts := make([]Send, c.Size())
	for _, sender := range in.Senders {
		part := &parts[sender.Session%c.Size()]
		sender.Session /= c.Size()
		part.Senders = append(part.Senders, sender)
	}
	busy := &Crew{}
	var orders []Send
	for i, part := range parts {
		if len(part.Senders) == 0 {
			continue
		}
		part.Seconds, part.Bytes = in.Seconds, in.Bytes
		part.PerSecond = in.PerSecond * float64(len(part.Senders)) / float64(len(in.Senders))
		busy.workers, orders = append(busy.workers, c.workers[i]), append(orders, part)
	}
	return busy, orders
}

// Stats adds up what all workers have read.
func (c *Crew) Stats() (Stats, error) {
	answers, err := askAll[Stats](c, operationStats, alike(nothing{}))
	var total Stats
	for _, each := range answers {
		total.Frames += each.Frames
		total.Deliveries += each.Deliveries
		total.Bytes += each.Bytes
		total.Lost += each.Lost
		total.CPUMicroseconds += each.CPUMicroseconds
		if total.LostWhy == "" {
			total.LostWhy = each.LostWhy
		}
	}
	return total, err
}

// Check judges the histories of all workers. Everything must be quiet.
func (c *Crew) Check(url, key string) (Verdict, error) {
	sends, err := askAll[[]Record](c, operationSends, alike(nothing{}))
	if err != nil {
		return Verdict{}, err
	}
	answers, err := askAll[Verdict](c, operationCheck, func(worker int) any {
		in := Check{URL: url, Key: key}
		for i, records := range sends {
			if i != worker {
				in.Records = append(in.Records, records...)
			}
		}
		return in
	})
	var total Verdict
	for _, each := range answers {
		total.Checked = max(total.Checked, each.Checked)
		total.Violations = append(total.Violations, each.Violations...)
	}
	return total, err
}

// Write measures bare writes in the first worker, which the second reads.
func (c *Crew) Write(in Write) (Written, error) {
	address, err := ask[string](c.workers[1], operationSink, nothing{})
	if err != nil {
		return Written{}, err
	}
	in.Address = address
	return ask[Written](c.workers[0], operationWrite, in)
}
