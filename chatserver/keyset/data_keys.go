package keyset

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// DataKeysFile lists the keys that seal what the store must not read. The first
// one seals, all open: a new key comes first, and the old one stays until nothing
// is left that it sealed.
type DataKeysFile struct {
	Project string    `json:"project"`
	Keys    []DataKey `json:"keys"`
}

// DataKey is one key.
type DataKey struct {
	ID  string `json:"id"`
	Key []byte `json:"key"` // 32 bytes, base64 in JSON
}

const (
	dataKeySize   = 32
	maxDataKeyID  = 64
	sealedVersion = 1
)

// MintDataKey makes a new key from the given randomness.
func MintDataKey(random io.Reader) (DataKey, error) {
	var randomness [8 + dataKeySize]byte
	if _, err := io.ReadFull(random, randomness[:]); err != nil {
		return DataKey{}, fmt.Errorf("mint a data key: %w", err)
	}
	return DataKey{ID: base36(randomness[:8], idLength), Key: randomness[8:]}, nil
}

// EncodeDataKeys writes the file; equal contents give equal bytes.
func EncodeDataKeys(file DataKeysFile) ([]byte, error) {
	encoded, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode the data keys: %w", err)
	}
	return append(encoded, '\n'), nil
}

// DataKeys seals and opens. It never changes, so any number of goroutines may
// share it.
type DataKeys struct {
	first DataKey
	byID  map[string]DataKey
}

// LoadDataKeys reads the file and refuses what it does not know, a file of
// another project, and a file without a key.
func LoadDataKeys(encoded []byte, project string) (*DataKeys, error) {
	var file DataKeysFile
	if err := decodeStrict(encoded, &file); err != nil {
		return nil, fmt.Errorf("decode the data keys: %w", err)
	}
	if file.Project != project {
		return nil, fmt.Errorf("decode the data keys: they belong to project %q, this server to %q", file.Project, project)
	}
	if len(file.Keys) == 0 {
		return nil, errors.New("decode the data keys: there is none")
	}
	keys := &DataKeys{first: file.Keys[0], byID: make(map[string]DataKey, len(file.Keys))}
	for i, key := range file.Keys {
		if key.ID == "" || len(key.ID) > maxDataKeyID || len(key.Key) != dataKeySize {
			return nil, fmt.Errorf("decode the data keys: key %d needs an id of 1 to %d bytes and a key of %d bytes", i, maxDataKeyID, dataKeySize)
		}
		if _, twice := keys.byID[key.ID]; twice {
			return nil, fmt.Errorf("decode the data keys: id %q stands twice", key.ID)
		}
		keys.byID[key.ID] = key
	}
	return keys, nil
}

// cipherFor derives the key of a purpose, so that what is sealed for one never
// opens for another.
func (k DataKey) cipherFor(purpose string) (cipher.AEAD, error) {
	derived, err := hkdf.Key(sha256.New, k.Key, nil, "parley "+purpose, dataKeySize)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// Seal encrypts a value with AES-256-GCM. It opens only for the same purpose and
// place.
func (k *DataKeys) Seal(random io.Reader, purpose string, place, value []byte) ([]byte, error) {
	sealing, err := k.first.cipherFor(purpose)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	nonce := make([]byte, sealing.NonceSize())
	if _, err := io.ReadFull(random, nonce); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	sealed := append([]byte{sealedVersion, byte(len(k.first.ID))}, k.first.ID...)
	sealed = append(sealed, nonce...)
	return sealing.Seal(sealed, nonce, value, place), nil
}

// Open decrypts what Seal made with one of the keys.
func (k *DataKeys) Open(purpose string, place, sealed []byte) ([]byte, error) {
	if len(sealed) < 2 || sealed[0] != sealedVersion || len(sealed) < 2+int(sealed[1]) {
		return nil, errors.New("open: this is nothing that was sealed")
	}
	id, rest := string(sealed[2:2+int(sealed[1])]), sealed[2+int(sealed[1]):]
	key, known := k.byID[id]
	if !known {
		return nil, fmt.Errorf("open: the data key %q is not in the file", id)
	}
	opening, err := key.cipherFor(purpose)
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	if len(rest) < opening.NonceSize() {
		return nil, errors.New("open: this is nothing that was sealed")
	}
	value, err := opening.Open(nil, rest[:opening.NonceSize()], rest[opening.NonceSize():], place)
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	return value, nil
}
