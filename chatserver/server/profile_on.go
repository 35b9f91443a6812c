//go:build profile

package server

import (
	"net/http"
	"net/http/pprof"
)

// addProfiles serves profiles to those who measure. No production build has them:
// they show memory and cost the tenants time.
func addProfiles(routes *http.ServeMux) {
	routes.HandleFunc("GET /debug/pprof/", pprof.Index)
	routes.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	routes.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
}
