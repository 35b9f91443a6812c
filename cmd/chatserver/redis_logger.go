package main

import (
	"context"
	"fmt"
	"log/slog"
)

// redisLogger puts what the Redis client says of itself into the one log. Its
// outages are logged by the bus already, so this is for debugging only.
type redisLogger struct{ logger *slog.Logger }

// Printf is what the client calls.
func (l redisLogger) Printf(ctx context.Context, format string, arguments ...any) {
	if l.logger.Enabled(ctx, slog.LevelDebug) {
		l.logger.DebugContext(ctx, "redis client", "message", fmt.Sprintf(format, arguments...))
	}
}
