package native_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Everybody who meets an error code finds out what to do: docs/errors.md has a
// row for every code in the source, and no row for one that is gone.
func TestEveryErrorCodeIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllStringSubmatch(string(page), -1) {
		documented[row[1]] = true
	}
	used := map[string]string{}
	for _, room := range []string{"model", "auth", "native", "chat"} {
		collectCodes(t, filepath.Join("..", room), used)
	}
	if len(used) == 0 {
		t.Fatal("no error code was found in the source")
	}
	for code, where := range used {
		if !documented[code] {
			t.Errorf("%s: docs/errors.md lacks the code %q", where, code)
		}
	}
	for code := range documented {
		if used[code] == "" {
			t.Errorf("docs/errors.md has the code %q, which the source lacks", code)
		}
	}
}

// collectCodes finds the literals in `Code: "..."`, by code, with a place.
func collectCodes(t *testing.T, folder string, into map[string]string) {
	t.Helper()
	files := token.NewFileSet()
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(node ast.Node) bool {
			if code, ok := codeLiteral(node); ok {
				into[code] = files.Position(node.Pos()).String()
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func codeLiteral(node ast.Node) (string, bool) {
	pair, ok := node.(*ast.KeyValueExpr)
	if !ok {
		return "", false
	}
	name, isName := pair.Key.(*ast.Ident)
	value, isLiteral := pair.Value.(*ast.BasicLit)
	if !isName || name.Name != "Code" || !isLiteral || value.Kind != token.STRING {
		return "", false
	}
	code, err := strconv.Unquote(value.Value)
	return code, err == nil
}
