package envelope_test

import (
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	. "github.com/onsi/gomega"
	"pgregory.net/rapid"

	"github.com/parley-chat/parley/chatserver/bus/envelope"
	"github.com/parley-chat/parley/chatserver/model"
)

const (
	ours   uint64 = 7
	theirs uint64 = 8
)

func everything(byte, int64) bool { return true }

// read collects what a pod takes from a payload.
func read(payload []byte, wanted func(kind byte, id int64) bool) ([]envelope.Item, error) {
	var items []envelope.Item
	err := envelope.Read(payload, ours, wanted, func(item envelope.Item) { items = append(items, item) })
	return items, err
}

func change(kind model.EventKind, conversation model.ConversationID, rev int64, body string) envelope.Change {
	return envelope.Change{Kind: kind, Conversation: conversation, Rev: rev, Body: json.RawMessage(body)}
}

// examplePayload holds two changes with a notice between them.
func examplePayload() ([]byte, []envelope.Item) {
	first := change(model.MessageCreated, model.FirstID, 2, `{"seq":1}`)
	notice := envelope.Notice{User: model.FirstID + 5, Conversation: model.FirstID, Rev: 3}
	last := change(model.MessageDeleted, model.FirstID, 4, `{"seq":1,"deletedAt":"2026-01-01T00:00:00Z"}`)
	payload := envelope.AppendChange(envelope.New(theirs), first)
	payload = envelope.AppendNotice(payload, notice)
	payload = envelope.AppendChange(payload, last)
	return payload, []envelope.Item{{Change: &first}, {Notice: &notice}, {Change: &last}}
}

func TestAPayloadIsReadInTheOrderInWhichItWasWritten(t *testing.T) {
	g := NewWithT(t)
	payload, want := examplePayload()
	g.Expect(read(payload, everything)).To(Equal(want))
}

// Pods of two releases read each other's payloads, so these bytes never change.
func TestTheFormOfAPayloadIsAContractBetweenReleases(t *testing.T) {
	g := NewWithT(t)
	written := change(model.MessageCreated, model.FirstID, 2, "{}")
	written.From, written.Seq = 5, 6
	payload := envelope.AppendChange(envelope.New(theirs), written)
	payload = envelope.AppendNotice(payload, envelope.Notice{User: model.FirstID, Conversation: 3, Rev: 4, Floor: 9})
	payload = envelope.AppendNotice(payload, envelope.Notice{Kind: envelope.Blocked, User: model.FirstID, Other: 5})
	payload = envelope.AppendSignal(payload, model.Signal{Kind: model.TypingStarted, Conversation: model.FirstID, From: 7, Body: json.RawMessage("{}")})
	payload = envelope.AppendSignal(payload, model.Signal{Kind: model.MembershipUpdated, User: model.FirstID, Body: json.RawMessage("{}")})
	revealing := change(model.ConversationUpdated, model.FirstID, 3, "{}")
	revealing.Reveals = true
	payload = envelope.AppendChange(payload, revealing)
	g.Expect(payload).To(Equal([]byte{
		2, 0, 0, 0, 0, 0, 0, 0, 8, // the version and the pod
		0, 0, 0, 0xe8, 0xd4, 0xa5, 0x10, 0, 4, 4, 10, 12, 2, '{', '}', // id, kind, rev, sender, seq, length, body
		0, 0, 0, 0xe8, 0xd4, 0xa5, 0x10, 0, 0, 8, 18, 6, 0, // id, kind, rev, floor, conversation, no body
		0, 0, 0, 0xe8, 0xd4, 0xa5, 0x10, 0, 201, 0, 10, 0, 0, // id, kind, rev, the other user, no conversation, no body
		0, 0, 0, 0xe8, 0xd4, 0xa5, 0x10, 0, 64, 0, 14, 0, 2, '{', '}',
		0, 0, 0, 0xe8, 0xd4, 0xa5, 0x10, 0, 128, 0, 0, 0, 2, '{', '}',
		0, 0, 0, 0xe8, 0xd4, 0xa5, 0x10, 0, 7, 6, 0, 2, 2, '{', '}', // id, kind, rev, sender, what members see changed, length, body
	}))
}

