package main_test

import (
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	. "github.com/onsi/gomega"
)

func TestDevAnnouncesItselfToScriptsInOneLine(t *testing.T) {
	p := startDev(t, t.TempDir(), "--json")
	found := p.announced()
	p.Expect(found.URL).To(MatchRegexp(`^http://127\.0\.0\.1:[1-9][0-9]*$`))
	p.Expect(found.SecretKey).To(HavePrefix("sk_"))
	p.Expect(found.PublicKey).To(HavePrefix("pk_"))
	p.Expect(found.Project).To(Equal("demo"))
	p.Expect(found.PID).To(Equal(p.command.Process.Pid))
	status, _ := p.call(http.MethodGet, found.URL+"/chat/v1/connect", "", headers("X-API-Key", found.PublicKey))
	p.Expect(status).To(Equal(http.StatusOK), "it serves by the time it says so")
	p.stopQuietly(found.SecretKey, found.PublicKey)
	p.Expect(strings.Count(p.stdout.String(), "\n")).To(Equal(1), "nothing else is printed")
}

func TestKeysAndDataOfDevSurviveARestart(t *testing.T) {
	data := filepath.Join(t.TempDir(), "made", "on", "demand")
	first := startDev(t, data, "--json")
	before := first.announced()
	header := headers("X-API-Key", before.SecretKey, "X-Parley-User", "username:ada")
	for _, made := range []struct{ path, body string }{
		{"/users", `{"username":"ada"}`},
		{"/conversations", `{"externalId":"room"}`},
		{"/conversations/room/messages", `{"content":{"text":"still here"}}`},
	} {
		asked := header.Clone()
		if made.path == "/users" {
			asked.Del("X-Parley-User")
		}
		status, body := first.call(http.MethodPost, before.URL+"/chat/v1"+made.path, made.body, asked)
		first.Expect(status).To(Equal(http.StatusCreated), body)
	}
	status, token := first.call(http.MethodPost, before.URL+"/chat/v1/users/username:ada/tokens", "{}", headers("X-API-Key", before.SecretKey))
	first.Expect(status).To(Equal(http.StatusCreated))
	_, rest, _ := strings.Cut(token, `"token":"`)
	token, _, _ = strings.Cut(rest, `"`)
	first.stopQuietly(before.SecretKey, before.PublicKey, token)

	second := startDev(t, data, "--json")
	after := second.announced()
	second.Expect(after.SecretKey).To(Equal(before.SecretKey))
	second.Expect(after.PublicKey).To(Equal(before.PublicKey))
	status, body := second.call(http.MethodGet, after.URL+"/chat/v1/conversations/room/messages", "", headers("Authorization", "Bearer "+token))
	second.Expect(status).To(Equal(http.StatusOK), "tokens survive too: %s", body)
	second.Expect(body).To(ContainSubstring("still here"))
	second.stopQuietly(after.SecretKey, after.PublicKey, token)
}

func TestAnInterruptEndsDevInOrderToo(t *testing.T) {
	p := startDev(t, t.TempDir(), "--json")
	p.announced()
	p.Expect(p.stop(syscall.SIGINT)).To(Equal(0))
}

func TestEveryFileOfTheDataFolderIsReadableByItsOwnerOnly(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	p := startDev(t, data, "--json")
	p.announced()
	var files int
	p.Expect(filepath.WalkDir(data, func(path string, entry fs.DirEntry, err error) error {
		p.Expect(err).NotTo(HaveOccurred())
		info, err := entry.Info()
		p.Expect(err).NotTo(HaveOccurred())
		want := os.FileMode(0o600)
		if entry.IsDir() {
			want = 0o700
		} else {
			files++
		}
		p.Expect(info.Mode().Perm()).To(Equal(want), path)
		return nil
	})).To(Succeed())
	p.Expect(files).To(BeNumerically(">=", 4), "the keys, the keyset, the signing keys and the database")
}

func TestDevRefusesAnAddressThatOtherMachinesReach(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "example.com:0", "127.0.0.1"} {
		t.Run(address, func(t *testing.T) {
			data := filepath.Join(t.TempDir(), "data")
			p := start(t, "dev", "--listen", address, "--data", data)
			p.Expect(p.exitCode()).To(Equal(1))
			p.Expect(p.stderr.String()).To(And(ContainSubstring(address), ContainSubstring("--allow-remote")))
			p.Expect(p.stdout.String()).To(BeEmpty())
			p.Expect(data).NotTo(BeADirectory(), "nothing is made before")
		})
	}
}

func TestDevServesOtherMachinesWhenItIsAllowedTo(t *testing.T) {
	p := start(t, "dev", "--json", "--allow-remote", "--listen", "0.0.0.0:0", "--data", t.TempDir())
	found := p.announced()
	status, _ := p.call(http.MethodGet, found.URL+"/chat/v1/connect", "", headers("X-API-Key", found.PublicKey))
	p.Expect(status).To(Equal(http.StatusOK))
	p.stopQuietly(found.SecretKey, found.PublicKey)
}

func TestDevAcceptsTheNameOfThisMachine(t *testing.T) {
	p := start(t, "dev", "--json", "--listen", "localhost:0", "--data", t.TempDir())
	p.announced()
	p.stopQuietly()
}

func TestDevSaysWhichAddressIsTaken(t *testing.T) {
	first := startDev(t, t.TempDir(), "--json")
	address := strings.TrimPrefix(first.announced().URL, "http://")
	second := start(t, "dev", "--listen", address, "--data", t.TempDir())
	second.Expect(second.exitCode()).To(Equal(1))
	second.Expect(second.stderr.String()).To(ContainSubstring(address))
}

// statusOfCurl has curl print the status below the body.
const statusOfCurl = "write-out = \"\\n%{http_code}\"\n"

func TestTheExamplesThatDevPrintsWorkAsTheyStand(t *testing.T) {
	g := NewWithT(t)
	_, err := exec.LookPath("curl")
	g.Expect(err).NotTo(HaveOccurred(), "install curl: the examples are for people who have it")
	home := t.TempDir()
	g.Expect(os.WriteFile(filepath.Join(home, ".curlrc"), []byte(statusOfCurl), 0o600)).To(Succeed())

	p := startDev(t, t.TempDir())
	printed := p.await(&p.stdout, "Ctrl-C ends it")
	var lines []string
	for line := range strings.Lines(printed) {
		if strings.HasPrefix(line, "  curl ") {
			lines = append(lines, line)
		}
	}
	p.Expect(lines).To(HaveLen(3))
	for _, line := range lines {
		command := exec.CommandContext(t.Context(), "sh", "-c", line)
		command.Env = append(os.Environ(), "CURL_HOME="+home)
		answer, err := command.CombinedOutput()
		p.Expect(err).NotTo(HaveOccurred(), "%s%s", line, answer)
		p.Expect(string(answer)).To(HaveSuffix("\n201"), line)
	}
	secret := between(printed, "secret key  ", "\n")
	p.Expect(secret).To(HavePrefix("sk_"))
	p.stopQuietly(secret, between(printed, "public key  ", "\n"))
}

func between(text, before, after string) string {
	_, rest, _ := strings.Cut(text, before)
	found, _, _ := strings.Cut(rest, after)
	return found
}
