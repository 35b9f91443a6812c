package redis

import (
	"context"
	"fmt"

	goredis "github.com/redis/go-redis/v9"
)

// servers finds the server that carries a channel.
type servers interface {
	// owner gives the client of the server that carries the channel now, as
	// far as is known without asking.
	owner(ctx context.Context, name string) (*goredis.Client, error)
	// reload has the owners asked for again in the background.
	reload(ctx context.Context)
	// manySlots reports whether one command may name channels of several slots.
	manySlots() bool
	// universal gives the client of all servers.
	universal() goredis.UniversalClient
	Close() error
}

func openServers(ctx context.Context, options Options) (servers, *goredis.Options, error) {
	parsed, err := options.parse(ctx)
	if err != nil {
		return nil, nil, err
	}
	settings := options.connection(parsed[0])
	if len(parsed) == 1 {
		return standalone{goredis.NewClient(settings)}, settings, nil
	}
	settings.TLSConfig = anyServer(settings.TLSConfig)
	var seeds []string
	for _, one := range parsed {
		seeds = append(seeds, one.Addr)
	}
	return cluster{goredis.NewClusterClient(&goredis.ClusterOptions{
		Addrs:                      seeds,
		TLSConfig:                  settings.TLSConfig,
		CredentialsProviderContext: settings.CredentialsProviderContext,
		Protocol:                   settings.Protocol,
		DialTimeout:                settings.DialTimeout,
		ReadTimeout:                settings.ReadTimeout,
		WriteTimeout:               settings.WriteTimeout,
		PoolTimeout:                settings.PoolTimeout,
		MaxRetries:                 settings.MaxRetries,
		MaxRedirects:               -1,
		DialerRetries:              settings.DialerRetries,
		ContextTimeoutEnabled:      settings.ContextTimeoutEnabled,
		DisableIdentity:            settings.DisableIdentity,
		MaintNotificationsConfig:   settings.MaintNotificationsConfig,
	})}, settings, nil
}

type standalone struct{ client *goredis.Client }

func (s standalone) owner(context.Context, string) (*goredis.Client, error) { return s.client, nil }
func (s standalone) reload(context.Context)                                 {}
func (s standalone) manySlots() bool                                        { return true }
func (s standalone) universal() goredis.UniversalClient                     { return s.client }
func (s standalone) Close() error                                           { return s.client.Close() }

type cluster struct{ client *goredis.ClusterClient }

func (c cluster) owner(ctx context.Context, name string) (*goredis.Client, error) {
	client, err := c.client.MasterForKey(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("find the node of %s: %w", name, err)
	}
	return client, nil
}

func (c cluster) reload(ctx context.Context)         { c.client.ReloadState(ctx) }
func (c cluster) manySlots() bool                    { return false }
func (c cluster) universal() goredis.UniversalClient { return c.client }
func (c cluster) Close() error                       { return c.client.Close() }
