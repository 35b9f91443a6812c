package server_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/chatserver/server"
	"github.com/parley-chat/parley/test/pod"
)

// closeKeyRevoked is the code that a session of a revoked key is closed with.
const closeKeyRevoked = 4003

// mounted is a folder as kubelet mounts a Secret: the file is a link through
// ..data, which is itself a link to a folder and replaced by a rename.
type mounted struct {
	g       Gomega
	folder  string
	name    string
	version int
}

func mount(t *testing.T, name string, content []byte) *mounted {
	t.Helper()
	m := &mounted{g: NewWithT(t), folder: t.TempDir(), name: name}
	m.replace(content)
	m.g.Expect(os.Symlink(filepath.Join("..data", name), m.path())).To(Succeed())
	return m
}

func (m *mounted) path() string { return filepath.Join(m.folder, m.name) }

func (m *mounted) replace(content []byte) {
	m.version++
	version := fmt.Sprintf("..version-%d", m.version)
	next := filepath.Join(m.folder, "..data_tmp")
	m.g.Expect(os.Mkdir(filepath.Join(m.folder, version), 0o700)).To(Succeed())
	m.g.Expect(os.WriteFile(filepath.Join(m.folder, version, m.name), content, 0o600)).To(Succeed())
	m.g.Expect(os.Symlink(version, next)).To(Succeed())
	m.g.Expect(os.Rename(next, filepath.Join(m.folder, "..data"))).To(Succeed())
	if m.version > 1 {
		m.g.Expect(os.RemoveAll(filepath.Join(m.folder, fmt.Sprintf("..version-%d", m.version-1)))).To(Succeed())
	}
}

// keyed is a running server whose keyset is mounted, with one more secret key.
type keyed struct {
	*running
	mount *mounted
	file  keyset.File
	extra string
}

func startKeyed(t *testing.T) *keyed {
	t.Helper()
	g := NewWithT(t)
	demo := prepare(t)
	encoded, err := os.ReadFile(demo.Configuration.KeysetFile)
	g.Expect(err).NotTo(HaveOccurred())
	file, err := keyset.Decode(encoded)
	g.Expect(err).NotTo(HaveOccurred())
	id, value, err := keyset.Mint(rand.Reader, keyset.Secret)
	g.Expect(err).NotTo(HaveOccurred())
	file.Keys = append(file.Keys, keyset.Entry{ID: id, Type: keyset.Secret, Hash: keyset.Hash(value)})
	encoded, err = file.Encode()
	g.Expect(err).NotTo(HaveOccurred())
	k := &keyed{mount: mount(t, "keyset.json", encoded), file: file, extra: value.Reveal()}
	demo.Configuration.KeysetFile = k.mount.path()
	k.running = start(t, demo)
	k.createUser("ada")
	return k
}

// withoutExtra is the file without the extra key, which stands last.
func (k *keyed) withoutExtra() []byte {
	k.t.Helper()
	file := k.file
	file.Keys = file.Keys[:len(file.Keys)-1]
	encoded, err := file.Encode()
	k.Expect(err).NotTo(HaveOccurred())
	return encoded
}

func (k *keyed) revision() string {
	k.t.Helper()
	var body struct{ Revision string }
	k.Expect(json.Unmarshal([]byte(k.probe("/keyset").Body), &body)).To(Succeed())
	return body.Revision
}

// expectClosed reads on until the socket is closed with the code.
func expectClosed(t *testing.T, socket *pod.Socket, code int) {
	t.Helper()
	for {
		if _, err := socket.TryNext(); err != nil {
			NewWithT(t).Expect(websocket.IsCloseError(err, code)).To(BeTrue(), "%v", err)
			return
		}
	}
}

func TestARemovedKeyIsRefusedAndItsSocketsAreClosed(t *testing.T) {
	k := startKeyed(t)
	kept := k.open(k.demo.SecretKey.Reveal(), "ada")
	revoked := k.open(k.extra, "ada")
	k.Expect(k.statusWith(k.extra)).To(Equal(http.StatusOK))

	next := k.withoutExtra()
	k.mount.replace(next)
	expectClosed(t, revoked, closeKeyRevoked)
	k.Expect(k.statusWith(k.extra)).To(Equal(http.StatusUnauthorized))
	k.Expect(k.revision()).To(Equal(keyset.Revision(next)))

	k.Expect(k.statusWith(k.demo.SecretKey.Reveal())).To(Equal(http.StatusOK))
	kept.Send(map[string]any{"id": 5, "op": "ping"})
	kept.Await(pod.Answer(5))
}