var kinds = []model.EventKind{
	model.ConversationCreated, model.ConversationUpdated, model.ConversationDeleted,
	model.MemberAdded, model.MemberUpdated, model.MemberRemoved,
	model.MessageCreated, model.MessageEdited, model.MessageDeleted, model.ReactionAdded, model.ReactionRemoved,
}

var noticeKinds = []envelope.NoticeKind{envelope.Joined, envelope.Revoked, envelope.Blocked, envelope.Unblocked, envelope.Expelled}

var (
	conversationSignals = []model.SignalKind{
		model.TypingStarted, model.TypingStopped, model.KeystrokesTyped, model.PresenceChanged, model.PresenceSummary,
		model.SessionEntered, model.SessionLeft, model.ReceiptMoved, model.CustomEvent, model.EphemeralMessage,
	}
	userSignals = []model.SignalKind{
		model.MembershipUpdated, model.UserUpdated, model.BlockCreated, model.BlockDeleted,
		model.InviteCreated, model.InviteUpdated,
	}
)

// anySignal draws a signal to a conversation or a user.
func anySignal(t *rapid.T, id int64) model.Signal {
	signal := model.Signal{
		From: model.UserID(rapid.Int64().Draw(t, "from")),
		Body: rapid.SliceOfN(rapid.Byte(), 1, 300).Draw(t, "body"),
	}
	if rapid.Bool().Draw(t, "to a user") {
		signal.Kind, signal.User = rapid.SampledFrom(userSignals).Draw(t, "kind"), model.UserID(id)
	} else {
		signal.Kind, signal.Conversation = rapid.SampledFrom(conversationSignals).Draw(t, "kind"), model.ConversationID(id)
	}
	return signal
}

func TestWhateverIsWrittenIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		payload := envelope.New(theirs)
		var want []envelope.Item
		for range rapid.IntRange(0, 8).Draw(t, "items") {
			id := rapid.Int64Range(model.FirstID, model.MaxID).Draw(t, "id")
			rev := rapid.Int64().Draw(t, "rev")
			from := model.UserID(rapid.Int64().Draw(t, "from"))
			if rapid.Bool().Draw(t, "signal") {
				signal := anySignal(t, id)
				payload = envelope.AppendSignal(payload, signal)
				want = append(want, envelope.Item{Signal: &signal})
				continue
			}
			if rapid.Bool().Draw(t, "notice") {
				notice := envelope.Notice{
					Kind: rapid.SampledFrom(noticeKinds).Draw(t, "kind"), User: model.UserID(id),
					Conversation: model.ConversationID(rapid.Int64().Draw(t, "conversation")), Rev: rev,
				}
				if notice.Kind == envelope.Joined {
					notice.Floor = int64(from)
				} else {
					notice.Other = from
				}
				payload = envelope.AppendNotice(payload, notice)
				want = append(want, envelope.Item{Notice: &notice})
				continue
			}
			written := envelope.Change{
				Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Conversation: model.ConversationID(id), Rev: rev, From: from,
				Body: rapid.SliceOfN(rapid.Byte(), 1, 300).Draw(t, "body"),
			}
			if written.Kind == model.ConversationUpdated {
				written.Reveals = rapid.Bool().Draw(t, "reveals")
			} else {
				written.Seq = rapid.Int64().Draw(t, "seq")
			}
			payload = envelope.AppendChange(payload, written)
			want = append(want, envelope.Item{Change: &written})
		}
		got, err := read(payload, everything)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	})
}

