package redis

import (
	"context"
	"errors"

	goredis "github.com/redis/go-redis/v9"
)

// NewClient connects to the bus's Redis for another use of it, with the same
// settings: URLs and Timeout of the options count. A Redis that does not answer
// is no error. The caller closes the client.
func NewClient(ctx context.Context, options Options) (goredis.UniversalClient, error) {
	if options.URLs == nil {
		return nil, errors.New("connect to Redis: URLs are required")
	}
	opened, _, err := openServers(ctx, options.withDefaults())
	if err != nil {
		return nil, err
	}
	return opened.universal(), nil
}
