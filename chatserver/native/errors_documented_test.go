package native_test

import (
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
)

// Everybody who meets an error code finds out what to do: docs/errors.md has a
// row for every code in the source, and no row for one that is gone.
func TestEveryErrorCodeIsDocumented(t *testing.T) {
	documented, used := documentedCodes(t), usedCodes(t)
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

// documentedCodes are the rows of docs/errors.md.
func documentedCodes(t *testing.T) map[string]bool {
	t.Helper()
	page, err := os.ReadFile("../../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllStringSubmatch(string(page), -1) {
		documented[row[1]] = true
	}
	return documented
}

// usedCodes are those of the source, each with a place.
func usedCodes(t *testing.T) map[string]string {
	t.Helper()
	used := map[string]string{}
	for _, room := range []string{"model", "auth", "native", "chat"} {
		collectCodes(t, filepath.Join("..", room), used)
	}
	return used
}

// collectCodes finds the literals in `Code: "..."`, by code, with a place.
func collectCodes(t *testing.T, folder string, into map[string]string) {
	t.Helper()
	inspectSource(t, folder, func(node ast.Node, where token.Position) {
		if code, ok := codeLiteral(node); ok {
			into[code] = where.String()
		}
	})
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
