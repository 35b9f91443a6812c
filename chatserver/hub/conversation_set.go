package hub

import (
	"slices"

	"github.com/parley-chat/parley/chatserver/model"
)

// conversationSet is sorted. Every session has one, which as a map would take
// three times the memory.
type conversationSet []model.ConversationID

func (c *conversationSet) add(ids []model.ConversationID) {
	grown := make(conversationSet, 0, len(*c)+len(ids))
	*c = append(append(grown, *c...), ids...)
	slices.Sort(*c)
	*c = slices.Compact(*c)
}

func (c *conversationSet) remove(id model.ConversationID) {
	if i, ok := slices.BinarySearch(*c, id); ok {
		*c = slices.Delete(*c, i, i+1)
	}
}
