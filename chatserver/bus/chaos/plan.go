package chaos

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// Plan says how payloads are mistreated. The zero value does nothing.
type Plan struct {
	Drop    float64       // the share of payloads that never arrive
	Double  float64       // the share that arrive twice
	Reorder float64       // the share that arrive after the next one of their channel
	Delay   time.Duration // payloads are late by up to this
	// Mute names a file: while it exists nothing arrives. Empty for none.
	Mute string
	Seed uint64 // of the random choices
}

// ParsePlan reads a plan such as "drop=0.2,double=0.2,reorder=0.1,delay=50ms" or
// "drop-last". Without a seed it draws one.
func ParsePlan(text string) (Plan, error) {
	plan := Plan{Seed: rand.Uint64()}
	if text == "" {
		return plan, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(part, "=")
		var err error
		switch name {
		case "drop":
			plan.Drop, err = strconv.ParseFloat(value, 64)
		case "double":
			plan.Double, err = strconv.ParseFloat(value, 64)
		case "reorder":
			plan.Reorder, err = strconv.ParseFloat(value, 64)
		case "delay":
			plan.Delay, err = time.ParseDuration(value)
		case "mute":
			plan.Mute = value
		case "seed":
			plan.Seed, err = strconv.ParseUint(value, 10, 64)
		default:
			return Plan{}, fmt.Errorf("a plan of chaos knows no %q", name)
		}
		if err != nil {
			return Plan{}, fmt.Errorf("read the plan of chaos at %q: %w", part, err)
		}
	}
	return plan, nil
}
