package model_test

import (
	"encoding/json"
	"strconv"
	"testing"

	. "github.com/onsi/gomega"
	"pgregory.net/rapid"

	"github.com/parley-chat/parley/chatserver/model"
)

func TestAnIDIsReadOnlyInTheFormThatAStoreHandsOut(t *testing.T) {
	for _, example := range []struct {
		rule, text string
		id         int64
		ok         bool
	}{
		{"the first id is one", "1000000000000", model.FirstID, true},
		{"the largest id is one", "9007199254740991", model.MaxID, true},
		{"one below the first is none", "999999999999", 0, false},
		{"one above the largest is none", "9007199254740992", 0, false},
		{"an overflow of int64 is none", "9223372036854775808", 0, false},
		{"an overflow that wraps to an id is none", "18446744073709551616000", 0, false},
		{"a leading zero is none", "01000000000000", 0, false},
		{"a plus sign is none", "+1000000000000", 0, false},
		{"a minus sign is none", "-1000000000000", 0, false},
		{"empty text is none", "", 0, false},
		{"a space before is none", " 1000000000000", 0, false},
		{"a line break after is none", "1000000000000\n", 0, false},
		{"a fraction is none", "1000000000000.0", 0, false},
		{"an exponent is none", "1e12", 0, false},
		{"hexadecimal is none", "0xE8D4A51000", 0, false},
		{"an underscore is none", "1_000_000_000_000", 0, false},
		{"digits of other scripts are none", "١٠٠٠٠٠٠٠٠٠٠٠٠", 0, false},
	} {
		t.Run(example.rule, func(t *testing.T) {
			g := NewWithT(t)
			id, ok := model.ParseID(example.text)
			g.Expect(ok).To(Equal(example.ok))
			g.Expect(id).To(Equal(example.id))
		})
	}
}

func TestEveryIDIsReadBackFromItsText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.Int64Range(model.FirstID, model.MaxID).Draw(t, "id")
		for _, text := range []string{model.UserID(id).String(), model.ConversationID(id).String(), model.MessageID(id).String()} {
			if read, ok := model.ParseID(text); !ok || read != id {
				t.Fatalf("%q is read as %d, %t", text, read, ok)
			}
		}
	})
}

func TestNoOtherTextThanItsOwnIsReadAsAnID(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[-+0 ]?[0-9]{0,20}`).Draw(t, "text")
		if id, ok := model.ParseID(text); ok && strconv.FormatInt(id, 10) != text {
			t.Fatalf("%q is read as %d", text, id)
		}
	})
}

func TestIDsAreStringsInJSON(t *testing.T) {
	g := NewWithT(t)
	type ids struct {
		User         model.UserID
		Conversation model.ConversationID
		Message      model.MessageID
		ByID         map[model.ConversationID]int
	}
	written := ids{model.FirstID, model.FirstID + 1, model.MaxID, map[model.ConversationID]int{model.FirstID: 7}}
	encoded, err := json.Marshal(written)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(encoded)).To(Equal(
		`{"User":"1000000000000","Conversation":"1000000000001","Message":"9007199254740991","ByID":{"1000000000000":7}}`))
	var read ids
	g.Expect(json.Unmarshal(encoded, &read)).To(Succeed())
	g.Expect(read).To(Equal(written))
}

func TestWhatIsNoIDIsRefusedInJSON(t *testing.T) {
	for _, encoded := range []string{`1000000000000`, `"12"`, `""`, `"external:a"`, `true`, `{}`} {
		t.Run(encoded, func(t *testing.T) {
			g := NewWithT(t)
			user, conversation, message := model.UserID(1), model.ConversationID(2), model.MessageID(3)
			g.Expect(json.Unmarshal([]byte(encoded), &user)).NotTo(Succeed())
			g.Expect(json.Unmarshal([]byte(encoded), &conversation)).NotTo(Succeed())
			g.Expect(json.Unmarshal([]byte(encoded), &message)).NotTo(Succeed())
			g.Expect([]int64{int64(user), int64(conversation), int64(message)}).To(Equal([]int64{1, 2, 3}), "a refused id changes nothing")
		})
	}
}

func TestAReferenceNamesExactlyOneAttribute(t *testing.T) {
	for _, example := range []struct {
		rule, text string
		id         int64
		external   string
	}{
		{"the digits of an id are the id", "1000000000012", 1000000000012, ""},
		{"digits that no store hands out are an external id", "42", 0, "42"},
		{"digits with a leading zero are an external id", "01000000000012", 0, "01000000000012"},
		{"digits above the largest id are an external id", "9007199254740992", 0, "9007199254740992"},
		{"any other text is an external id", "order-7", 0, "order-7"},
		{"external: says so explicitly", "external:order-7", 0, "order-7"},
		{"external: makes digits an external id", "external:1000000000012", 0, "1000000000012"},
		{"only the first external: is cut", "external:external:a", 0, "external:a"},
		{"external: counts at the start only", "a-external:b", 0, "a-external:b"},
		{"external: is written in small letters", "External:a", 0, "External:a"},
		{"an empty external id names nothing", "external:", 0, ""},
		{"empty text names nothing", "", 0, ""},
	} {
		t.Run(example.rule, func(t *testing.T) {
			g := NewWithT(t)
			g.Expect(model.ParseUserRef(example.text)).To(Equal(model.UserRef{ID: model.UserID(example.id), ExternalID: example.external}))
			g.Expect(model.ParseConversationRef(example.text)).To(Equal(model.ConversationRef{ID: model.ConversationID(example.id), ExternalID: example.external}))
			g.Expect(model.ParseMessageRef(example.text)).To(Equal(model.MessageRef{ID: model.MessageID(example.id), ExternalID: example.external}))
		})
	}
}

func TestOnlyUsersHaveUsernames(t *testing.T) {
	g := NewWithT(t)
	g.Expect(model.ParseUserRef("username:ada")).To(Equal(model.UserRef{Username: "ada"}))
	g.Expect(model.ParseUserRef("username:1000000000012")).To(Equal(model.UserRef{Username: "1000000000012"}))
	g.Expect(model.ParseUserRef("username:external:a")).To(Equal(model.UserRef{Username: "external:a"}))
	g.Expect(model.ParseUserRef("external:username:ada")).To(Equal(model.UserRef{ExternalID: "username:ada"}))
	g.Expect(model.ParseConversationRef("username:ada")).To(Equal(model.ConversationRef{ExternalID: "username:ada"}))
	g.Expect(model.ParseMessageRef("username:ada")).To(Equal(model.MessageRef{ExternalID: "username:ada"}))
}

func TestTheRolesOfAMemberAreAClosedSet(t *testing.T) {
	g := NewWithT(t)
	for _, role := range []model.MemberRole{"owner", "admin", "moderator", "member", "guest"} {
		g.Expect(role.Valid()).To(BeTrue(), string(role))
	}
	for _, role := range []model.MemberRole{"", "Owner", "root", "member "} {
		g.Expect(role.Valid()).To(BeFalse(), string(role))
	}
}
