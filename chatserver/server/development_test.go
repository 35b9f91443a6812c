package server_test

import (
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/chatserver/server"
)

func TestADevelopmentFolderIsFilledOnceAndKept(t *testing.T) {
	g := NewWithT(t)
	folder := filepath.Join(t.TempDir(), "not", "there", "yet")
	first, err := server.PrepareDevelopment(folder, "127.0.0.1:0")
	g.Expect(err).NotTo(HaveOccurred())
	signing, err := os.ReadFile(first.Configuration.SigningKeysFile)
	g.Expect(err).NotTo(HaveOccurred())
	second, err := server.PrepareDevelopment(folder, "127.0.0.1:1")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(second.SecretKey).To(Equal(first.SecretKey))
	g.Expect(second.PublicKey).To(Equal(first.PublicKey))
	g.Expect(os.ReadFile(first.Configuration.SigningKeysFile)).To(Equal(signing))
	g.Expect(second.Configuration.Listen).To(Equal("127.0.0.1:1"))
}

func TestTwoDevelopmentFoldersShareNoKey(t *testing.T) {
	g := NewWithT(t)
	first, second := prepare(t), prepare(t)
	g.Expect(first.SecretKey).NotTo(Equal(second.SecretKey))
	g.Expect(first.PublicKey).NotTo(Equal(second.PublicKey))
}

func TestTheKeysOfDevelopmentAreOneOfEachType(t *testing.T) {
	g := NewWithT(t)
	demo := prepare(t)
	keyType, _, ok := keyset.Parse(demo.SecretKey.Reveal())
	g.Expect(ok).To(BeTrue())
	g.Expect(keyType).To(Equal(keyset.Secret))
	keyType, _, ok = keyset.Parse(demo.PublicKey.Reveal())
	g.Expect(ok).To(BeTrue())
	g.Expect(keyType).To(Equal(keyset.Public))
}

func TestTheFilesOfDevelopmentAreReadableByTheirOwnerOnly(t *testing.T) {
	g := NewWithT(t)
	folder := filepath.Join(t.TempDir(), "data")
	_, err := server.PrepareDevelopment(folder, "127.0.0.1:0")
	g.Expect(err).NotTo(HaveOccurred())
	info, err := os.Stat(folder)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(info.Mode().Perm()).To(Equal(os.FileMode(0o700)))
	files, err := os.ReadDir(folder)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(files).To(HaveLen(4))
	for _, file := range files {
		info, err := file.Info()
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(info.Mode().Perm()).To(Equal(os.FileMode(0o600)), file.Name())
	}
}

func TestDamagedKeysOfDevelopmentSayWhatToDo(t *testing.T) {
	for rule, content := range map[string]string{
		"no JSON":       "{",
		"no keys":       "{}",
		"mistyped keys": `{"secretKey":"sk_a","publicKey":"pk_b"}`,
	} {
		t.Run(rule, func(t *testing.T) {
			g := NewWithT(t)
			folder := t.TempDir()
			path := filepath.Join(folder, "keys.json")
			g.Expect(os.WriteFile(path, []byte(content), 0o600)).To(Succeed())
			_, err := server.PrepareDevelopment(folder, "127.0.0.1:0")
			g.Expect(err).To(MatchError(ContainSubstring(path + " is damaged; delete it to get new ones")))
			g.Expect(err.Error()).NotTo(ContainSubstring("sk_a"))
		})
	}
}

func TestAFolderThatCannotBeMadeIsNamed(t *testing.T) {
	g := NewWithT(t)
	file := filepath.Join(t.TempDir(), "file")
	g.Expect(os.WriteFile(file, nil, 0o600)).To(Succeed())
	_, err := server.PrepareDevelopment(filepath.Join(file, "data"), "127.0.0.1:0")
	g.Expect(err).To(MatchError(And(HavePrefix("make the data folder: "), ContainSubstring(file))))
}
