package config

import (
	"errors"
	"fmt"
	"net/url"
)

// Tracing says where traces go, by OTLP over HTTP.
type Tracing struct {
	Endpoint    string  `json:"endpoint"`    // the collector's URL, such as http://collector:4318
	SampleRatio float64 `json:"sampleRatio"` // the share of traces that is recorded, above 0 up to 1
}

// check reports every field that is wrong; nil, no tracing, is right.
func (t *Tracing) check() []error {
	if t == nil {
		return nil
	}
	var errs []error
	endpoint, err := url.Parse(t.Endpoint)
	switch {
	case err != nil, endpoint.Scheme != "http" && endpoint.Scheme != "https", endpoint.Hostname() == "":
		errs = append(errs, errors.New("tracing.endpoint: must be an http or https URL such as http://collector:4318"))
	case endpoint.User != nil, endpoint.RawQuery != "", endpoint.ForceQuery, endpoint.Fragment != "":
		// The value is not quoted: it may hold a password.
		errs = append(errs, errors.New("tracing.endpoint: must have no user, query or fragment"))
	}
	// What is no number is not in between either.
	if !(t.SampleRatio > 0 && t.SampleRatio <= 1) {
		errs = append(errs, fmt.Errorf("tracing.sampleRatio: must be above 0 and at most 1, not %v; without tracing nothing is recorded", t.SampleRatio))
	}
	return errs
}
