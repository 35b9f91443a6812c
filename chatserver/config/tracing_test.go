package config_test

import (
	"math"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/config"
)

func TestCheckSaysWhatIsWrongWithTracing(t *testing.T) {
	const (
		noEndpoint = "tracing.endpoint: must be an http or https URL such as http://collector:4318"
		tooMuch    = "tracing.endpoint: must have no user, query or fragment"
	)
	ratio := func(shown string) string {
		return "tracing.sampleRatio: must be above 0 and at most 1, not " + shown + "; without tracing nothing is recorded"
	}
	for _, example := range []struct {
		rule    string
		tracing *config.Tracing
		message string // empty: nothing is wrong
	}{
		{"nothing is traced", nil, ""},
		{"everything", &config.Tracing{Endpoint: "http://collector:4318", SampleRatio: 1}, ""},
		{"a little", &config.Tracing{Endpoint: "https://collector.example.com/otlp/", SampleRatio: math.SmallestNonzeroFloat64}, ""},
		{"nothing at all", &config.Tracing{Endpoint: "http://collector:4318"}, ratio("0")},
		{"less than nothing", &config.Tracing{Endpoint: "http://collector:4318", SampleRatio: -0.1}, ratio("-0.1")},
		{"more than everything", &config.Tracing{Endpoint: "http://collector:4318", SampleRatio: math.Nextafter(1, 2)}, ratio("1.0000000000000002")},
		{"no number", &config.Tracing{Endpoint: "http://collector:4318", SampleRatio: math.NaN()}, ratio("NaN")},
		{"no endpoint", &config.Tracing{SampleRatio: 1}, noEndpoint},
		{"no host", &config.Tracing{Endpoint: "http://:4318", SampleRatio: 1}, noEndpoint},
		{"no scheme", &config.Tracing{Endpoint: "collector:4318", SampleRatio: 1}, noEndpoint},
		{"another scheme", &config.Tracing{Endpoint: "grpc://collector:4317", SampleRatio: 1}, noEndpoint},
		{"no URL", &config.Tracing{Endpoint: "http://collector:port", SampleRatio: 1}, noEndpoint},
		{"a password", &config.Tracing{Endpoint: "http://me:secret@collector:4318", SampleRatio: 1}, tooMuch},
		{"a query", &config.Tracing{Endpoint: "http://collector:4318?key=secret", SampleRatio: 1}, tooMuch},
		{"a fragment", &config.Tracing{Endpoint: "http://collector:4318#here", SampleRatio: 1}, tooMuch},
		{"both", &config.Tracing{}, noEndpoint + "\n" + ratio("0")},
	} {
		t.Run(example.rule, func(t *testing.T) {
			g := NewWithT(t)
			changed := operatorConfig()
			changed.Tracing = example.tracing
			if example.message == "" {
				g.Expect(changed.Check()).To(Succeed())
				return
			}
			g.Expect(changed.Check()).To(MatchError(example.message))
		})
	}
}
