//go:build !profile

package server

import "net/http"

// addProfiles adds nothing to a production build.
func addProfiles(*http.ServeMux) {}
