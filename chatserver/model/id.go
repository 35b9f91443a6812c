package model

import (
	"fmt"
	"strconv"
)

// FirstID is the smallest identity that a store hands out. The first nine
// trillion ids have the same number of digits, so they sort as strings too.
const FirstID = 1_000_000_000_000

// MaxID is the largest identity: ids stay below 2^53 so that JavaScript holds
// them exactly.
const MaxID = 1<<53 - 1

// UserID identifies a user within the project.
type UserID int64

// ConversationID identifies a conversation within the project.
type ConversationID int64

// MessageID identifies a message within the project.
type MessageID int64

func (id UserID) String() string         { return strconv.FormatInt(int64(id), 10) }
func (id ConversationID) String() string { return strconv.FormatInt(int64(id), 10) }
func (id MessageID) String() string      { return strconv.FormatInt(int64(id), 10) }

// MarshalText writes the id as decimal digits, so that JSON carries a string.
func (id UserID) MarshalText() ([]byte, error) { return appendID(int64(id)), nil }

// MarshalText writes the id as decimal digits, so that JSON carries a string.
func (id ConversationID) MarshalText() ([]byte, error) { return appendID(int64(id)), nil }

// MarshalText writes the id as decimal digits, so that JSON carries a string.
func (id MessageID) MarshalText() ([]byte, error) { return appendID(int64(id)), nil }

// UnmarshalText reads decimal digits; anything else is an error.
func (id *UserID) UnmarshalText(text []byte) error { return parseID(text, (*int64)(id)) }

// UnmarshalText reads decimal digits; anything else is an error.
func (id *ConversationID) UnmarshalText(text []byte) error { return parseID(text, (*int64)(id)) }

// UnmarshalText reads decimal digits; anything else is an error.
func (id *MessageID) UnmarshalText(text []byte) error { return parseID(text, (*int64)(id)) }

func formatID(id int64) string { return strconv.FormatInt(id, 10) }

func appendID(id int64) []byte { return strconv.AppendInt(nil, id, 10) }

func parseID(text []byte, into *int64) error {
	id, ok := ParseID(string(text))
	if !ok {
		return fmt.Errorf("%q is not an id", text)
	}
	*into = id
	return nil
}

// ParseID reads the decimal form of an id. It reports false for anything that
// no store could have handed out.
func ParseID(text string) (int64, bool) {
	if text == "" || text[0] < '1' || text[0] > '9' {
		return 0, false
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < FirstID || id > MaxID {
		return 0, false
	}
	return id, true
}
