package measure

import (
	"fmt"
	"strconv"
	"strings"
)

// Host is the machine.
type Host struct {
	Processor string  // the model's name
	Memory    int64   // bytes
	Load      float64 // average of the last minute
	Kernel    string
}

func (h *Host) parseProcessor(cpuinfo string) error {
	name, err := field(cpuinfo, "model name")
	h.Processor = name
	return err
}

func (h *Host) parseMemory(meminfo string) error {
	const kibi = 1024
	total, err := field(meminfo, "MemTotal")
	if err != nil {
		return err
	}
	amount, err := strconv.ParseInt(strings.TrimSuffix(total, " kB"), 10, 64)
	if err != nil {
		return fmt.Errorf("%w: MemTotal: %w", errFormat, err)
	}
	h.Memory = amount * kibi
	return nil
}

func (h *Host) parseLoad(loadavg string) error {
	first, _, _ := strings.Cut(loadavg, " ")
	load, err := strconv.ParseFloat(first, 64)
	if err != nil {
		return fmt.Errorf("%w: loadavg: %w", errFormat, err)
	}
	h.Load = load
	return nil
}

func (h *Host) parseKernel(release string) error {
	h.Kernel = strings.TrimSpace(release)
	return nil
}

// field finds the first value of a name in lines of "name: value".
func field(text, name string) (string, error) {
	for line := range strings.Lines(text) {
		found, value, colon := strings.Cut(line, ":")
		if colon && strings.TrimSpace(found) == name {
			return strings.TrimSpace(value), nil
		}
	}
	return "", fmt.Errorf("%w: there is no %s", errFormat, name)
}
