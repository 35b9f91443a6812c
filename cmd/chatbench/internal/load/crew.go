package load

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"

	"golang.org/x/sync/errgroup"
)

// Crew is the worker processes of one scenario. One goroutine at a time uses it.
type Crew struct {
	workers []*hand
}

// hand is one worker as its crew sees it.
type hand struct {
	command *exec.Cmd
	input   io.WriteCloser
	encoder *json.Encoder
	decoder *json.Decoder
}

// Start starts workers: this very program with the given arguments and the number
// of the worker after them. Close must be called.
func Start(ctx context.Context, count int, arguments ...string) (*Crew, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	crew := &Crew{}
	for number := range count {
		started, err := startHand(ctx, program, append(arguments[:len(arguments):len(arguments)], strconv.Itoa(number)))
		if err != nil {
			return nil, errors.Join(err, crew.Close())
		}
		crew.workers = append(crew.workers, started)
	}
	return crew, nil
}

func startHand(ctx context.Context, program string, arguments []string) (*hand, error) {
	command := exec.CommandContext(ctx, program, arguments...)
	command.Stderr = os.Stderr
	input, err := command.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("make the input of a worker: %w", err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("make the output of a worker: %w", err)
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start a worker: %w", err)
	}
	return &hand{command: command, input: input, encoder: json.NewEncoder(input), decoder: json.NewDecoder(bufio.NewReader(output))}, nil
}

// Close ends the workers and waits for them.
func (c *Crew) Close() error {
	var errs []error
	for _, each := range c.workers {
		errs = append(errs, each.input.Close())
	}
	for _, each := range c.workers {
		if err := each.command.Wait(); err != nil {
			errs = append(errs, fmt.Errorf("a worker: %w", err))
		}
	}
	c.workers = nil
	return errors.Join(errs...)
}

// Size is the number of workers.
func (c *Crew) Size() int { return len(c.workers) }

// ask has one worker do something.
func ask[Out any](worker *hand, operation string, body any) (Out, error) {
	var out Out
	encoded, err := json.Marshal(body)
	if err != nil {
		return out, fmt.Errorf("encode a request: %w", err)
	}
	if err := worker.encoder.Encode(request{Operation: operation, Body: encoded}); err != nil {
		return out, fmt.Errorf("ask a worker to %s: %w", operation, err)
	}
	var answer response
	if err := worker.decoder.Decode(&answer); err != nil {
		return out, fmt.Errorf("read the answer of a worker to %s: %w", operation, err)
	}
	if answer.Error != "" {
		return out, fmt.Errorf("%w: %s: %s", errWorker, operation, answer.Error)
	}
	if err := json.Unmarshal(answer.Body, &out); err != nil {
		return out, fmt.Errorf("decode the answer of a worker to %s: %w", operation, err)
	}
	return out, nil
}

var errWorker = errors.New("a worker could not")

// askAll asks all workers at the same time, each with a body of its own.
func askAll[Out any](c *Crew, operation string, body func(worker int) any) ([]Out, error) {
	answers := make([]Out, len(c.workers))
	var group errgroup.Group
	for i, worker := range c.workers {
		group.Go(func() (err error) {
			answers[i], err = ask[Out](worker, operation, body(i))
			return err
		})
	}
	return answers, group.Wait()
}

func alike(body any) func(int) any { return func(int) any { return body } }
