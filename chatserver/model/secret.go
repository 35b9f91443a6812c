package model

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret is text that must not be seen: every way of printing it gives three
// stars. Reveal is the one way to its value.
//
// Two places are out of its reach, so keep it out of them: the keys of a map in
// JSON, and unexported fields of a struct that fmt prints.
type Secret string

const hidden = "***"

// Reveal returns the value, for the one place that needs it.
func (s Secret) Reveal() string { return string(s) }

// Format keeps the value out of every verb: fmt prints the operand of a verb that
// does not fit, such as %d, as it is.
func (Secret) Format(state fmt.State, _ rune) {
	// A writer that fails has nothing to hide.
	_, _ = io.WriteString(state, hidden)
}

func (Secret) String() string { return hidden }

// GoString hides the value from %#v.
func (Secret) GoString() string { return hidden }

// LogValue keeps the value out of structured logs.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText keeps the value out of JSON and other encodings.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
