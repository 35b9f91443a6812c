package model

import "log/slog"

// Secret is text that must not be seen: every way of printing it gives three
// stars. Reveal is the one way to its value.
type Secret string

const hidden = "***"

// Reveal returns the value, for the one place that needs it.
func (s Secret) Reveal() string { return string(s) }

func (Secret) String() string { return hidden }

// GoString hides the value from %#v.
func (Secret) GoString() string { return hidden }

// LogValue keeps the value out of structured logs.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText keeps the value out of JSON and other encodings.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
