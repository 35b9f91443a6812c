package keyset

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"io"
	"math/big"
	"strings"

	"github.com/parley-chat/parley/chatserver/model"
)

// Type is what a key is for.
type Type string

// The types of key.
const (
	Secret Type = "secret" // for servers: admin of the project
	Public Type = "public" // for browsers and apps: what the project's settings allow
)

var prefixes = map[Type]string{Secret: "sk", Public: "pk"}

const (
	idLength       = 12 // characters of a key's id
	randomBytes    = 32
	randomLength   = 43 // characters of randomBytes in base 62
	checksumLength = 6  // characters of a CRC-32 in base 62
)

// Mint makes a new key from the given randomness.
//
// A key is written <sk|pk>_<id>_<random><checksum>: the id finds it without a
// search, the checksum lets a mistyped one be told from a revoked one.
func Mint(random io.Reader, keyType Type) (id string, value model.Secret, err error) {
	prefix, ok := prefixes[keyType]
	if !ok {
		return "", "", fmt.Errorf("mint a key: unknown type %q", keyType)
	}
	var bytes [8 + randomBytes]byte
	if _, err := io.ReadFull(random, bytes[:]); err != nil {
		return "", "", fmt.Errorf("mint a key: %w", err)
	}
	id = strings.ToLower(base36(bytes[:8], idLength))
	body := prefix + "_" + id + "_" + base62(bytes[8:], randomLength)
	return id, model.Secret(body + checksum(body)), nil
}

// Parse splits a presented key into its type and id. It reports false for text
// that no Mint could have made, so that garbage costs no look-up.
func Parse(presented string) (keyType Type, id string, ok bool) {
	prefix, rest, found := strings.Cut(presented, "_")
	id, random, found2 := strings.Cut(rest, "_")
	if !found || !found2 || len(id) != idLength || len(random) != randomLength+checksumLength {
		return "", "", false
	}
	switch prefix {
	case prefixes[Secret]:
		keyType = Secret
	case prefixes[Public]:
		keyType = Public
	default:
		return "", "", false
	}
	body := presented[:len(presented)-checksumLength]
	return keyType, id, checksum(body) == presented[len(body):]
}

// Hash returns what the servers keep of a key: SHA-256 in hexadecimal. Keys
// hold 256 bits of randomness, so a slow hash would add nothing.
func Hash(value model.Secret) string {
	sum := sha256.Sum256([]byte(value.Reveal()))
	return hex.EncodeToString(sum[:])
}

func checksum(body string) string {
	sum := crc32.ChecksumIEEE([]byte(body))
	return base62([]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)}, checksumLength)
}

func base62(bytes []byte, length int) string { return inBase(bytes, 62, length) }

func base36(bytes []byte, length int) string { return inBase(bytes, 36, length) }

// inBase writes the bytes as one number, padded or cut to exactly length
// characters from its low end.
func inBase(bytes []byte, base, length int) string {
	text := new(big.Int).SetBytes(bytes).Text(base)
	if len(text) > length {
		return text[len(text)-length:]
	}
	return strings.Repeat("0", length-len(text)) + text
}