func TestAPayloadOfThePodItselfHasNothingToSay(t *testing.T) {
	g := NewWithT(t)
	payload := envelope.AppendChange(envelope.New(ours), change(model.MessageCreated, model.FirstID, 2, "{}"))
	g.Expect(read(payload, everything)).To(BeEmpty())
	g.Expect(read(append(payload, 1), everything)).To(BeEmpty(), "it is not even looked at")
}

func TestAPayloadOfAnotherVersionIsIgnored(t *testing.T) {
	payload, _ := examplePayload()
	for _, version := range []byte{0, 1, 3, 255} {
		payload[0] = version
		NewWithT(t).Expect(read(payload, everything)).To(BeEmpty())
	}
}

func TestAKindOfALaterReleaseIsSkipped(t *testing.T) {
	g := NewWithT(t)
	last := change(model.MessageEdited, model.FirstID, 9, "{}")
	for _, kind := range []byte{63, 127, 199, 255} {
		payload := envelope.New(theirs)
		payload = binary.BigEndian.AppendUint64(payload, model.FirstID)
		payload = append(payload, kind)                                           // its kind
		payload = append(binary.AppendVarint(payload, 8), 0, 0, 3, 'n', 'e', 'w') // its rev, sender and body
		g.Expect(read(envelope.AppendChange(payload, last), everything)).To(Equal([]envelope.Item{{Change: &last}}), "kind %d", kind)
	}
}

func TestOnlyWhatIsWantedIsTaken(t *testing.T) {
	g := NewWithT(t)
	payload, want := examplePayload()
	type question struct {
		notice bool
		id     int64
	}
	var asked []question
	got, err := read(payload, func(kind byte, id int64) bool {
		asked = append(asked, question{envelope.IsOfUser(kind), id})
		return envelope.IsOfUser(kind)
	})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(got).To(Equal(want[1:2]))
	g.Expect(asked).To(Equal([]question{{false, model.FirstID}, {true, model.FirstID + 5}, {false, model.FirstID}}))
}

func TestWhatIsNotWantedIsNotDecoded(t *testing.T) {
	payload, _ := examplePayload()
	nothing := func(byte, int64) bool { return false }
	take := func(envelope.Item) {}
	allocations := testing.AllocsPerRun(100, func() {
		if err := envelope.Read(payload, ours, nothing, take); err != nil {
			t.Fatal(err)
		}
	})
	NewWithT(t).Expect(allocations).To(BeZero())
}

func TestBodiesAreCopies(t *testing.T) {
	g := NewWithT(t)
	payload, want := examplePayload()
	got, err := read(payload, everything)
	g.Expect(err).NotTo(HaveOccurred())
	clear(payload)
	g.Expect(got).To(Equal(want))
}

func TestAPayloadThatIsCutGivesWhatWasWholeAndAnError(t *testing.T) {
	payload, want := examplePayload()
	one := len(envelope.AppendChange(envelope.New(theirs), *want[0].Change))
	two := len(envelope.AppendNotice(payload[:one:one], *want[1].Notice))
	for length := range payload {
		g := NewWithT(t)
		got, err := read(payload[:length:length], everything)
		whole := 0
		switch {
		case length >= two:
			whole = 2
		case length >= one:
			whole = 1
		}
		g.Expect(got).To(HaveLen(whole), "%d bytes", length)
		if length == 9 || length == one || length == two {
			g.Expect(err).NotTo(HaveOccurred(), "%d bytes end with an item", length)
		} else {
			g.Expect(err).To(MatchError("malformed payload"), "%d bytes", length)
		}
	}
}

func TestALengthBeyondThePayloadIsMalformed(t *testing.T) {
	for _, length := range []uint64{1, 1 << 31, 1<<63 - 1, 1 << 63, 1<<64 - 1} {
		payload := binary.BigEndian.AppendUint64(envelope.New(theirs), model.FirstID)
		payload = binary.AppendUvarint(append(payload, 4, 2, 0, 0), length)
		_, err := read(payload, everything)
		NewWithT(t).Expect(err).To(MatchError("malformed payload"), "length %d", length)
	}
}

