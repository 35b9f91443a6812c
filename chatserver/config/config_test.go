package config_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/yaml"

	"github.com/parley-chat/parley/chatserver/config"
)

// operatorFile is what the operator writes for a project with its defaults.
const operatorFile = `bus:
  engine: redis
  urlFile: /etc/parley/redis/uri
drainWindow: 20s
features:
  guestSessions: false
  publicTokenMinting: false
  publicUserCreation: true
internalListen: :8081
keysetFile: /etc/parley/keyset/keyset.json
listen: :8080
project:
  name: demo
  uid: 7d9f6c1e-demo
shards: 3
signingKeysFile: /etc/parley/signing-keys/signing-keys.json
store:
  dsnFile: /etc/parley/postgres/uri
  engine: postgres
tokenLifetime: 24h0m0s
`

func operatorConfig() config.Config {
	return config.Config{
		Project: config.Project{UID: "7d9f6c1e-demo", Name: "demo"}, Shards: 3,
		Listen: ":8080", InternalListen: ":8081",
		Store:      config.Store{Engine: "postgres", DSNFile: "/etc/parley/postgres/uri", Schema: "parley"},
		Bus:        config.Bus{Engine: "redis", URLFile: "/etc/parley/redis/uri"},
		KeysetFile: "/etc/parley/keyset/keyset.json", SigningKeysFile: "/etc/parley/signing-keys/signing-keys.json",
		TokenLifetime: config.Duration{Duration: 24 * time.Hour}, RefreshLifetime: config.Duration{Duration: 720 * time.Hour}, DrainWindow: config.Duration{Duration: 20 * time.Second},
		Features: config.Features{PublicUserCreation: true},
		Limits:   config.DefaultLimits(),
	}
}

func TestTheFileThatTheOperatorWritesIsRead(t *testing.T) {
	g := NewWithT(t)
	got, err := config.Decode([]byte(operatorFile))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(cmp.Diff(operatorConfig(), got)).To(BeEmpty())
}

const smallestFile = `
project: {uid: a}
store: {dsnFile: dsn}
bus: {urlFile: url}
keysetFile: keyset
signingKeysFile: signing
`

func TestWhatAFileLeavesOutHasADefault(t *testing.T) {
	g := NewWithT(t)
	got, err := config.Decode([]byte(smallestFile))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(cmp.Diff(config.Config{
		Project: config.Project{UID: "a"}, Shards: 1, Listen: ":8080", InternalListen: ":8081",
		Store:      config.Store{Engine: "postgres", DSNFile: "dsn", Schema: "parley"},
		Bus:        config.Bus{Engine: "redis", URLFile: "url"},
		KeysetFile: "keyset", SigningKeysFile: "signing",
		TokenLifetime: config.Duration{Duration: 24 * time.Hour}, RefreshLifetime: config.Duration{Duration: 720 * time.Hour}, DrainWindow: config.Duration{Duration: 20 * time.Second},
		Limits: config.DefaultLimits(),
	}, got)).To(BeEmpty())
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	g := NewWithT(t)
	encoded, err := yaml.Marshal(operatorConfig())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(config.Decode(encoded)).To(Equal(operatorConfig()))
}

func TestAFileIsReadFromItsPath(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "settings.yaml")
	g.Expect(os.WriteFile(path, []byte(operatorFile), 0o600)).To(Succeed())
	g.Expect(config.Load(path)).To(Equal(operatorConfig()))
	_, err := config.Load(path + ".missing")
	g.Expect(err).To(MatchError(os.ErrNotExist))
	g.Expect(err).To(MatchError(ContainSubstring(path + ".missing")))
}

func TestAFileThatIsNotUnderstoodIsRefused(t *testing.T) {
	for _, example := range []struct{ rule, encoded, message string }{
		{"no YAML", "project: {", "decode the configuration"},
		{"a list", "- a", "cannot unmarshal"},
		{"an unknown field", operatorFile + "replicas: 3\n", `unknown field "replicas"`},
		{"an unknown field inside", "store: {engine: postgres, dsn: a}", `unknown field "dsn"`},
		{"a field that stands twice", operatorFile + "shards: 4\n", "already set"},
		{"a list for a text", "listen: [a]", "listen"},
		{"a text for a number", "shards: three", "shards"},
		{"a fraction for a number", "shards: 1.5", "shards"},
		{"a text for a switch", "features: {guestSessions: sometimes}", "guestSessions"},
		{"a number for a duration", "drainWindow: 20", "drainWindow"},
		{"a duration without a unit", `drainWindow: "20"`, `"20" is not a duration such as 20s or 24h`},
		{"a duration in days", "tokenLifetime: 7d", `"7d" is not a duration such as 20s or 24h`},
	} {
		t.Run(example.rule, func(t *testing.T) {
			g := NewWithT(t)
			got, err := config.Decode([]byte(example.encoded))
			g.Expect(err).To(MatchError(And(HavePrefix("decode the configuration: "), ContainSubstring(example.message))))
			g.Expect(got).To(Equal(config.Config{}))
		})
	}
}

