package keyset

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// SigningFile lists the keys that sign the project's user tokens. The first one
// signs; the others only verify until their time is over.
type SigningFile struct {
	Project string       `json:"project"`
	Keys    []SigningKey `json:"keys"`
}

// SigningKey is one Ed25519 key.
type SigningKey struct {
	ID       string     `json:"kid"`
	Seed     []byte     `json:"seed"`               // 32 bytes, base64 in JSON
	NotAfter *time.Time `json:"notAfter,omitempty"` // tokens that it signed are refused from here on
}

// MintSigningKey makes a new key from the given randomness.
func MintSigningKey(random io.Reader) (SigningKey, error) {
	var randomness [8 + ed25519.SeedSize]byte
	if _, err := io.ReadFull(random, randomness[:]); err != nil {
		return SigningKey{}, fmt.Errorf("mint a signing key: %w", err)
	}
	return SigningKey{ID: base36(randomness[:8], idLength), Seed: randomness[8:]}, nil
}

// Private returns the key in the form that signs.
func (k SigningKey) Private() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(k.Seed) }

// EncodeSigning writes the file; equal contents give equal bytes. The order of
// the keys is content: the first one signs.
func EncodeSigning(file SigningFile) ([]byte, error) {
	file.Keys = append([]SigningKey{}, file.Keys...)
	for i := range file.Keys {
		file.Keys[i].NotAfter = inUTC(file.Keys[i].NotAfter)
	}
	encoded, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode the signing keys: %w", err)
	}
	return append(encoded, '\n'), nil
}

// DecodeSigning reads the file and refuses what it does not know, a file of
// another project, and a file without a key.
func DecodeSigning(encoded []byte, project string) (SigningFile, error) {
	var file SigningFile
	if err := decodeStrict(encoded, &file); err != nil {
		return SigningFile{}, fmt.Errorf("decode the signing keys: %w", err)
	}
	if file.Project != project {
		return SigningFile{}, fmt.Errorf("decode the signing keys: they belong to project %q, this server to %q", file.Project, project)
	}
	if len(file.Keys) == 0 {
		return SigningFile{}, fmt.Errorf("decode the signing keys: there is none")
	}
	seen := make(map[string]bool, len(file.Keys))
	for i, key := range file.Keys {
		if key.ID == "" || len(key.Seed) != ed25519.SeedSize {
			return SigningFile{}, fmt.Errorf("decode the signing keys: key %d needs a kid and a seed of %d bytes", i, ed25519.SeedSize)
		}
		if seen[key.ID] {
			return SigningFile{}, fmt.Errorf("decode the signing keys: kid %q stands twice", key.ID)
		}
		seen[key.ID] = true
	}
	return file, nil
}
