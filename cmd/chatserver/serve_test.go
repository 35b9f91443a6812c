package main_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"sigs.k8s.io/yaml"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/server"
)

func TestABadCommandLineExitsWith2AndSaysWhatIsWrong(t *testing.T) {
	for _, example := range []struct {
		rule      string
		arguments []string
		says      string
	}{
		{"no command", nil, "usage:"},
		{"an unknown command", []string{"develop"}, "usage:"},
		{"a flag before the command", []string{"--json", "dev"}, "usage:"},
		{"an unknown flag of dev", []string{"dev", "--port", "1"}, "flag provided but not defined: -port"},
		{"an unknown flag of serve", []string{"serve", "--data", "a"}, "flag provided but not defined: -data"},
		{"a flag without its value", []string{"dev", "--data"}, "flag needs an argument: -data"},
		{"an argument after the flags of dev", []string{"dev", "--json", "folder"}, `unexpected argument "folder"`},
		{"an argument after the flags of serve", []string{"serve", "settings.yaml"}, `unexpected argument "settings.yaml"`},
		{"a shard that is no number", []string{"serve", "--shard", "one"}, `invalid value "one" for flag -shard`},
		{"serve without its file", []string{"serve"}, "flag is missing: -config"},
	} {
		t.Run(example.rule, func(t *testing.T) {
			p := start(t, example.arguments...)
			p.Expect(p.exitCode()).To(Equal(2))
			p.Expect(p.stderr.String()).To(ContainSubstring(example.says))
			p.Expect(p.stdout.String()).To(BeEmpty())
		})
	}
}

func TestHelpIsNoFailure(t *testing.T) {
	for _, command := range []string{"dev", "serve"} {
		p := start(t, command, "--help")
		p.Expect(p.exitCode()).To(Equal(0), command)
		p.Expect(p.stderr.String()).To(ContainSubstring("Usage of " + command))
	}
}

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "settings.yaml")
	NewWithT(t).Expect(os.WriteFile(path, []byte(content), 0o600)).To(Succeed())
	return path
}

func TestServePrintsTheFieldThatIsWrong(t *testing.T) {
	const good = "project: {uid: a}\nkeysetFile: a\nsigningKeysFile: a\nbus: {engine: memory}\nstore: {engine: sqlite, path: a}\n"
	for _, example := range []struct{ rule, content, says string }{
		{"a missing field", "project: {name: demo}", "project.uid: is missing"},
		{"a bad value", good + "shards: 100\n", "shards: must be 1 to 64, not 100"},
		{"a bad duration", good + "drainWindow: soon\n", `"soon" is not a duration`},
		{"an unknown field", good + "shard: 1\n", `unknown field "shard"`},
		{"no YAML", "{", "decode the configuration"},
	} {
		t.Run(example.rule, func(t *testing.T) {
			p := start(t, "serve", "--config", write(t, example.content))
			p.Expect(p.exitCode()).To(Equal(1))
			p.Expect(p.stderr.String()).To(And(HavePrefix("chatserver: "), ContainSubstring(example.says)))
		})
	}
	t.Run("a missing file", func(t *testing.T) {
		p := start(t, "serve", "--config", "/nowhere/settings.yaml")
		p.Expect(p.exitCode()).To(Equal(1))
		p.Expect(p.stderr.String()).To(ContainSubstring("/nowhere/settings.yaml"))
	})
	for _, shard := range []string{"-1", "1", "64"} {
		t.Run("shard "+shard+" of one", func(t *testing.T) {
			p := start(t, "serve", "--config", write(t, good), "--shard", shard)
			p.Expect(p.exitCode()).To(Equal(1))
			p.Expect(p.stderr.String()).To(ContainSubstring("--shard must be 0 to 0, not " + shard))
		})
	}
}

func TestServeRunsWhatItsFileSaysAndLogsJSON(t *testing.T) {
	g := NewWithT(t)
	demo, err := server.PrepareDevelopment(t.TempDir(), "127.0.0.1:0")
	g.Expect(err).NotTo(HaveOccurred())
	demo.Configuration.Shards = 3
	demo.Configuration.Features = config.Features{}
	encoded, err := yaml.Marshal(demo.Configuration)
	g.Expect(err).NotTo(HaveOccurred())

	p := start(t, "serve", "--config", write(t, string(encoded)), "--shard", "2")
	p.await(&p.stderr, `"msg":"serving"`)
	addresses := map[string]string{}
	for lines := bufio.NewScanner(strings.NewReader(p.stderr.String())); lines.Scan(); {
		var line struct {
			Msg, Address, Project string
			Shard                 int
		}
		p.Expect(json.Unmarshal(lines.Bytes(), &line)).To(Succeed(), lines.Text())
		p.Expect(line.Project).To(Equal("demo"))
		p.Expect(line.Shard).To(Equal(2))
		addresses[line.Msg] = line.Address
	}
	status, _ := p.call(http.MethodGet, "http://"+addresses["listening for probes"]+"/readyz", "", http.Header{})
	p.Expect(status).To(Equal(http.StatusOK))
	url := "http://" + addresses["serving"] + "/chat/v1/users"
	status, _ = p.call(http.MethodPost, url, `{"username":"ada"}`, headers("X-API-Key", demo.SecretKey.Reveal()))
	p.Expect(status).To(Equal(http.StatusCreated))
	status, _ = p.call(http.MethodPost, url, `{"username":"eve"}`, headers("X-API-Key", demo.PublicKey.Reveal()))
	p.Expect(status).To(Equal(http.StatusForbidden), "the switches are off")
	p.stopQuietly(demo.SecretKey.Reveal(), demo.PublicKey.Reveal())
	p.Expect(p.stdout.String()).To(BeEmpty())
}
