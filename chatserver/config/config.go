package config

import (
	"errors"
	"fmt"
	"os"
	"time"

	"sigs.k8s.io/yaml"
)

// Config is the file that `chatserver serve --config` reads. Unknown fields are
// errors. The operator writes it for every project.
type Config struct {
	Project         Project  `json:"project"`
	Shards          int      `json:"shards"`         // how many shards the project has; default 1
	Listen          string   `json:"listen"`         // the tenants' address; default ":8080"
	InternalListen  string   `json:"internalListen"` // probes, metrics, keyset revision; default ":8081"
	Store           Store    `json:"store"`
	Bus             Bus      `json:"bus"`
	KeysetFile      string   `json:"keysetFile"`
	SigningKeysFile string   `json:"signingKeysFile"`
	DataKeysFile    string   `json:"dataKeysFile,omitempty"` // seal secrets of users; without it there are none
	TokenLifetime   Duration `json:"tokenLifetime"`          // of user tokens; default 24h
	RefreshLifetime Duration `json:"refreshLifetime"`        // of refresh tokens; default 720h
	DrainWindow     Duration `json:"drainWindow"`            // over which sessions are sent away; default 20s
	Features        Features `json:"features"`
	Limits          Limits   `json:"limits"`
	Issuers         []Issuer `json:"issuers,omitempty"` // whose user tokens count beside the project's own
	Tracing         *Tracing `json:"tracing,omitempty"` // where traces go; without it nothing is traced
}

// Project is the tenant that this process serves.
type Project struct {
	UID  string `json:"uid"`
	Name string `json:"name"`
}

// Store says where durable state lives.
type Store struct {
	Engine  string `json:"engine"`            // "postgres" or "sqlite"
	DSNFile string `json:"dsnFile,omitempty"` // postgres: a file with the connection string, read again at each connect
	Schema  string `json:"schema,omitempty"`  // postgres: default "parley"
	Path    string `json:"path,omitempty"`    // sqlite: the database file
}

// Bus says what routes between pods.
type Bus struct {
	Engine  string `json:"engine"`            // "redis" or "memory"
	URLFile string `json:"urlFile,omitempty"` // redis: a file with a redis:// or rediss:// URL, or several, one per line, for a Cluster
}

// Features are the switches of a project. All are off unless set.
type Features struct {
	GuestSessions      bool `json:"guestSessions"`      // a public key may start guest sessions
	PublicUserCreation bool `json:"publicUserCreation"` // a public key may create users
	PublicTokenMinting bool `json:"publicTokenMinting"` // a public key may mint tokens for any user
	UserDirectory      bool `json:"userDirectory"`      // users without a role may list users
	Keystrokes         bool `json:"keystrokes"`         // members see what others type before it is sent
}

// Load reads and checks the file.
func Load(path string) (Config, error) {
	encoded, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("read the configuration: %w", err)
	}
	return Decode(encoded)
}

// Decode reads a configuration, fills in the defaults and checks it.
func Decode(encoded []byte) (Config, error) {
	config := Defaults()
	// What the file says decides the defaults of bursts.
	config.Limits = Limits{}
	if err := yaml.UnmarshalStrict(encoded, &config); err != nil {
		return Config{}, fmt.Errorf("decode the configuration: %w", err)
	}
	config.Limits = config.Limits.WithDefaults()
	for i := range config.Issuers {
		config.Issuers[i].fillDefaults()
	}
	if err := config.Check(); err != nil {
		return Config{}, fmt.Errorf("check the configuration: %w", err)
	}
	return config, nil
}

// Defaults returns the configuration that an empty file stands for. It is not
// complete: Check says what is missing.
func Defaults() Config {
	return Config{
		Shards:          1,
		Listen:          ":8080",
		InternalListen:  ":8081",
		Store:           Store{Engine: "postgres", Schema: "parley"},
		Bus:             Bus{Engine: "redis"},
		TokenLifetime:   Duration{24 * time.Hour},
		RefreshLifetime: Duration{30 * 24 * time.Hour},
		DrainWindow:     Duration{20 * time.Second},
		Limits:          DefaultLimits(),
	}
}

// MaxShards bounds the shards of one project.
const MaxShards = 64

// Check reports every field that is wrong, each with what to do.
func (c Config) Check() error {
	var errs []error
	require := func(ok bool, format string, arguments ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, arguments...))
		}
	}
	require(c.Project.UID != "", "project.uid: is missing")
	require(c.Shards >= 1 && c.Shards <= MaxShards, "shards: must be 1 to %d, not %d", MaxShards, c.Shards)
	require(c.Listen != "", "listen: is missing")
	require(c.InternalListen != "", "internalListen: is missing")
	require(c.KeysetFile != "", "keysetFile: is missing")
	require(c.SigningKeysFile != "", "signingKeysFile: is missing")
	require(c.TokenLifetime.Duration >= time.Minute, "tokenLifetime: must be at least 1m, not %s", c.TokenLifetime)
	require(c.RefreshLifetime.Duration >= time.Minute, "refreshLifetime: must be at least 1m, not %s", c.RefreshLifetime)
	require(c.DrainWindow.Duration >= 0, "drainWindow: must not be negative")
	switch c.Store.Engine {
	case "postgres":
		require(c.Store.DSNFile != "", "store.dsnFile: is missing: postgres needs a file with its connection string")
	case "sqlite":
		require(c.Store.Path != "", "store.path: is missing: sqlite needs a file")
	default:
		require(false, "store.engine: must be postgres or sqlite, not %q", c.Store.Engine)
	}
	switch c.Bus.Engine {
	case "redis":
		require(c.Bus.URLFile != "", "bus.urlFile: is missing: redis needs a file with its URL")
	case "memory":
	default:
		require(false, "bus.engine: must be redis or memory, not %q", c.Bus.Engine)
	}
	errs = append(errs, c.checkIssuers()...)
	errs = append(errs, c.Tracing.check()...)
	return errors.Join(append(errs, c.Limits.Check())...)
}
