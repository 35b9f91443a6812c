package server

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/chatserver/model"
)

// DevelopmentProject is the one project of development mode.
const DevelopmentProject = "demo"

// Development is a project that lives in one folder: a SQLite file, and keys
// that survive restarts.
type Development struct {
	Configuration config.Config
	SecretKey     model.Secret
	PublicKey     model.Secret
}

// developmentKeys is the file with the values of the keys, which only the
// owner of the folder may read.
type developmentKeys struct {
	SecretKey string `json:"secretKey"`
	PublicKey string `json:"publicKey"`
}

// PrepareDevelopment fills the folder with what is missing and returns how to
// run it on the given address.
func PrepareDevelopment(folder, listen string) (Development, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return Development{}, fmt.Errorf("make the data folder: %w", err)
	}
	configuration := config.Defaults()
	configuration.Project = config.Project{UID: DevelopmentProject, Name: DevelopmentProject}
	configuration.Listen = listen
	configuration.InternalListen = "127.0.0.1:0"
	configuration.Store = config.Store{Engine: "sqlite", Path: filepath.Join(folder, "parley.db")}
	configuration.Bus = config.Bus{Engine: "memory"}
	configuration.KeysetFile = filepath.Join(folder, "keyset.json")
	configuration.SigningKeysFile = filepath.Join(folder, "signing-keys.json")
	configuration.DataKeysFile = filepath.Join(folder, "data-keys.json")
	configuration.DrainWindow = config.Duration{Duration: time.Second}
	configuration.Features = config.Features{GuestSessions: true, PublicUserCreation: true, PublicTokenMinting: true, UserDirectory: true, Keystrokes: true}

	if err := writeMissing(configuration.SigningKeysFile, newSigningFile); err != nil {
		return Development{}, err
	}
	if err := writeMissing(configuration.DataKeysFile, newDataKeysFile); err != nil {
		return Development{}, err
	}
	keysFile := filepath.Join(folder, "keys.json")
	if err := writeMissing(keysFile, newDevelopmentKeys); err != nil {
		return Development{}, err
	}
	keys, err := readDevelopmentKeys(keysFile)
	if err != nil {
		return Development{}, err
	}
	encoded, err := keys.keyset().Encode()
	if err != nil {
		return Development{}, err
	}
	if err := os.WriteFile(configuration.KeysetFile, encoded, 0o600); err != nil {
		return Development{}, fmt.Errorf("write the keyset: %w", err)
	}
	return Development{
		Configuration: configuration,
		SecretKey:     model.Secret(keys.SecretKey), PublicKey: model.Secret(keys.PublicKey),
	}, configuration.Check()
}

func newSigningFile() ([]byte, error) {
	key, err := keyset.MintSigningKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	return keyset.EncodeSigning(keyset.SigningFile{Project: DevelopmentProject, Keys: []keyset.SigningKey{key}})
}

func newDataKeysFile() ([]byte, error) {
	key, err := keyset.MintDataKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	return keyset.EncodeDataKeys(keyset.DataKeysFile{Project: DevelopmentProject, Keys: []keyset.DataKey{key}})
}

func newDevelopmentKeys() ([]byte, error) {
	_, secret, err := keyset.Mint(rand.Reader, keyset.Secret)
	if err != nil {
		return nil, err
	}
	_, public, err := keyset.Mint(rand.Reader, keyset.Public)
	if err != nil {
		return nil, err
	}
	return json.MarshalIndent(developmentKeys{SecretKey: secret.Reveal(), PublicKey: public.Reveal()}, "", "  ")
}

func readDevelopmentKeys(path string) (developmentKeys, error) {
	var keys developmentKeys
	encoded, err := os.ReadFile(path)
	if err != nil {
		return keys, fmt.Errorf("read the keys: %w", err)
	}
	if err := json.Unmarshal(encoded, &keys); err != nil {
		return keys, fmt.Errorf("read the keys: %s is damaged; delete it to get new ones: %w", path, err)
	}
	for _, value := range []string{keys.SecretKey, keys.PublicKey} {
		if _, _, ok := keyset.Parse(value); !ok {
			return keys, fmt.Errorf("read the keys: %s is damaged; delete it to get new ones", path)
		}
	}
	return keys, nil
}

func (k developmentKeys) keyset() keyset.File {
	file := keyset.File{Project: DevelopmentProject}
	for _, value := range []string{k.SecretKey, k.PublicKey} {
		keyType, id, _ := keyset.Parse(value)
		file.Keys = append(file.Keys, keyset.Entry{
			ID: id, Type: keyType, Hash: keyset.Hash(model.Secret(value)), Name: "demo-" + string(keyType),
		})
	}
	return file
}

// writeMissing writes a file that only its owner may read, unless it exists.
func writeMissing(path string, content func() ([]byte, error)) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	encoded, err := content()
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, encoded, 0o600); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
