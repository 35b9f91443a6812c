package scenario

import (
	"errors"
	"fmt"
	"time"

	"github.com/parley-chat/parley/cmd/chatbench/internal/load"
	"github.com/parley-chat/parley/cmd/chatbench/internal/report"
)

const (
	floorSockets = 1000
	floorRounds  = 20 // a second
	floorBytes   = 200
	floorSeconds = 5
)

// Floor is the CPU time of one write of 200 bytes to a loopback socket, by a
// process that does nothing else.
type Floor struct {
	Paced time.Duration // 20,000 a second, spread evenly, each by a goroutine that is woken for it
	Burst time.Duration // one after the other
}

var errNoWrites = errors.New("the floor wrote nothing")

func (b *Bench) measureFloor() (Floor, error) {
	var floor Floor
	var err error
	if floor.Paced, err = b.bareWrite(floorRounds); err == nil {
		floor.Burst, err = b.bareWrite(0)
	}
	return floor, err
}

// bareWrite measures one, in so many rounds a second over all sockets, or without
// a pause for 0.
func (b *Bench) bareWrite(rounds float64) (time.Duration, error) {
	crew, err := load.Start(b.scope.Context(), 2, b.options.WorkerArguments...)
	if err != nil {
		return 0, err
	}
	written, err := crew.Write(load.Write{
		Sockets: floorSockets, Bytes: floorBytes, Seconds: floorSeconds, RoundsPerSecond: rounds,
	})
	if err == nil && written.Writes == 0 {
		err = errNoWrites
	}
	if err := errors.Join(err, crew.Close()); err != nil {
		return 0, err
	}
	return time.Duration(written.CPUNanoseconds / int64(written.Writes)), nil
}

// besideBareWrites runs what a row measures between two measurements of bare
// writes, and gives the row its budget as a multiple of their mean: the speed of a
// machine that others use too changes within minutes.
func (b *Bench) besideBareWrites(row *report.Row, multiple float64, run func() error) error {
	before, err := b.bareWrite(floorRounds)
	if err != nil {
		return err
	}
	if err := run(); err != nil {
		return err
	}
	after, err := b.bareWrite(floorRounds)
	if err != nil {
		return err
	}
	bare := microseconds(before+after) / 2
	row.Budget = multiple * bare
	row.Facts = append(row.Facts, report.Fact{Name: "bare write beside it", Value: bare, Unit: "µs"})
	return nil
}

// Rows tell what bare writes cost at the start.
func (f Floor) Rows() []report.Row {
	name := fmt.Sprintf("bare write of %d bytes to 1 of %d sockets", floorBytes, floorSockets)
	return []report.Row{
		{Scenario: "floor", Name: name + ", paced: 20,000/s", Value: microseconds(f.Paced), Unit: "µs"},
		{Scenario: "floor", Name: name + ", in a burst", Value: microseconds(f.Burst), Unit: "µs"},
	}
}

// Floor is what bare writes cost in this run.
func (b *Bench) Floor() Floor { return b.floor }

func microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
