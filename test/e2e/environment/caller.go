package environment

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// Caller calls the native API of a project on behalf of a user.
type Caller struct {
	URL  string // of a pod
	Key  string // a secret key
	User string // a user reference, or empty
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
	for _, url := range urls {
		err := poll(ctx, func() (bool, error) {
			status, err := c.At(url).Status(ctx)
			return status == http.StatusOK, err
		})
		if err != nil {
			return fmt.Errorf("%s does not accept the key: %w", url, err)
		}
	}
	return nil
}

// Post sends a body and decodes the answer; it fails unless that is a success.
func (c Caller) Post(ctx context.Context, path string, body, into any) error {
	status, err := c.do(ctx, http.MethodPost, path, body, into)
	if err == nil && status >= http.StatusBadRequest {
		err = fmt.Errorf("POST %s answers %d", path, status)
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

// Conversation makes a group of users, who are created where they do not exist,
// and returns its id.
func (c Caller) Conversation(ctx context.Context, usernames ...string) (string, error) {
	type member struct {
		User string `json:"user"`
	}
	var members []member
	for _, name := range usernames {
		err := c.Post(ctx, "/chat/v1/users", map[string]string{"username": name, "onConflict": "reuse"}, nil)
		if err != nil {
			return "", fmt.Errorf("create user %s: %w", name, err)
		}
		members = append(members, member{User: "username:" + name})
	}
	var created struct {
		ID string `json:"id"`
	}
	body := map[string]any{"type": "group", "name": "Hello", "members": members[1:]}
	if err := c.As(usernames[0]).Post(ctx, "/chat/v1/conversations", body, &created); err != nil {
		return "", fmt.Errorf("create a conversation: %w", err)
	}
	return created.ID, nil
}
