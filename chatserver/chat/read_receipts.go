package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// maxContextMembers is how many members a reading context tells of.
const maxContextMembers = 100

// MemberMarks is how far a member of a conversation has come.
type MemberMarks struct {
	User         model.UserID `json:"user"`
	ReadSeq      int64        `json:"readSeq"`
	ReadAt       *time.Time   `json:"readAt,omitempty"` // of the latest reading
	DeliveredSeq int64        `json:"deliveredSeq"`
}

func marksOf(member model.Member) MemberMarks {
	return MemberMarks{
		User: member.User, ReadSeq: member.ReadSeq, ReadAt: member.ReadAt, DeliveredSeq: member.DeliveredSeq,
	}
}

// Receipts reads how far the members of a conversation have come, by user id,
// and how many members there are.
func (c *Chat) Receipts(ctx context.Context, principal Principal, ref model.ConversationRef, page model.ListPage) ([]MemberMarks, int64, error) {
	found, err := c.marked(ctx, principal, ref)
	if err != nil {
		return nil, 0, err
	}
	return c.marks(ctx, found, page)
}

func (c *Chat) marks(ctx context.Context, found standing, page model.ListPage) ([]MemberMarks, int64, error) {
	members, total, err := c.Store.ListMembers(ctx, found.conversation.ID, store.MemberFilter{}, page)
	if err != nil {
		return nil, 0, translate(err)
	}
	marks := make([]MemberMarks, len(members))
	for i, member := range members {
		marks[i] = marksOf(member)
	}
	return marks, total, nil
}

// marked finds a conversation with messages that the principal may read.
func (c *Chat) marked(ctx context.Context, principal Principal, ref model.ConversationRef) (standing, error) {
	found, err := c.standing(ctx, principal, ref)
	if err != nil {
		return standing{}, err
	}
	if found.conversation.Ephemeral || found.conversation.Type == model.Open {
		return standing{}, model.ErrEphemeral
	}
	return found, found.readable()
}

// ReceiptKind tells the two marks apart; empty stands for store.ReadReceipt.
type ReceiptKind = store.ReceiptKind

// MessageReceipts reads who has read a message, or got it, by user id, and how
// many have. The sender is not among them.
func (c *Chat) MessageReceipts(
	ctx context.Context, principal Principal, ref model.ConversationRef, message model.MessageRef, kind ReceiptKind, page model.ListPage,
) ([]model.Receipt, int64, error) {
	if kind == "" {
		kind = store.ReadReceipt
	}
	if kind != store.ReadReceipt && kind != store.DeliveredReceipt {
		return nil, 0, model.Invalid("kind", "must be %s or %s", store.ReadReceipt, store.DeliveredReceipt)
	}
	found, err := c.marked(ctx, principal, ref)
	if err != nil {
		return nil, 0, err
	}
	seq, err := c.seqOf(ctx, found, Mark{Message: &message})
	if err != nil {
		return nil, 0, err
	}
	receipts, total, err := c.Store.ListReceipts(ctx, found.conversation.ID, seq, kind, page)
	return receipts, total, translate(err)
}

// ReadingRange selects members by how far they have read, both ends included;
// nil stands for no end.
type ReadingRange struct {
	From, To *int64
}

func (r ReadingRange) check() error {
	var f fields
	if r.From != nil && *r.From < 0 {
		f.add(model.Invalid("from", "must be a seq, not below 0"))
	}
	if r.To != nil && *r.To < 0 {
		f.add(model.Invalid("to", "must be a seq, not below 0"))
	}
	if r.From != nil && r.To != nil && *r.From > *r.To {
		f.add(model.Invalid("to", "must not be below from"))
	}
	return f.err()
}

func (r ReadingRange) holds(seq int64) bool {
	return (r.From == nil || seq >= *r.From) && (r.To == nil || seq <= *r.To)
}

// ReadingContext says where a conversation stands and who has read how far.
type ReadingContext struct {
	Conversation model.ConversationID `json:"conversation"`
	FirstSeq     int64                `json:"firstSeq"`
	LastSeq      int64                `json:"lastSeq"`
	Own          *MemberMarks         `json:"own,omitempty"` // absent for one who is no member
	Members      []MemberMarks        `json:"members"`
	// Complete is false when the conversation has more members than a context
	// tells of: only the first ones by user id were looked at.
	Complete bool `json:"complete"`
}

// ReadingContext reads where a conversation stands and, of its first members,
// those who have read up to a seq within the range.
func (c *Chat) ReadingContext(ctx context.Context, principal Principal, ref model.ConversationRef, within ReadingRange) (ReadingContext, error) {
	if err := within.check(); err != nil {
		return ReadingContext{}, err
	}
	found, err := c.marked(ctx, principal, ref)
	if err != nil {
		return ReadingContext{}, err
	}
	marks, total, err := c.marks(ctx, found, model.ListPage{Limit: maxContextMembers})
	if err != nil {
		return ReadingContext{}, err
	}
	conversation := found.conversation
	reading := ReadingContext{
		Conversation: conversation.ID, FirstSeq: conversation.FirstSeq, LastSeq: conversation.LastSeq,
		Members: []MemberMarks{}, Complete: total <= maxContextMembers,
	}
	if found.member != nil {
		own := marksOf(*found.member)
		reading.Own = &own
	}
	for _, mark := range marks {
		if within.holds(mark.ReadSeq) {
			reading.Members = append(reading.Members, mark)
		}
	}
	return reading, nil
}
