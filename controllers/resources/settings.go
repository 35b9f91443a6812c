package resources

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/parley-chat/parley/api/v1alpha1"
)

// settings is the file that the servers read. Its fields are those of the
// servers' own package config, which the operator does not import; a test
// decodes the one with the other.
type settings struct {
	Project         settingsProject       `json:"project"`
	Shards          int32                 `json:"shards"`
	Listen          string                `json:"listen"`
	InternalListen  string                `json:"internalListen"`
	Store           settingsStore         `json:"store"`
	Bus             settingsBus           `json:"bus"`
	KeysetFile      string                `json:"keysetFile"`
	SigningKeysFile string                `json:"signingKeysFile"`
	TokenLifetime   string                `json:"tokenLifetime"`
	RefreshLifetime string                `json:"refreshLifetime"`
	DrainWindow     string                `json:"drainWindow"`
	Features        settingsFeatures      `json:"features"`
	Limits          v1alpha1.LimitsSpec   `json:"limits,omitzero"`
	Issuers         []v1alpha1.IssuerSpec `json:"issuers,omitempty"`
}

type settingsProject struct {
	UID  string `json:"uid"`
	Name string `json:"name"`
}

type settingsStore struct {
	Engine  string `json:"engine"`
	DSNFile string `json:"dsnFile"`
}

type settingsBus struct {
	Engine  string `json:"engine"`
	URLFile string `json:"urlFile"`
}

type settingsFeatures struct {
	GuestSessions      bool `json:"guestSessions"`
	PublicUserCreation bool `json:"publicUserCreation"`
	PublicTokenMinting bool `json:"publicTokenMinting"`
	UserDirectory      bool `json:"userDirectory"`
	Keystrokes         bool `json:"keystrokes"`
}

// What a project gets whose spec was stored before the field had a default.
const (
	defaultDrainWindow     = 20 * time.Second
	defaultTokenLifetime   = 24 * time.Hour
	defaultRefreshLifetime = 30 * 24 * time.Hour
)

// Settings writes the configuration file of the project's servers.
func Settings(project *v1alpha1.ChatProject) ([]byte, error) {
	auth := project.Spec.Auth
	encoded, err := yaml.Marshal(settings{
		Project:         settingsProject{UID: string(project.UID), Name: project.Name},
		Shards:          project.Spec.Shards,
		Listen:          fmt.Sprintf(":%d", httpPort),
		InternalListen:  fmt.Sprintf(":%d", InternalPort),
		Store:           settingsStore{Engine: "postgres", DSNFile: postgresDirectory + "/" + uriFile},
		Bus:             settingsBus{Engine: "redis", URLFile: redisDirectory + "/" + uriFile},
		KeysetFile:      keysetDirectory + "/" + KeysetKey,
		SigningKeysFile: signingKeysDirectory + "/" + SigningKeysKey,
		TokenLifetime:   cmp.Or(auth.TokenLifetime.Duration, defaultTokenLifetime).String(),
		RefreshLifetime: cmp.Or(auth.RefreshLifetime.Duration, defaultRefreshLifetime).String(),
		DrainWindow:     drainWindow(project).String(),
		Features: settingsFeatures{
			GuestSessions:      auth.GuestSessions,
			PublicUserCreation: auth.PublicUserCreation,
			PublicTokenMinting: auth.PublicTokenMinting,
			UserDirectory:      auth.UserDirectory,
			Keystrokes:         project.Spec.Features.Keystrokes,
		},
		Limits:  project.Spec.Limits,
		Issuers: auth.Issuers,
	})
	if err != nil {
		return nil, fmt.Errorf("encode the settings: %w", err)
	}
	return encoded, nil
}

// SettingsHash names the contents of a settings file.
func SettingsHash(encoded []byte) string {
	sum := sha256.Sum256(encoded)
	return hex.EncodeToString(sum[:6])
}

func drainWindow(project *v1alpha1.ChatProject) time.Duration {
	if seconds := project.Spec.Drain.WindowSeconds; seconds != nil {
		return time.Duration(*seconds) * time.Second
	}
	return defaultDrainWindow
}
