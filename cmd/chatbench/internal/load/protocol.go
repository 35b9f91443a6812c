package load

import (
	"encoding/json"
	"time"
)

// request is one line to a worker.
type request struct {
	Operation string          `json:"operation"`
	Body      json.RawMessage `json:"body,omitempty"`
}

// response is the line that answers it.
type response struct {
	Error string          `json:"error,omitempty"`
	Body  json.RawMessage `json:"body,omitempty"`
}

// The operations of a worker.
const (
	operationConnect = "connect" // Connect -> nothing
	operationSend    = "send"    // Send -> Sent
	operationJoin    = "join"    // Join -> nothing
	operationOutlive = "outlive" // Outlive -> Outlived
	operationStats   = "stats"   // nothing -> Stats
	operationSends   = "sends"   // nothing -> []Record
	operationCheck   = "check"   // []Record of the other workers -> Verdict
	operationSink    = "sink"    // nothing -> an address whose connections are read to their end
	operationWrite   = "write"   // Write -> Written
)

// Connect opens sessions, beside those that are open.
type Connect struct {
	Key      string    `json:"key"` // a secret key
	Sessions []Session `json:"sessions"`
	// AtOnce is how many handshakes run at a time.
	AtOnce int `json:"atOnce"`
}

// Session is one session to open.
type Session struct {
	URL  string `json:"url"` // of the pod
	User int64  `json:"user"`
	// Token is the user's, in place of the key; or empty.
	Token string `json:"token,omitempty"`
}

// Send has sessions send for a while, and waits for the answers.
type Send struct {
	Senders []Sender `json:"senders"` // in turn
	Seconds float64  `json:"seconds"`
	// PerSecond is the pace of all senders of the worker together. When zero, each
	// sends again as soon as it has an answer.
	PerSecond float64 `json:"perSecond"`
	// Bytes is the length of a text.
	Bytes int `json:"bytes"`
}

// Sender is a session, by the number under which the worker opened it, and the
// conversation that it sends to.
type Sender struct {
	Session      int   `json:"session"`
	Conversation int64 `json:"conversation"`
}

// Sent is what came of a Send.
type Sent struct {
	Offered int `json:"offered"`
	Acked   int `json:"acked"`
	Refused int `json:"refused"`
	// AckedInTime are those whose answer came before the end of the sending.
	AckedInTime int `json:"ackedInTime"`
	// Latencies are the microseconds from when a message was due to its ack.
	Latencies []int64 `json:"latencies"`
}

// Join begins participants, which go on elsewhere when they lose their
// connection, and returns once each follows its conversations.
type Join struct {
	Key          string        `json:"key"` // a secret key
	Participants []Participant `json:"participants"`
}

// Participant is one client that outlives its connections.
type Participant struct {
	Name string   `json:"name"` // of the user
	User int64    `json:"user"`
	URLs []string `json:"urls"` // of pods: where to connect first, and then in turn
}

// Outlive has participants send at a pace, while something happens to the pods.
// The senders name participants in place of sessions.
type Outlive Send

// Outlived is what became of it, once everything has its answer.
type Outlived struct {
	Offered int `json:"offered"`
	Acked   int `json:"acked"`
	Resumed int `json:"resumed"` // participants that connected more than once
	// Followed is when the last of them followed its conversations again.
	Followed time.Time `json:"followed"`
	// Silence is the longest time between two deliveries to one participant.
	Silence time.Duration `json:"silence"`
	// Again counts deliveries that told a participant nothing new.
	Again int `json:"again"`
}

// Stats is what a worker's sessions have read so far.
type Stats struct {
	Frames     int   `json:"frames"`     // of any kind
	Deliveries int   `json:"deliveries"` // message.created
	Bytes      int64 `json:"bytes"`      // of deliveries
	Lost       int   `json:"lost"`       // sessions that ended by themselves
	// LostWhy says how the first of them ended.
	LostWhy string `json:"lostWhy,omitempty"`
	// CPUMicroseconds is what the worker itself has used.
	CPUMicroseconds int64 `json:"cpuMicroseconds"`
}

// Record is one message that a worker sent, for those who saw it elsewhere.
type Record struct {
	Number       int    `json:"n"` // what the client id and the text are made of
	Worker       int    `json:"w"`
	Bytes        int    `json:"b"`
	Conversation int64  `json:"c"`
	Sender       int64  `json:"s"`
	ID           int64  `json:"i,omitempty"` // 0 without an ack
	Seq          int64  `json:"q,omitempty"`
	Rev          int64  `json:"r,omitempty"`
	Code         string `json:"x,omitempty"` // of a refusal
}

// Check is what a worker needs to judge its history.
type Check struct {
	URL     string   `json:"url"` // of a pod to read the store at
	Key     string   `json:"key"`
	Records []Record `json:"records"` // of the other workers
}

// Verdict is what a worker found.
type Verdict struct {
	Checked    int      `json:"checked"` // conversations that were compared with the store
	Violations []string `json:"violations"`
}

// Write has a worker measure bare writes to TCP connections.
type Write struct {
	Address string  `json:"address"` // of a sink
	Sockets int     `json:"sockets"`
	Bytes   int     `json:"bytes"` // of one write
	Seconds float64 `json:"seconds"`
	// RoundsPerSecond is how often every socket is written to, each by a goroutine
	// that is woken for it, evenly over the second. When zero, one goroutine writes
	// without a pause.
	RoundsPerSecond float64 `json:"roundsPerSecond"`
}

// Written is what that cost the process.
type Written struct {
	Writes         int   `json:"writes"`
	CPUNanoseconds int64 `json:"cpuNanoseconds"`
}
