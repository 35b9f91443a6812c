package storetest

import (
	"fmt"
	"testing"

	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

var receipts = []rule{
	{"a read mark moves forward only, at most to the last message", readMovesForward},
	{"a read mark moves back to unread", readMovesBack},
	{"marks of strangers and unknown conversations are refused", marksOfStrangers},
	{"delivered marks move forward in one call, strangers passed over", deliveredMoves},
	{"a delivered mark is never below the read mark", deliveredFollowsRead},
	{"delivered marks are kept in small conversations only", deliveredInSmallRoomsOnly},
	{"receipts are those whose mark is at or above, without the sender", receiptsAreListed},
	{"receipts carry the time of the move over the message", receiptTimes},
	{"a member keeps its last moves, and no more", receiptMovesAreBounded},
	{"racing readers end at the highest mark", readRace},
}

// sendMany appends messages 1 to n in one group.
func (f *fixture) sendMany(room model.ConversationID, sender model.UserID, n int) []model.Message {
	group := make([]store.NewMessage, n)
	for i := range group {
		group[i] = text(room, sender, fmt.Sprint("m", i), "")
	}
	sent := []model.Message{}
	for _, outcome := range f.append(group...) {
		f.Expect(outcome.Err).NotTo(HaveOccurred())
		sent = append(sent, outcome.Message)
	}
	return sent
}

func (f *fixture) read(room model.ConversationID, user model.UserID, seq int64) (model.Member, bool) {
	member, moved, err := f.store.MarkRead(f.ctx, room, user, seq)
	f.Expect(err).NotTo(HaveOccurred())
	return member, moved
}

func readMovesForward(_ *testing.T, f *fixture) {
	people := f.users(2)
	room := f.group(people...)
	f.sendMany(room, people[0], 5)
	since, err := f.store.Now(f.ctx)
	f.Expect(err).NotTo(HaveOccurred())
	before := f.member(room, people[1])
	member, moved := f.read(room, people[1], 3)
	f.Expect(moved).To(BeTrue())
	f.Expect(member.ReadAt).To(HaveValue(BeTemporally(">=", since)))
	wanted := before
	wanted.ReadSeq, wanted.DeliveredSeq, wanted.OwnRev, wanted.ReadAt = 3, 3, before.OwnRev+1, member.ReadAt
	f.Expect(member).To(Equal(wanted))
	f.Expect(f.member(room, people[1])).To(Equal(wanted))

	for _, seq := range []int64{3, 2, 0} {
		same, moved := f.read(room, people[1], seq)
		f.Expect(moved).To(BeFalse())
		f.Expect(same).To(Equal(wanted))
	}
	member, moved = f.read(room, people[1], 99)
	f.Expect(moved).To(BeTrue())
	f.Expect(member.ReadSeq).To(Equal(int64(5)))
	f.Expect(f.conversation(room).Rev).To(Equal(int64(6)), "a mark is no change of the conversation")
	f.Expect(f.member(room, people[0]).ReadSeq).To(BeZero())
	found, err := f.store.Memberships(f.ctx, people[1], 10)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(found[0].ReadSeq).To(Equal(int64(5)))
	f.Expect(found[0].OwnRev).To(Equal(member.OwnRev))
}

func readMovesBack(_ *testing.T, f *fixture) {
	people := f.users(2)
	room := f.group(people...)
	f.sendMany(room, people[0], 5)
	_, moved, err := f.store.MarkUnread(f.ctx, room, people[1], 3)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(moved).To(BeFalse(), "it was unread")
	before, _ := f.read(room, people[1], 5)
	member, moved, err := f.store.MarkUnread(f.ctx, room, people[1], 3)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(moved).To(BeTrue())
	f.Expect(member.ReadSeq).To(Equal(int64(2)))
	f.Expect(member.DeliveredSeq).To(Equal(int64(5)), "it was delivered all the same")
	f.Expect(member.OwnRev).To(Equal(before.OwnRev + 1))
	f.Expect(f.member(room, people[1])).To(Equal(member))
	f.Expect(f.store.Unread(f.ctx, people[1], []model.ConversationID{room})).To(HaveKeyWithValue(room, int64(3)))
	_, moved, err = f.store.MarkUnread(f.ctx, room, people[1], 4)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(moved).To(BeFalse())
	member, moved = f.read(room, people[1], 4)
	f.Expect(moved).To(BeTrue())
	f.Expect(member.ReadSeq).To(Equal(int64(4)))
}

func marksOfStrangers(_ *testing.T, f *fixture) {
	people := f.users(3)
	room := f.group(people[:2]...)
	f.sendMany(room, people[0], 1)
	_, err := f.removeMember(f.ctx, room, people[1])
	f.Expect(err).NotTo(HaveOccurred())
	for _, stranger := range people[1:] {
		_, _, err := f.store.MarkRead(f.ctx, room, stranger, 1)
		f.Expect(err).To(MatchError(model.ErrMemberNotFound))
		_, _, err = f.store.MarkUnread(f.ctx, room, stranger, 1)
		f.Expect(err).To(MatchError(model.ErrMemberNotFound))
	}
	_, _, err = f.store.MarkRead(f.ctx, model.FirstID+99, people[0], 1)
	f.Expect(err).To(HaveOccurred())
}

func deliveredMoves(_ *testing.T, f *fixture) {
	people := f.users(4)
	rooms := f.groups(2, people[:3]...)
	for _, room := range rooms {
		f.sendMany(room, people[0], 3)
	}
	_, err := f.removeMember(f.ctx, rooms[0], people[2])
	f.Expect(err).NotTo(HaveOccurred())
	since, err := f.store.Now(f.ctx)
	f.Expect(err).NotTo(HaveOccurred())
	before := f.member(rooms[0], people[1])
	moved, err := f.store.MarkDelivered(f.ctx, []store.DeliveredMark{
		{Conversation: rooms[1], User: people[1], Seq: 99}, {Conversation: rooms[0], User: people[1], Seq: 2},
		{Conversation: rooms[0], User: people[2], Seq: 2}, {Conversation: rooms[0], User: people[3], Seq: 2},
		{Conversation: model.FirstID + 99, User: people[1], Seq: 1},
	}, everySize)
	f.Expect(err).NotTo(HaveOccurred())
	for i := range moved {
		f.Expect(moved[i].At).To(BeTemporally(">=", since))
		moved[i].At = morning
	}
	f.Expect(moved).To(ConsistOf(
		store.DeliveredMark{Conversation: rooms[0], User: people[1], Seq: 2, At: morning},
		store.DeliveredMark{Conversation: rooms[1], User: people[1], Seq: 3, At: morning}))
	after := f.member(rooms[0], people[1])
	f.Expect(after.DeliveredSeq).To(Equal(int64(2)))
	f.Expect(after.ReadSeq).To(Equal(before.ReadSeq))
	f.Expect(f.store.MarkDelivered(f.ctx, []store.DeliveredMark{
		{Conversation: rooms[0], User: people[1], Seq: 1}, {Conversation: rooms[1], User: people[1], Seq: 3},
	}, everySize)).To(BeEmpty())
	f.Expect(f.member(rooms[0], people[1])).To(Equal(after))
	f.Expect(f.store.MarkDelivered(f.ctx, nil, everySize)).To(BeEmpty())
}

// everySize keeps delivered marks in conversations of any size.
const everySize = 1 << 20

func deliveredInSmallRoomsOnly(_ *testing.T, f *fixture) {
	people := f.users(3)
	room := f.group(people...)
	f.sendMany(room, people[0], 2)
	f.read(room, people[1], 1)
	marks := []store.DeliveredMark{{Conversation: room, User: people[1], Seq: 2}}
	f.Expect(f.store.MarkDelivered(f.ctx, marks, len(people)-1)).To(BeEmpty())
	moved, err := f.store.MarkDelivered(f.ctx, marks, len(people))
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(moved).To(HaveLen(1))
	f.Expect(moved[0].ReadSeq).To(Equal(int64(1)), "the read mark goes with it")
}

func deliveredFollowsRead(_ *testing.T, f *fixture) {
	people := f.users(2)
	room := f.group(people...)
	f.sendMany(room, people[0], 4)
	f.read(room, people[1], 3)
	f.Expect(f.store.MarkDelivered(f.ctx, []store.DeliveredMark{{Conversation: room, User: people[1], Seq: 3}}, everySize)).To(BeEmpty())
	f.Expect(f.store.MarkDelivered(f.ctx, []store.DeliveredMark{{Conversation: room, User: people[1], Seq: 4}}, everySize)).To(HaveLen(1))
	member, moved := f.read(room, people[1], 4)
	f.Expect(moved).To(BeTrue())
	f.Expect(member.DeliveredSeq).To(Equal(int64(4)))
}

func (f *fixture) receiptListing(room model.ConversationID, seq int64, kind store.ReceiptKind) listing[model.Receipt, model.UserID] {
	return listing[model.Receipt, model.UserID]{
		read: func(page model.ListPage) ([]model.Receipt, int64, error) {
			return f.store.ListReceipts(f.ctx, room, seq, kind, page)
		},
		key:    func(receipt model.Receipt) model.UserID { return receipt.User },
		cursor: func(receipt model.Receipt) model.ListCursor { return model.ListCursor{ID: int64(receipt.User)} },
	}
}

func receiptsAreListed(_ *testing.T, f *fixture) {
	people := f.users(6)
	room := f.group(people...)
	f.sendMany(room, people[0], 3)
	for i, seq := range []int64{3, 3, 1, 2, 3} { // the sender's too; the last one has read nothing
		f.read(room, people[i], seq)
	}
	_, err := f.removeMember(f.ctx, room, people[4])
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(f.store.MarkDelivered(f.ctx, []store.DeliveredMark{{Conversation: room, User: people[5], Seq: 2}}, everySize)).To(HaveLen(1))

	expectList(f, f.receiptListing(room, 1, store.ReadReceipt), people[1], people[2], people[3])
	rows := expectList(f, f.receiptListing(room, 2, store.ReadReceipt), people[1], people[3])
	f.Expect(rows[0].Seq).To(Equal(int64(3)))
	f.Expect(rows[1].Seq).To(Equal(int64(2)))
	expectList(f, f.receiptListing(room, 3, store.ReadReceipt), people[1])
	expectList(f, f.receiptListing(room, 2, store.DeliveredReceipt), people[1], people[3], people[5])
	expectList(f, f.receiptListing(room, 3, store.DeliveredReceipt), people[1])
}

func receiptTimes(_ *testing.T, f *fixture) {
	people := f.users(2)
	room := f.group(people...)
	f.sendMany(room, people[0], 6)
	f.Expect(f.store.MarkDelivered(f.ctx, []store.DeliveredMark{{Conversation: room, User: people[1], Seq: 2}}, everySize)).To(HaveLen(1))
	early, _ := f.read(room, people[1], 3)
	late, _ := f.read(room, people[1], 5)
	timeOf := func(seq int64, kind store.ReceiptKind) model.Receipt {
		found, _, err := f.store.ListReceipts(f.ctx, room, seq, kind, model.ListPage{Limit: 10})
		f.Expect(err).NotTo(HaveOccurred())
		f.Expect(found).To(HaveLen(1))
		return found[0]
	}
	f.Expect(late.ReadAt).To(HaveValue(BeTemporally(">", *early.ReadAt)))
	for seq, at := range []model.Member{1: early, 2: early, 3: early, 4: late, 5: late} {
		if seq > 0 {
			f.Expect(timeOf(int64(seq), store.ReadReceipt)).To(Equal(model.Receipt{User: people[1], Seq: 5, At: at.ReadAt}))
		}
	}
	f.Expect(timeOf(2, store.DeliveredReceipt).At).To(HaveValue(BeTemporally("<", *early.ReadAt)))
	f.Expect(timeOf(3, store.DeliveredReceipt).At).To(Equal(early.ReadAt))
}

func receiptMovesAreBounded(_ *testing.T, f *fixture) {
	const moves = model.MaxReceiptMoves
	people := f.users(2)
	for kind, move := range map[store.ReceiptKind]func(room model.ConversationID, seq int64){
		store.ReadReceipt: func(room model.ConversationID, seq int64) { f.read(room, people[1], seq) },
		store.DeliveredReceipt: func(room model.ConversationID, seq int64) {
			mark := store.DeliveredMark{Conversation: room, User: people[1], Seq: seq}
			f.Expect(f.store.MarkDelivered(f.ctx, []store.DeliveredMark{mark}, everySize)).To(HaveLen(1))
		},
	} {
		room := f.group(people...)
		f.sendMany(room, people[0], moves+2)
		expectKnown := func(seq int64, wanted bool) {
			found, _, err := f.store.ListReceipts(f.ctx, room, seq, kind, model.ListPage{Limit: 10})
			f.Expect(err).NotTo(HaveOccurred())
			f.Expect(found).To(HaveLen(1))
			f.Expect(found[0].At != nil).To(Equal(wanted), "%s of message %d", kind, seq)
		}
		move(room, 2) // the first move goes over two messages
		for seq := int64(3); seq <= moves+1; seq++ {
			move(room, seq)
		}
		expectKnown(1, true)
		expectKnown(2, true)
		move(room, moves+2)
		expectKnown(1, false)
		expectKnown(2, false)
		for seq := int64(3); seq <= moves+2; seq++ {
			expectKnown(seq, true)
		}
	}
}

func readRace(_ *testing.T, f *fixture) {
	const readers, last = 6, 24
	people := f.users(2)
	room := f.group(people...)
	f.sendMany(room, people[0], last)
	var race errgroup.Group
	for reader := range readers {
		race.Go(func() error {
			for seq := reader + 1; seq <= last; seq += readers {
				if _, _, err := f.store.MarkRead(f.ctx, room, people[1], int64(seq)); err != nil {
					return err
				}
				if _, err := f.store.MarkDelivered(f.ctx, []store.DeliveredMark{{Conversation: room, User: people[1], Seq: int64(seq)}}, everySize); err != nil {
					return err
				}
			}
			return nil
		})
	}
	f.Expect(race.Wait()).To(Succeed())
	f.Expect(f.member(room, people[1]).ReadSeq).To(Equal(int64(last)))
	f.Expect(f.member(room, people[1]).DeliveredSeq).To(Equal(int64(last)))
}
