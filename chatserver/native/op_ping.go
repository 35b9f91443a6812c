package native

import "context"

// pingFrame asks for a sign of life.
type pingFrame struct{ frameHead }

func answerPing(context.Context, *socketReader, pingFrame) (any, error) { return struct{}{}, nil }
