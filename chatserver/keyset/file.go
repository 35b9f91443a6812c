package keyset

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// File is the list of keys that count, as the servers read it. It holds hashes
// only.
type File struct {
	Project string  `json:"project"` // the UID of the project that the keys belong to
	Keys    []Entry `json:"keys"`
}

// Entry is one key value that is accepted. While a key rotates it has two.
type Entry struct {
	ID             string     `json:"id"`
	Type           Type       `json:"type"`
	Hash           string     `json:"hash"`
	Name           string     `json:"name,omitempty"` // of the ApiKey, for logs
	AllowedOrigins []string   `json:"allowedOrigins,omitempty"`
	NotAfter       *time.Time `json:"notAfter,omitempty"` // refused from here on
}

// Encode writes the file so that equal contents give equal bytes: entries are
// sorted by id.
func (f File) Encode() ([]byte, error) {
	f.Keys = slices.Clone(f.Keys)
	slices.SortFunc(f.Keys, func(a, b Entry) int { return cmp.Compare(a.ID, b.ID) })
	encoded, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode the keyset: %w", err)
	}
	return append(encoded, '\n'), nil
}

// Decode reads the file and refuses what it does not know.
func Decode(encoded []byte) (File, error) {
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.DisallowUnknownFields()
	var file File
	if err := decoder.Decode(&file); err != nil {
		return File{}, fmt.Errorf("decode the keyset: %w", err)
	}
	seen := make(map[string]bool, len(file.Keys))
	for i, entry := range file.Keys {
		if _, ok := prefixes[entry.Type]; !ok {
			return File{}, fmt.Errorf("decode the keyset: key %d: unknown type %q", i, entry.Type)
		}
		if hash, err := hex.DecodeString(entry.Hash); err != nil || len(hash) != sha256.Size {
			return File{}, fmt.Errorf("decode the keyset: key %d: hash must be a SHA-256 in hexadecimal", i)
		}
		if seen[entry.ID] {
			return File{}, fmt.Errorf("decode the keyset: id %q stands twice", entry.ID)
		}
		seen[entry.ID] = true
	}
	return file, nil
}

// Revision names the contents of an encoded file, so that the operator can ask
// a server which one it holds.
func Revision(encoded []byte) string {
	sum := sha256.Sum256(encoded)
	return hex.EncodeToString(sum[:6])
}
