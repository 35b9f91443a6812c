package config

import (
	"fmt"
	"time"
)

// Duration is a time.Duration that is written as text, like 20s or 24h.
type Duration struct{ time.Duration }

// MarshalText writes the duration as text.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads text like 20s or 24h.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a duration such as 20s or 24h", text)
	}
	d.Duration = parsed
	return nil
}
