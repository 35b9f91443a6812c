package presence

import "time"

const (
	// MaxAnnounced is the size of the largest conversation, in members, in which
	// presence changes are announced one by one. In a larger one a change would
	// cost a delivery to each of very many sessions; only its count and a sample
	// are published there.
	MaxAnnounced = 100
	// AggregateInterval is how often count and sample of one conversation are
	// published at most.
	AggregateInterval = 5 * time.Second
)