func TestCheckSaysWhichFieldIsWrongAndWhatToDo(t *testing.T) {
	for _, example := range []struct {
		rule    string
		change  func(*config.Config)
		message string // empty: nothing is wrong
	}{
		{"a complete configuration", func(*config.Config) {}, ""},
		{"no project", func(c *config.Config) { c.Project.UID = "" }, "project.uid: is missing"},
		{"a project needs no name", func(c *config.Config) { c.Project.Name = "" }, ""},
		{"no shard", func(c *config.Config) { c.Shards = 0 }, "shards: must be 1 to 64, not 0"},
		{"one shard", func(c *config.Config) { c.Shards = 1 }, ""},
		{"as many shards as may be", func(c *config.Config) { c.Shards = config.MaxShards }, ""},
		{"one shard too many", func(c *config.Config) { c.Shards = config.MaxShards + 1 }, "shards: must be 1 to 64, not 65"},
		{"no address", func(c *config.Config) { c.Listen = "" }, "listen: is missing"},
		{"no address for probes", func(c *config.Config) { c.InternalListen = "" }, "internalListen: is missing"},
		{"no keyset", func(c *config.Config) { c.KeysetFile = "" }, "keysetFile: is missing"},
		{"no signing keys", func(c *config.Config) { c.SigningKeysFile = "" }, "signingKeysFile: is missing"},
		{"a token lifetime of a minute", func(c *config.Config) { c.TokenLifetime.Duration = time.Minute }, ""},
		{"a shorter token lifetime", func(c *config.Config) { c.TokenLifetime.Duration = time.Minute - 1 }, "tokenLifetime: must be at least 1m, not 59.999999999s"},
		{"a refresh lifetime of a minute", func(c *config.Config) { c.RefreshLifetime.Duration = time.Minute }, ""},
		{"a shorter refresh lifetime", func(c *config.Config) { c.RefreshLifetime.Duration = time.Minute - 1 }, "refreshLifetime: must be at least 1m, not 59.999999999s"},
		{"no drain window", func(c *config.Config) { c.DrainWindow.Duration = 0 }, ""},
		{"a negative drain window", func(c *config.Config) { c.DrainWindow.Duration = -1 }, "drainWindow: must not be negative"},
		{"an unknown store", func(c *config.Config) { c.Store.Engine = "mysql" }, `store.engine: must be postgres or sqlite, not "mysql"`},
		{"no store", func(c *config.Config) { c.Store.Engine = "" }, `store.engine: must be postgres or sqlite, not ""`},
		{"postgres without its file", func(c *config.Config) { c.Store.DSNFile = "" }, "store.dsnFile: is missing: postgres needs a file with its connection string"},
		{"sqlite without its file", func(c *config.Config) { c.Store = config.Store{Engine: "sqlite"} }, "store.path: is missing: sqlite needs a file"},
		{"sqlite with its file", func(c *config.Config) { c.Store = config.Store{Engine: "sqlite", Path: "a.db"} }, ""},
		{"an unknown bus", func(c *config.Config) { c.Bus.Engine = "nats" }, `bus.engine: must be redis or memory, not "nats"`},
		{"redis without its file", func(c *config.Config) { c.Bus.URLFile = "" }, "bus.urlFile: is missing: redis needs a file with its URL"},
		{"memory needs no file", func(c *config.Config) { c.Bus = config.Bus{Engine: "memory"} }, ""},
	} {
		t.Run(example.rule, func(t *testing.T) {
			g := NewWithT(t)
			changed := operatorConfig()
			example.change(&changed)
			if example.message == "" {
				g.Expect(changed.Check()).To(Succeed())
				return
			}
			g.Expect(changed.Check()).To(MatchError(example.message))
		})
	}
}

func TestCheckReportsEveryFieldAtOnce(t *testing.T) {
	g := NewWithT(t)
	_, err := config.Decode(nil)
	g.Expect(err).To(MatchError("check the configuration: project.uid: is missing\n" +
		"keysetFile: is missing\n" +
		"signingKeysFile: is missing\n" +
		"store.dsnFile: is missing: postgres needs a file with its connection string\n" +
		"bus.urlFile: is missing: redis needs a file with its URL"))
}

func TestADurationIsWrittenAsText(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0s": 0, "20s": 20 * time.Second, "1h30m0s": 90 * time.Minute, "24h0m0s": 24 * time.Hour, "-1s": -time.Second, "1.5ms": 1500 * time.Microsecond,
	} {
		t.Run(text, func(t *testing.T) {
			g := NewWithT(t)
			var duration config.Duration
			g.Expect(duration.UnmarshalText([]byte(text))).To(Succeed())
			g.Expect(duration.Duration).To(Equal(want))
			encoded, err := duration.MarshalText()
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(string(encoded)).To(Equal(text))
		})
	}
}

func TestADurationThatIsRefusedChangesNothing(t *testing.T) {
	g := NewWithT(t)
	duration := config.Duration{Duration: time.Second}
	for _, text := range []string{"", "20", "7d", "soon", "1 s"} {
		g.Expect(duration.UnmarshalText([]byte(text))).To(MatchError(ContainSubstring("is not a duration such as 20s or 24h")))
	}
	g.Expect(duration.Duration).To(Equal(time.Second))
}
