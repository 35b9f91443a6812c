package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// acceptedPoll is how often a server is asked whether it takes a key by now.
const acceptedPoll = 20 * time.Millisecond

// Caller calls the native API of a project on behalf of a user.
type Caller struct {
	URL  string // of a pod
	Key  string // a secret key
	User string // a user reference, or empty
	// Token is a user token, in place of both.
	Token string
}

// As is the same caller on behalf of another user.
func (c Caller) As(username string) Caller {
	c.User = "username:" + username
	return c
}

// At is the same caller at another pod.
func (c Caller) At(url string) Caller {
	c.URL = url
	return c
}

func (c Caller) header() http.Header {
	if c.Token != "" {
		return http.Header{"Authorization": {"Bearer " + c.Token}}
	}
	header := http.Header{"X-Api-Key": {c.Key}}
	if c.User != "" {
		header.Set("X-Parley-User", c.User)
	}
	return header
}

// Status asks for something small and returns the status of the answer.
func (c Caller) Status(ctx context.Context) (int, error) {
	return c.do(ctx, http.MethodGet, "/chat/v1/connect", nil, nil)
}

// AwaitAccepted waits until every server accepts the caller's key.
func (c Caller) AwaitAccepted(ctx context.Context, urls []string) error {
	ticker := time.NewTicker(acceptedPoll)
	defer ticker.Stop()
	for _, url := range urls {
		for {
			status, err := c.At(url).Status(ctx)
			if status == http.StatusOK {
				break
			}
			select {
			case <-ticker.C:
			case <-ctx.Done():
				return fmt.Errorf("%s does not accept the key: it answered %d last (%w)", url, status, errors.Join(err, ctx.Err()))
			}
		}
	}
	return nil
}

// Post sends a body and decodes the answer; it fails unless that is a success.
func (c Caller) Post(ctx context.Context, path string, body, into any) error {
	return c.Call(ctx, http.MethodPost, path, body, into)
}

// Get asks for a resource and decodes it; it fails unless that is a success.
func (c Caller) Get(ctx context.Context, path string, into any) error {
	return c.Call(ctx, http.MethodGet, path, nil, into)
}

// Call does one request, with a body unless that is nil, and decodes the answer
// unless into is nil. An answer that is no success is an error.
func (c Caller) Call(ctx context.Context, method, path string, body, into any) error {
	status, err := c.do(ctx, method, path, body, into)
	if err == nil && status >= http.StatusBadRequest {
		err = fmt.Errorf("%s %s answers %d", method, path, status)
	}
	return err
}

func (c Caller) do(ctx context.Context, method, path string, body, into any) (int, error) {
	var encoded bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&encoded).Encode(body); err != nil {
			return 0, fmt.Errorf("encode a request: %w", err)
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, c.URL+path, &encoded)
	if err != nil {
		return 0, fmt.Errorf("make a request: %w", err)
	}
	request.Header = c.header()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, fmt.Errorf("%s %s: read the answer: %w", method, path, err)
	}
	if into != nil && response.StatusCode < http.StatusBadRequest {
		if err := json.Unmarshal(answer, into); err != nil {
			return 0, fmt.Errorf("%s %s: decode the answer: %w", method, path, err)
		}
	}
	return response.StatusCode, nil
}