func TestANumberThatOverflowsIsMalformed(t *testing.T) {
	payload := binary.BigEndian.AppendUint64(envelope.New(theirs), model.FirstID)
	payload = append(payload, 4, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1)
	_, err := read(payload, everything)
	NewWithT(t).Expect(err).To(MatchError("malformed payload"))
}

func TestAnEventIsEncodedAsTheObjectThatItIsAbout(t *testing.T) {
	message := &model.Message{ID: model.FirstID, Conversation: model.FirstID + 1, Seq: 7, Content: json.RawMessage(`"<hi>"`)}
	member := &model.Member{Conversation: model.FirstID + 1, User: model.FirstID}
	conversation := &model.Conversation{ID: model.FirstID + 1, Properties: json.RawMessage("{}")}
	for _, example := range []struct {
		event  model.Event
		object any
	}{
		{model.Event{Kind: model.MessageCreated, Message: message}, message},
		{model.Event{Kind: model.MessageEdited, Message: message}, message},
		{model.Event{Kind: model.MessageDeleted, Message: message}, message},
		{model.Event{Kind: model.MemberAdded, Member: member}, member},
		{model.Event{Kind: model.MemberRemoved, Member: member}, member},
		{model.Event{Kind: model.ConversationCreated, Conversation: conversation}, conversation},
	} {
		t.Run(string(example.event.Kind), func(t *testing.T) {
			g := NewWithT(t)
			example.event.ConversationID, example.event.Rev = model.FirstID+1, 9
			body, err := json.Marshal(example.object)
			g.Expect(err).NotTo(HaveOccurred())
			want := envelope.Change{Kind: example.event.Kind, Conversation: model.FirstID + 1, Rev: 9, Body: body}
			if example.event.Message != nil {
				want.Seq = 7
			}
			got, err := envelope.NewChange(example.event)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(got).To(Equal(want))
			g.Expect(read(envelope.AppendChange(envelope.New(theirs), got), everything)).To(Equal([]envelope.Item{{Change: &want}}))
		})
	}
}

func TestAnEventThatCannotTravelIsRefused(t *testing.T) {
	for rule, example := range map[string]struct {
		event   model.Event
		message string
	}{
		"an event without an object":      {model.Event{Kind: model.MessageCreated}, "encode event message.created: it has no object"},
		"an event of an unknown kind":     {model.Event{Kind: "message.pinned", Message: &model.Message{}}, "encode event message.pinned: the kind has no code"},
		"an event with JSON that is none": {model.Event{Kind: model.MessageCreated, Message: &model.Message{Content: json.RawMessage("{")}}, "encode event message.created: "},
	} {
		t.Run(rule, func(t *testing.T) {
			_, err := envelope.NewChange(example.event)
			NewWithT(t).Expect(err).To(MatchError(HavePrefix(example.message)))
		})
	}
}

func FuzzRead(f *testing.F) {
	payload, _ := examplePayload()
	f.Add(payload)
	f.Add([]byte(nil))
	f.Add(envelope.New(theirs))
	f.Add(envelope.New(ours))
	f.Add(append(envelope.New(theirs), 0, 0, 0, 0, 0, 0, 0, 1, 4, 2, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1))
	for length := 10; length < len(payload); length += 7 {
		f.Add(payload[:length])
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		items, err := read(payload, everything)
		if err != nil {
			return
		}
		again := envelope.New(theirs)
		for _, item := range items {
			switch {
			case item.Notice != nil:
				again = envelope.AppendNotice(again, *item.Notice)
			case item.Signal != nil:
				again = envelope.AppendSignal(again, *item.Signal)
			default:
				again = envelope.AppendChange(again, *item.Change)
			}
		}
		twice, err := read(again, everything)
		if diff := cmp.Diff(items, twice); err != nil || diff != "" {
			t.Fatalf("%v (-first +second):\n%s", err, diff)
		}
	})
}
