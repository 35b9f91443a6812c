package config

import (
	"errors"
	"fmt"
)

// Limits bound what one project, one user, one address and one request may ask
// of the servers. A zero stands for the default. Lengths count characters.
type Limits struct {
	RequestsPerUser    Rate `json:"requestsPerUser"`    // of a user, or of a public key without one
	RequestsPerProject Rate `json:"requestsPerProject"` // of everybody together
	SendsPerUser       Rate `json:"sendsPerUser"`       // messages of a user, by REST and WebSocket
	SendsPerProject    Rate `json:"sendsPerProject"`    // messages of everybody together
	FailuresPerAddress Rate `json:"failuresPerAddress"` // bad credentials of one remote address, on each pod

	ConnectionsPerUser    int `json:"connectionsPerUser"`    // WebSockets of a user, on each pod
	ConnectionsPerProject int `json:"connectionsPerProject"` // WebSockets of everybody together, on each pod

	BodyBytes       int `json:"bodyBytes"`       // of a request or a WebSocket message
	ContentBytes    int `json:"contentBytes"`    // of a message's content
	PropertiesBytes int `json:"propertiesBytes"` // of the properties of any object
	NameLength      int `json:"nameLength"`      // names of conversations, display names

	MembersPerRequest      int `json:"membersPerRequest"`      // named in one request
	DirectMembers          int `json:"directMembers"`          // of a direct conversation, its creator included
	MembersPerConversation int `json:"membersPerConversation"` // open conversations have no such limit
	ConversationsPerUser   int `json:"conversationsPerUser"`

	ReactionsPerMessage   int `json:"reactionsPerMessage"` // distinct emojis
	AttachmentsPerMessage int `json:"attachmentsPerMessage"`
	MentionsPerMessage    int `json:"mentionsPerMessage"`
	ReceiptMembers        int `json:"receiptMembers"` // up to which deliveries are told

	PageSize    int `json:"pageSize"` // of a list whose request does not say
	MaxPageSize int `json:"maxPageSize"`
}

// Rate is how often something may happen: Burst times at once, PerSecond times
// a second in the long run. A zero Burst stands for twice PerSecond.
type Rate struct {
	PerSecond int `json:"perSecond"`
	Burst     int `json:"burst"`
}

// burstOfDefault is how many seconds' worth of a rate may come at once.
const burstOfDefault = 2

// maxRate is far above what a project of any size needs.
const maxRate = 1_000_000

// setting is one number of the limits.
type setting struct {
	name     string
	value    *int
	standard int // what zero stands for
	least    int
	most     int
}

// settings lists every number. A burst comes right after the rate that its
// default depends on.
func (l *Limits) settings() []setting {
	const kibi = 1024
	return append(l.rates(), []setting{
		{"connectionsPerUser", &l.ConnectionsPerUser, 20, 1, 10_000},
		{"connectionsPerProject", &l.ConnectionsPerProject, 50_000, 1, 1_000_000},
		{"bodyBytes", &l.BodyBytes, 64 * kibi, kibi, kibi * kibi},
		{"contentBytes", &l.ContentBytes, 32 * kibi, 1, kibi * kibi},
		{"propertiesBytes", &l.PropertiesBytes, 16 * kibi, 2, kibi * kibi},
		{"nameLength", &l.NameLength, 256, 1, 4096},
		{"membersPerRequest", &l.MembersPerRequest, 100, 1, 1000},
		{"directMembers", &l.DirectMembers, 10, 2, 10},
		{"membersPerConversation", &l.MembersPerConversation, 10_000, 2, 100_000},
		{"conversationsPerUser", &l.ConversationsPerUser, 10_000, 1, 100_000},
		{"reactionsPerMessage", &l.ReactionsPerMessage, 50, 1, 500},
		{"attachmentsPerMessage", &l.AttachmentsPerMessage, 10, 1, 100},
		{"mentionsPerMessage", &l.MentionsPerMessage, 50, 1, 500},
		{"receiptMembers", &l.ReceiptMembers, 100, 1, 1000},
		{"pageSize", &l.PageSize, 50, 1, 1000},
		{"maxPageSize", &l.MaxPageSize, 200, 1, 1000},
	}...)
}

func (l *Limits) rates() []setting {
	var all []setting
	for _, each := range []struct {
		name     string
		rate     *Rate
		standard int
	}{
		{"requestsPerUser", &l.RequestsPerUser, 20},
		{"requestsPerProject", &l.RequestsPerProject, 2000},
		{"sendsPerUser", &l.SendsPerUser, 10},
		{"sendsPerProject", &l.SendsPerProject, 15_000},
		{"failuresPerAddress", &l.FailuresPerAddress, 20},
	} {
		perSecond := each.rate.PerSecond
		if perSecond == 0 {
			perSecond = each.standard
		}
		all = append(all,
			setting{each.name + ".perSecond", &each.rate.PerSecond, each.standard, 1, maxRate},
			setting{each.name + ".burst", &each.rate.Burst, burstOfDefault * perSecond, 1, burstOfDefault * maxRate})
	}
	return all
}

// DefaultLimits returns the limits of a project that sets none.
func DefaultLimits() Limits { return Limits{}.WithDefaults() }

// WithDefaults returns the limits with each zero replaced by what it stands for.
func (l Limits) WithDefaults() Limits {
	pageSize := l.PageSize
	for _, each := range l.settings() {
		if *each.value == 0 {
			*each.value = each.standard
		}
	}
	if pageSize == 0 {
		// A project that only shortens its pages need not set both.
		l.PageSize = min(l.PageSize, l.MaxPageSize)
	}
	return l
}

// LimitRanges returns the least and the most that each number may be, by its
// dotted name.
func LimitRanges() map[string][2]int {
	ranges := make(map[string][2]int)
	for _, each := range new(Limits).settings() {
		ranges[each.name] = [2]int{each.least, each.most}
	}
	return ranges
}

// Check reports every number that is out of its range.
func (l Limits) Check() error {
	var errs []error
	for _, each := range l.settings() {
		if *each.value < each.least || *each.value > each.most {
			errs = append(errs, fmt.Errorf("limits.%s: must be %d to %d, not %d", each.name, each.least, each.most, *each.value))
		}
	}
	if l.PageSize > l.MaxPageSize {
		errs = append(errs, fmt.Errorf("limits.pageSize: must not be above limits.maxPageSize, which is %d, but is %d", l.MaxPageSize, l.PageSize))
	}
	return errors.Join(errs...)
}
