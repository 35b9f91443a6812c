package model

import "strings"

// UserRef names a user by exactly one of its unique attributes.
type UserRef struct {
	ID         UserID
	ExternalID string
	Username   string
}

// ConversationRef names a conversation by exactly one of its unique attributes.
type ConversationRef struct {
	ID         ConversationID
	ExternalID string
}

// MessageRef names a message within its conversation by exactly one of its
// unique attributes.
type MessageRef struct {
	ID         MessageID
	ExternalID string
}

const (
	externalPrefix = "external:"
	usernamePrefix = "username:"
)

// HasReferencePrefix reports whether the text says explicitly what it is, so that
// a bare name like it would name something else.
func HasReferencePrefix(text string) bool {
	return strings.HasPrefix(text, externalPrefix) || strings.HasPrefix(text, usernamePrefix)
}

// IsReferencePrefix reports whether the text says what it is and then names
// nothing.
func IsReferencePrefix(text string) bool { return text == externalPrefix || text == usernamePrefix }

// ParseUserRef reads a user reference as every wire accepts it: what ParseID
// reads is an id, "external:" and "username:" say so explicitly, and any other
// string is an external id.
func ParseUserRef(text string) UserRef {
	if name, ok := strings.CutPrefix(text, usernamePrefix); ok {
		return UserRef{Username: name}
	}
	id, external := parseReference(text)
	return UserRef{ID: UserID(id), ExternalID: external}
}

// ParseConversationRef reads a conversation reference: what ParseID reads is an
// id, "external:" says so explicitly, and any other string is an external id.
func ParseConversationRef(text string) ConversationRef {
	id, external := parseReference(text)
	return ConversationRef{ID: ConversationID(id), ExternalID: external}
}

// ParseMessageRef reads a message reference: what ParseID reads is an id,
// "external:" says so explicitly, and any other string is an external id.
func ParseMessageRef(text string) MessageRef {
	id, external := parseReference(text)
	return MessageRef{ID: MessageID(id), ExternalID: external}
}

func parseReference(text string) (id int64, external string) {
	if external, ok := strings.CutPrefix(text, externalPrefix); ok {
		return 0, external
	}
	if id, ok := ParseID(text); ok {
		return id, ""
	}
	return 0, text
}
