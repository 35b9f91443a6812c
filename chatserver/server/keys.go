package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/parley-chat/parley/chatserver/auth"
	"github.com/parley-chat/parley/chatserver/keyset"
)

// keyPoll is how often the key files are read. A mounted Secret is replaced by
// swapping links, which file notifications report differently on each system;
// reading two small files costs next to nothing.
const keyPoll = 100 * time.Millisecond

func (s *server) loadKeys() (*keyset.Set, *auth.Tokens, error) {
	s.keysetFile = watchedFile{path: s.configuration.KeysetFile}
	s.signingFile = watchedFile{path: s.configuration.SigningKeysFile}
	encoded, _, err := s.keysetFile.read()
	if err != nil {
		return nil, nil, fmt.Errorf("read the keyset: %w", err)
	}
	keys, err := keyset.Load(encoded, s.configuration.Project.UID)
	if err != nil {
		return nil, nil, err
	}
	s.setRevision(keys)
	encoded, _, err = s.signingFile.read()
	if err != nil {
		return nil, nil, fmt.Errorf("read the signing keys: %w", err)
	}
	tokens, err := auth.LoadTokens(encoded, s.configuration.Project.UID)
	return keys, tokens, errors.Join(err, s.loadDataKeys())
}

// loadDataKeys reads the keys that seal secrets, if the project has any.
func (s *server) loadDataKeys() error {
	s.dataKeysFile = watchedFile{path: s.configuration.DataKeysFile}
	if s.dataKeysFile.path == "" {
		return nil
	}
	encoded, _, err := s.dataKeysFile.read()
	if err != nil {
		return fmt.Errorf("read the data keys: %w", err)
	}
	return s.useDataKeys(encoded)
}

func (s *server) useDataKeys(encoded []byte) error {
	keys, err := keyset.LoadDataKeys(encoded, s.configuration.Project.UID)
	if err == nil {
		s.dataKeys.Store(keys)
	}
	return err
}

func (s *server) setRevision(keys *keyset.Set) {
	revision := keys.Revision()
	s.keysetRevision.Store(&revision)
}

// watchKeys takes over changed key files and closes the sessions of keys that no
// longer count, those whose time is over included. A file that cannot be read
// leaves the last good keys in force.
func (s *server) watchKeys(ctx context.Context) error {
	ticker := time.NewTicker(keyPoll)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		s.takeOver(&s.keysetFile, "keyset", func(encoded []byte) error {
			keys, err := keyset.Load(encoded, s.configuration.Project.UID)
			if err == nil {
				s.authenticator.UseKeys(keys)
				s.setRevision(keys)
			}
			return err
		})
		s.takeOver(&s.signingFile, "signing keys", func(encoded []byte) error {
			tokens, err := auth.LoadTokens(encoded, s.configuration.Project.UID)
			if err == nil {
				s.authenticator.UseTokens(tokens)
			}
			return err
		})
		if s.dataKeysFile.path != "" {
			s.takeOver(&s.dataKeysFile, "data keys", s.useDataKeys)
		}
		s.closeRevoked()
	}
}

func (s *server) closeRevoked() {
	s.hub.CloseRevoked(s.authenticator.Holds)
}

func (s *server) takeOver(file *watchedFile, what string, use func([]byte) error) {
	encoded, changed, err := file.read()
	if err == nil && changed {
		if err = use(encoded); err == nil {
			s.logger.Info("took over changed keys", "file", what)
		}
	}
	if file.isNewFailure(err) {
		s.logger.Error("take over changed keys; the last good ones stay in force", "file", what, "error", err)
	}
}

// watchedFile remembers what it read last.
type watchedFile struct {
	path    string
	content []byte
	failure string
}

func (f *watchedFile) read() (content []byte, changed bool, err error) {
	content, err = os.ReadFile(f.path)
	if err != nil || bytes.Equal(content, f.content) {
		return nil, false, err
	}
	f.content = content
	return content, true, nil
}

// isNewFailure reports each failure once, not at every poll.
func (f *watchedFile) isNewFailure(err error) bool {
	if err == nil {
		f.failure = ""
		return false
	}
	repeated := f.failure == err.Error()
	f.failure = err.Error()
	return !repeated
}
