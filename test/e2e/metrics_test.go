//go:build e2e

package e2e

import (
	"bufio"
	"context"
	"net/http"
	"strconv"
	"strings"

	. "github.com/onsi/gomega"
)

// metric reads one metric without labels of a pod.
func metric(ctx context.Context, g *WithT, address, name string) float64 {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	g.Expect(err).NotTo(HaveOccurred())
	response, err := http.DefaultClient.Do(request)
	g.Expect(err).NotTo(HaveOccurred())
	defer func() { _ = response.Body.Close() }()
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			value, err := strconv.ParseFloat(text, 64)
			g.Expect(err).NotTo(HaveOccurred())
			return value
		}
	}
	g.Expect(name).To(BeEmpty(), "the pod at %s has no such metric", address)
	return 0
}
