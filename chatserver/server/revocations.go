package server

import (
	"errors"
	"io"
	"net/http"

	"github.com/parley-chat/parley/chatserver/keyset"
)

// takeRevocation refuses the keys of a signed notice at once, before the changed
// keyset file arrives. What does not verify is not told why, so that a forger
// learns nothing.
func (s *server) takeRevocation(w http.ResponseWriter, request *http.Request) {
	if !s.opened.Load() {
		answer(w, http.StatusServiceUnavailable, "starting")
		return
	}
	notice, err := io.ReadAll(http.MaxBytesReader(w, request.Body, keyset.MaxRevocationBytes))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		answer(w, http.StatusRequestEntityTooLarge, "too large")
		return
	case err != nil:
		answer(w, http.StatusBadRequest, "unreadable")
		return
	}
	revocation, err := s.authenticator.VerifyRevocation(string(notice))
	if err != nil {
		s.logger.Debug("refused a notice of revoked keys")
		answer(w, http.StatusUnauthorized, "refused")
		return
	}
	s.authenticator.Revoke(revocation.Keys, revocation.NotAfter)
	s.closeRevoked()
	s.logger.Info("revoked keys by a notice", "keys", len(revocation.Keys))
	w.WriteHeader(http.StatusNoContent)
}
