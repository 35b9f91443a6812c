package controllers

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/parley-chat/parley/controllers/resources"
)

// PodRevocations tells pods of revoked keys.
type PodRevocations interface {
	// Revoke hands a signed notice to the pod at the address.
	Revoke(ctx context.Context, podIP, notice string) error
}

// HTTPPodRevocations tells pods on their internal port.
type HTTPPodRevocations struct {
	Client *http.Client
}

// Revoke implements PodRevocations.
func (p HTTPPodRevocations) Revoke(ctx context.Context, podIP, notice string) error {
	url := "http://" + net.JoinHostPort(podIP, strconv.Itoa(resources.InternalPort)) + "/revocations"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(notice))
	if err != nil {
		return fmt.Errorf("tell a pod of revoked keys: %w", err)
	}
	request.Header.Set("Content-Type", "application/jwt")
	response, err := p.Client.Do(request)
	if err != nil {
		return fmt.Errorf("tell a pod of revoked keys: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusNoContent {
		return fmt.Errorf("tell a pod of revoked keys: it answered %s", response.Status)
	}
	return nil
}
