package keyset

import (
	"crypto/subtle"
	"fmt"
	"slices"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
)

// Set answers whether a presented key counts. It never changes, so any number
// of goroutines may share it.
type Set struct {
	revision string
	byID     map[string]*Entry
}

// Load reads an encoded file that must belong to the project.
func Load(encoded []byte, project string) (*Set, error) {
	file, err := Decode(encoded)
	if err != nil {
		return nil, err
	}
	if file.Project != project {
		return nil, fmt.Errorf("load the keyset: it belongs to project %q, this server to %q", file.Project, project)
	}
	set := &Set{revision: Revision(encoded), byID: make(map[string]*Entry, len(file.Keys))}
	for i := range file.Keys {
		set.byID[file.Keys[i].ID] = &file.Keys[i]
	}
	return set, nil
}

// Revision names the contents of the file that the set was loaded from.
func (s *Set) Revision() string { return s.revision }

// Lists reports whether the file has an entry with the id.
func (s *Set) Lists(id string) bool {
	_, known := s.byID[id]
	return known
}

// Entry finds the entry with the id, also one that is expired. All who ask share
// it and must not change it.
func (s *Set) Entry(id string) (*Entry, bool) {
	entry, known := s.byID[id]
	return entry, known
}

// Verify finds the entry of a presented key, which all who ask share and must not
// change. The time it takes does not depend on how much of the secret part is
// right.
func (s *Set) Verify(presented string, now time.Time) (*Entry, bool) {
	keyType, id, ok := Parse(presented)
	if !ok {
		return nil, false
	}
	entry, known := s.byID[id]
	if !known {
		entry = new(Entry)
	}
	match := subtle.ConstantTimeCompare([]byte(Hash(model.Secret(presented))), []byte(entry.Hash)) == 1
	if !known || !match || entry.Type != keyType || entry.expired(now) {
		return nil, false
	}
	return entry, true
}

// Holds reports whether the key value that gave this entry still counts.
func (s *Set) Holds(entry Entry, now time.Time) bool {
	current, known := s.byID[entry.ID]
	return known && current.Hash == entry.Hash && !current.expired(now)
}

func (e Entry) expired(now time.Time) bool { return e.NotAfter != nil && !now.Before(*e.NotAfter) }

// AllowsOrigin reports whether a browser page of the origin may use the key. A
// key without a list allows every origin.
func (e Entry) AllowsOrigin(origin string) bool {
	return len(e.AllowedOrigins) == 0 || slices.Contains(e.AllowedOrigins, origin)
}
