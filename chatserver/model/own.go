package model

// OwnState is what only a member itself sees of its membership, and how far it
// has come; the object of membership.updated.
type OwnState struct {
	Conversation ConversationID `json:"conversation"`
	OwnRev       int64          `json:"ownRev"`
	ReadSeq      int64          `json:"readSeq"`
	DeliveredSeq int64          `json:"deliveredSeq"`
	Muted        bool           `json:"muted"`
	Hidden       bool           `json:"hidden"`
	ClearedSeq   int64          `json:"clearedSeq"`
}

// Own returns the part of the membership that only the member sees.
func (m Member) Own() OwnState {
	return OwnState{
		Conversation: m.Conversation, OwnRev: m.OwnRev, ReadSeq: m.ReadSeq, DeliveredSeq: m.DeliveredSeq,
		Muted: m.Muted, Hidden: m.Hidden, ClearedSeq: m.ClearedSeq,
	}
}
