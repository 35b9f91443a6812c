package environment

import (
	"fmt"
	"io"
	"time"
)

// Steps prints each step of a longer work with the time that it took.
type Steps struct{ Output io.Writer }

// Do does one step.
func (s Steps) Do(name string, work func() error) error {
	began := time.Now()
	if err := work(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	_, err := fmt.Fprintf(s.Output, "%-44s %6.1f s\n", name, time.Since(began).Seconds())
	return err
}
