package hub

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
)

func TestASetOfConversationsHoldsEachOnce(t *testing.T) {
	g := NewWithT(t)
	var set conversationSet
	set.add([]model.ConversationID{3, 1})
	set.add([]model.ConversationID{2, 3})
	g.Expect(set).To(Equal(conversationSet{1, 2, 3}))
	set.remove(2)
	set.remove(7)
	g.Expect(set).To(Equal(conversationSet{1, 3}))
}
