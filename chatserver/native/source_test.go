package native_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// inspectSource shows every node of the folder's Go files, tests aside.
func inspectSource(t *testing.T, folder string, see func(node ast.Node, where token.Position)) {
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
			if node != nil {
				see(node, files.Position(node.Pos()))
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// stringConstants are the values of the folder's constants of a string type.
func stringConstants(t *testing.T, folder, typeName string) []string {
	t.Helper()
	var values []string
	inspectSource(t, folder, func(node ast.Node, where token.Position) {
		constant, ok := node.(*ast.ValueSpec)
		if !ok {
			return
		}
		if named, ok := constant.Type.(*ast.Ident); !ok || named.Name != typeName {
			return
		}
		for _, value := range constant.Values {
			literal, ok := value.(*ast.BasicLit)
			if !ok {
				t.Fatalf("%s: a %s that is no literal", where, typeName)
			}
			text, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, text)
		}
	})
	return values
}
