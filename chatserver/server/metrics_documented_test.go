package server_test

import (
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	. "github.com/onsi/gomega"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/test/issuer"
	"github.com/parley-chat/parley/test/services"
)

// documentedMetric is what can be seen of a metric from outside.
type documentedMetric struct {
	Type   string
	Labels []string // sorted
}

// metricRow is a row of docs/metrics.md: name, type, labels, unit and meaning.
var metricRow = regexp.MustCompile("(?m)^\\| `(chat_[a-z_]+)` \\| ([a-z]+) \\| ([^|]*)\\| [^|]+ \\| [^|]+ \\| [^|]+ \\|$")

var quoted = regexp.MustCompile("`([^`]+)`")

func documentedMetrics(t *testing.T) map[string]documentedMetric {
	t.Helper()
	g := NewWithT(t)
	page, err := os.ReadFile("../../docs/metrics.md")
	g.Expect(err).NotTo(HaveOccurred())
	documented := make(map[string]documentedMetric)
	for _, row := range metricRow.FindAllStringSubmatch(string(page), -1) {
		g.Expect(documented).NotTo(HaveKey(row[1]), "it is named twice")
		var labels []string
		for _, label := range quoted.FindAllStringSubmatch(row[3], -1) {
			labels = append(labels, label[1])
		}
		documented[row[1]] = documentedMetric{Type: row[2], Labels: slices.Sorted(slices.Values(labels))}
	}
	for _, name := range regexp.MustCompile(`chat_[a-z_]+`).FindAllString(string(page), -1) {
		g.Expect(documented).To(HaveKey(strings.TrimSuffix(name, "_bucket")), "it has no row")
	}
	return documented
}

// scrapeMetrics lists the server's own metrics.
func (r *running) scrapeMetrics() map[string]documentedMetric {
	r.t.Helper()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(r.probe("/metrics").Body))
	r.Expect(err).NotTo(HaveOccurred())
	scraped := make(map[string]documentedMetric)
	for name, family := range families {
		if !strings.HasPrefix(name, "chat_") {
			continue
		}
		labels := make(map[string]bool)
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				labels[label.GetName()] = true
			}
		}
		scraped[name] = documentedMetric{
			Type:   strings.ToLower(family.GetType().String()),
			Labels: slices.Sorted(maps.Keys(labels)),
		}
	}
	return scraped
}

func TestThePageOfMetricsIsWhatServersTell(t *testing.T) {
	demo := withRedisAt(t, prepare(t), services.Redis(t).URL())
	demo.Configuration.Issuers = []config.Issuer{issuer.Start(t, "https://login.example.com/").Settings()}
	r := start(t, demo)
	// The results of sends are told from the first one on.
	refused := r.call(http.MethodPost, r.URL+"/chat/v1/conversations/nowhere/messages", `{"content":"hi"}`, r.secret())
	r.Expect(refused.Status).To(Equal(http.StatusBadRequest), refused.Body)
	r.Expect(cmp.Diff(r.scrapeMetrics(), documentedMetrics(t))).To(BeEmpty(), "- the server, + docs/metrics.md")
	r.Expect(r.stop()).To(Succeed())
}
