package main

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
)

const dockerfilePath = "../../Dockerfile"

var servers = []string{"chatserver", "operator"}

func TestDockerfileMakesTheSameImages(t *testing.T) {
	text := readDockerfile(t)
	for _, name := range servers {
		for _, difference := range differences(name, stagesOf(text), assembleServer(t, name)) {
			t.Errorf("%s: %s", name, difference)
		}
	}
}

// Each case breaks the Dockerfile in one place; the comparison has to report it.
func TestComparisonReportsBrokenDockerfiles(t *testing.T) {
	text := readDockerfile(t)
	cases := []struct {
		name, old, new string
		reported       string
	}{
		{"root user", "USER 65532:65532", "USER 0:0", "user"},
		{"no user", "USER 65532:65532\n", "", "user"},
		{"other entrypoint", `ENTRYPOINT ["/chatserver"]`, `ENTRYPOINT ["/server"]`, "entrypoint"},
		{"shell entrypoint", `ENTRYPOINT ["/chatserver"]`, `ENTRYPOINT /chatserver`, "entrypoint"},
		{"no entrypoint", `ENTRYPOINT ["/chatserver"]`, ``, "entrypoint"},
		{"moved file", "/out/chatserver /chatserver", "/out/chatserver /app/chatserver", "files"},
		{"further file", `ENTRYPOINT ["/chatserver"]`, "COPY --from=source /src/go.mod /go.mod\n" + `ENTRYPOINT ["/chatserver"]`, "files"},
		{"file of the build context", `ENTRYPOINT ["/chatserver"]`, "COPY go.mod /go.mod\n" + `ENTRYPOINT ["/chatserver"]`, "files"},
		{"other command built", "./cmd/chatserver", "./cmd/operator", "build"},
		{"flag dropped", "-trimpath ", "", "build"},
		{"symbols kept", `-ldflags="-s -w" `, "", "build"},
		{"dynamic linking", "CGO_ENABLED=0 ", "", "build"},
		{"copied from the wrong stage", "--from=build-chatserver", "--from=source", "build"},
		{"target renamed", "AS chatserver", "AS server", "target"},
		{"root base image", "static-debian12:nonroot AS chatserver", "static-debian12 AS chatserver", "base"},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			broken := strings.Replace(text, test.old, test.new, 1)
			if broken == text {
				t.Fatalf("the Dockerfile does not hold %q: the case breaks nothing", test.old)
			}
			found := differences("chatserver", stagesOf(broken), assembleServer(t, "chatserver"))
			if len(found) == 0 || !strings.HasPrefix(found[0], test.reported) {
				t.Errorf("reported %q, want a difference in %q", found, test.reported)
			}
		})
	}
}

func TestEveryImageHasOwnReferenceAndNoRoot(t *testing.T) {
	seen := map[string]string{}
	for name, definition := range images() {
		if other, taken := seen[definition.reference]; taken {
			t.Errorf("%s and %s share the reference %s", name, other, definition.reference)
		}
		seen[definition.reference] = name
		if user := definition.config.User; user == "" || strings.HasPrefix(user, "0") || strings.HasPrefix(user, "root") {
			t.Errorf("%s runs as %q", name, user)
		}
	}
}

// differences compares a target of the Dockerfile with the image of the same name.
func differences(name string, stages map[string]*stage, image v1.Image) []string {
	target := stages[name]
	if target == nil {
		return []string{"target: the Dockerfile has no stage of this name"}
	}
	var found []string
	report := func(what, dockerfile, ours any) {
		if difference := cmp.Diff(ours, dockerfile); difference != "" {
			found = append(found, fmt.Sprintf("%s: hack/image (-) and Dockerfile (+) differ:\n%s", what, difference))
		}
	}
	config, err := image.ConfigFile()
	if err != nil {
		return []string{"config: " + err.Error()}
	}
	report("user", any(target.user), any(config.Config.User))
	report("entrypoint", any(target.entrypoint), any(config.Config.Entrypoint))
	files, err := addedFiles(image)
	if err != nil {
		return []string{"files: " + err.Error()}
	}
	targets := []string{}
	for _, copied := range target.copies {
		targets = append(targets, copied.target)
	}
	sort.Strings(targets)
	report("files", any(targets), any(files))
	for _, copied := range target.copies {
		if problem := wrongBuild(copied, stages[copied.from]); problem != "" {
			found = append(found, "build: "+problem)
		}
	}
	if !strings.HasSuffix(target.base, ":nonroot") {
		found = append(found, "base: "+target.base+" has no user of its own")
	}
	return found
}

// wrongBuild says how the stage that makes a file differs from hack/image's own build.
func wrongBuild(file copied, builder *stage) string {
	if builder == nil {
		return file.source + " is copied from a stage that does not exist"
	}
	want := append([]string{"CGO_ENABLED=0", "go build"}, buildArguments...)
	want = append(want, "-o "+file.source, "./cmd"+file.target)
	for _, run := range builder.runs {
		if strings.Contains(run, "-o "+file.source+" ") {
			for _, argument := range want {
				if !strings.Contains(strings.ReplaceAll(run, `"`, "")+" ", argument+" ") {
					return fmt.Sprintf("%q lacks %q", run, argument)
				}
			}
			return ""
		}
	}
	return "no RUN of stage " + file.from + " makes " + file.source
}

// addedFiles lists the image's files that the base image does not have.
func addedFiles(image v1.Image) ([]string, error) {
	base := map[string]bool{}
	for _, entry := range baseFiles() {
		base[entry.path] = true
	}
	content := mutate.Extract(image)
	defer func() { _ = content.Close() }()
	added := []string{}
	for reader := tar.NewReader(content); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			sort.Strings(added)
			return added, nil
		}
		if err != nil {
			return nil, err
		}
		path := "/" + strings.Trim(header.Name, "/")
		if base[path] {
			continue
		}
		if header.Mode&0o111 == 0 {
			return nil, fmt.Errorf("%s cannot be executed", path)
		}
		added = append(added, path)
	}
}

// assembleServer makes an image with a stand-in for the binary, which takes no time to build.
func assembleServer(t *testing.T, name string) v1.Image {
	t.Helper()
	binary := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(binary, []byte("stand-in"), 0o755); err != nil {
		t.Fatal(err)
	}
	definition := images()[name]
	files := append([]file{{path: "/" + name, mode: 0o755, source: binary}}, baseFiles()...)
	image, err := definition.assemble(files)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func readDockerfile(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(dockerfilePath)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
