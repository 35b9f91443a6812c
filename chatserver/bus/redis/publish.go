package redis

import (
	"context"
	"errors"
	"fmt"

	goredis "github.com/redis/go-redis/v9"

	"github.com/parley-chat/parley/chatserver/bus"
)

// batch is what one server gets in one round trip.
type batch struct {
	client   *goredis.Client
	pipeline goredis.Pipeliner
	channels []bus.Channel
}

// Publish sends the publications in one round trip to each server that is
// concerned, and returns within Options.Timeout.
func (b *Bus) Publish(ctx context.Context, publications []bus.Publication) error {
	if b.ctx.Err() != nil {
		return errClosed
	}
	if len(publications) == 0 {
		return nil
	}
	bounded, cancel := context.WithTimeout(ctx, b.options.Timeout)
	defer cancel()
	batches, err := b.batches(bounded, publications)
	if err != nil {
		b.publishing.failed(ctx, channelsOf(publications))
		return fmt.Errorf("publish: %w", err)
	}
	failures := make(chan error, len(batches))
	for _, one := range batches[1:] {
		go func() { failures <- b.send(bounded, ctx, one) }()
	}
	err = b.send(bounded, ctx, batches[0])
	for range batches[1:] {
		err = errors.Join(err, <-failures)
	}
	if err != nil {
		b.servers.reload(b.ctx)
		return fmt.Errorf("publish: %w", err)
	}
	return nil
}

func (b *Bus) batches(ctx context.Context, publications []bus.Publication) ([]*batch, error) {
	var batches []*batch
	byClient := make(map[*goredis.Client]*batch, 1)
	for _, publication := range publications {
		name := b.names.of(publication.Channel)
		client, err := b.servers.owner(ctx, name)
		if err != nil {
			return nil, err
		}
		one := byClient[client]
		if one == nil {
			one = &batch{client: client, pipeline: client.Pipeline()}
			byClient[client] = one
			batches = append(batches, one)
		}
		one.pipeline.SPublish(ctx, name, publication.Payload)
		one.channels = append(one.channels, publication.Channel)
	}
	return batches, nil
}

// send runs a batch and notes per channel how it went. The caller's own context
// tells a caller who gave up from a Redis that does not answer.
func (b *Bus) send(bounded, caller context.Context, one *batch) error {
	commands, err := one.pipeline.Exec(bounded)
	var good, bad []bus.Channel
	for i, channel := range one.channels {
		if err != nil && (i >= len(commands) || commands[i].Err() != nil) {
			bad = append(bad, channel)
		} else {
			good = append(good, channel)
		}
	}
	b.publishing.worked(good)
	b.publishing.failed(caller, bad)
	if err != nil {
		return fmt.Errorf("to %s: %w", one.client.Options().Addr, err)
	}
	return nil
}

func channelsOf(publications []bus.Publication) []bus.Channel {
	channels := make([]bus.Channel, len(publications))
	for i, publication := range publications {
		channels[i] = publication.Channel
	}
	return channels
}