func TestANewKeyCountsWithoutARestart(t *testing.T) {
	k := startKeyed(t)
	id, value, err := keyset.Mint(rand.Reader, keyset.Public)
	k.Expect(err).NotTo(HaveOccurred())
	k.Expect(k.statusWith(value.Reveal())).To(Equal(http.StatusUnauthorized))
	k.file.Keys = append(k.file.Keys, keyset.Entry{ID: id, Type: keyset.Public, Hash: keyset.Hash(value)})
	encoded, err := k.file.Encode()
	k.Expect(err).NotTo(HaveOccurred())
	k.mount.replace(encoded)
	k.Eventually(k.revision).WithTimeout(hangGuard).Should(Equal(keyset.Revision(encoded)))
	k.Expect(k.statusWith(value.Reveal())).To(Equal(http.StatusOK))
}

func TestTheSocketsOfAKeyAreClosedWhenItsTimeIsOver(t *testing.T) {
	k := startKeyed(t)
	socket := k.open(k.extra, "ada")
	soon := time.Now().Add(time.Second)
	k.file.Keys[len(k.file.Keys)-1].NotAfter = &soon
	encoded, err := k.file.Encode()
	k.Expect(err).NotTo(HaveOccurred())
	k.mount.replace(encoded)
	expectClosed(t, socket, closeKeyRevoked)
	k.Expect(time.Now()).To(BeTemporally(">=", soon))
	k.Expect(k.statusWith(k.extra)).To(Equal(http.StatusUnauthorized))
}

func TestAKeysetThatCannotBeReadLeavesTheLastGoodOneInForce(t *testing.T) {
	const complaint = "the last good ones stay in force"
	for rule, content := range map[string]func(*keyed) []byte{
		"an empty file":             func(*keyed) []byte { return nil },
		"half a file":               func(k *keyed) []byte { return k.withoutExtra()[:60] },
		"a file of another project": func(*keyed) []byte { return []byte(`{"project":"other","keys":[]}`) },
		"a file of a later release": func(*keyed) []byte { return []byte(`{"project":"demo","keys":[],"version":2}`) },
	} {
		t.Run(rule, func(t *testing.T) {
			k := startKeyed(t)
			socket := k.open(k.extra, "ada")
			before := k.revision()
			k.mount.replace(content(k))
			k.Eventually(k.logs.String).WithTimeout(hangGuard).Should(ContainSubstring(complaint))
			k.Expect(k.revision()).To(Equal(before))
			k.Expect(k.statusWith(k.extra)).To(Equal(http.StatusOK))
			socket.Send(map[string]any{"id": 5, "op": "ping"})
			socket.Await(pod.Answer(5))

			k.mount.replace(k.withoutExtra())
			expectClosed(t, socket, closeKeyRevoked)
			k.Expect(k.statusWith(k.extra)).To(Equal(http.StatusUnauthorized))
		})
	}
}

func TestAKeysetThatIsGoneForAMomentLeavesTheLastGoodOneInForce(t *testing.T) {
	k := startKeyed(t)
	k.Expect(os.Remove(k.mount.path())).To(Succeed())
	k.Eventually(k.logs.String).WithTimeout(hangGuard).Should(ContainSubstring("the last good ones stay in force"))
	k.Expect(k.statusWith(k.extra)).To(Equal(http.StatusOK))
}

func TestReplacedSigningKeysCountWithoutARestart(t *testing.T) {
	demo := prepare(t)
	encoded, err := os.ReadFile(demo.Configuration.SigningKeysFile)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	signing := mount(t, "signing-keys.json", encoded)
	demo.Configuration.SigningKeysFile = signing.path()
	r := start(t, demo)
	r.createUser("ada")
	old := r.token("ada")
	r.Expect(r.statusOf(old)).To(Equal(http.StatusOK))

	key, err := keyset.MintSigningKey(rand.Reader)
	r.Expect(err).NotTo(HaveOccurred())
	encoded, err = keyset.EncodeSigning(keyset.SigningFile{Project: server.DevelopmentProject, Keys: []keyset.SigningKey{key}})
	r.Expect(err).NotTo(HaveOccurred())
	signing.replace(encoded)
	r.Eventually(func() int { return r.statusOf(old) }).WithTimeout(hangGuard).Should(Equal(http.StatusUnauthorized))
	r.Expect(r.statusOf(r.token("ada"))).To(Equal(http.StatusOK))
}

func (r *running) token(username string) string {
	r.t.Helper()
	minted := r.call(http.MethodPost, r.URL+"/chat/v1/users/username:"+username+"/tokens", "{}", r.secret())
	r.Expect(minted.Status).To(Equal(http.StatusCreated), minted.Body)
	var body struct{ Token string }
	r.Expect(json.Unmarshal([]byte(minted.Body), &body)).To(Succeed())
	return body.Token
}

func (r *running) statusOf(token string) int {
	r.t.Helper()
	return r.call(http.MethodGet, r.URL+"/chat/v1/connect", "", pod.Bearer(token)).Status
}
