package controllers

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"

	"github.com/parley-chat/parley/controllers/resources"
)

// PodKeysets asks pods which keyset they hold.
type PodKeysets interface {
	// Revision returns the revision of the keyset that the pod at the address holds.
	Revision(ctx context.Context, podIP string) (string, error)
}

// HTTPPodKeysets asks pods on their internal port.
type HTTPPodKeysets struct {
	Client *http.Client
}

// maxKeysetAnswer is far more than an honest pod answers with.
const maxKeysetAnswer = 4 << 10

// Revision implements PodKeysets.
func (k HTTPPodKeysets) Revision(ctx context.Context, podIP string) (string, error) {
	url := "http://" + net.JoinHostPort(podIP, strconv.Itoa(resources.InternalPort)) + "/keyset"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", fmt.Errorf("ask a pod for its keyset: %w", err)
	}
	response, err := k.Client.Do(request)
	if err != nil {
		return "", fmt.Errorf("ask a pod for its keyset: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("ask a pod for its keyset: it answered %s", response.Status)
	}
	var answer struct {
		Revision string `json:"revision"`
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, maxKeysetAnswer)).Decode(&answer); err != nil {
		return "", fmt.Errorf("ask a pod for its keyset: %w", err)
	}
	return answer.Revision, nil
}
