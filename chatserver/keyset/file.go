package keyset

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
// sorted by id, and instants are written in UTC.
func (f File) Encode() ([]byte, error) {
	f.Keys = append([]Entry{}, f.Keys...)
	for i := range f.Keys {
		f.Keys[i].NotAfter = inUTC(f.Keys[i].NotAfter)
	}
	slices.SortFunc(f.Keys, func(a, b Entry) int { return cmp.Compare(a.ID, b.ID) })
	encoded, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode the keyset: %w", err)
	}
	return append(encoded, '\n'), nil
}

// Decode reads the file and refuses what it does not know.
func Decode(encoded []byte) (File, error) {
	var file File
	if err := decodeStrict(encoded, &file); err != nil {
		return File{}, fmt.Errorf("decode the keyset: %w", err)
	}
	seen := make(map[string]bool, len(file.Keys))
	for i, entry := range file.Keys {
		if _, ok := prefixes[entry.Type]; !ok {
			return File{}, fmt.Errorf("decode the keyset: key %d: unknown type %q", i, entry.Type)
		}
		if !isHash(entry.Hash) {
			return File{}, fmt.Errorf("decode the keyset: key %d: hash must be a SHA-256 in lower-case hexadecimal", i)
		}
		if entry.ID == "" {
			return File{}, fmt.Errorf("decode the keyset: key %d: id is missing", i)
		}
		if seen[entry.ID] {
			return File{}, fmt.Errorf("decode the keyset: id %q stands twice", entry.ID)
		}
		seen[entry.ID] = true
	}
	return file, nil
}

// isHash reports whether Hash could have made the text.
func isHash(text string) bool {
	hash, err := hex.DecodeString(text)
	return err == nil && len(hash) == sha256.Size && hex.EncodeToString(hash) == text
}

// decodeStrict reads exactly one JSON value, and of it only known fields.
func decodeStrict(encoded []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more after the end of the file's content")
	}
	return nil
}

// inUTC gives equal instants one written form.
func inUTC(instant *time.Time) *time.Time {
	if instant == nil {
		return nil
	}
	utc := instant.UTC()
	return &utc
}

// Revision names the contents of an encoded file, so that the operator can ask
// a server which one it holds.
func Revision(encoded []byte) string {
	sum := sha256.Sum256(encoded)
	return hex.EncodeToString(sum[:6])
}
