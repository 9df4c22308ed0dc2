package postgres

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"strings"
	"testing"
)

// TestStatementsPrepare has a real server parse every constant whose name begins with sql.
func TestStatementsPrepare(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	conn := l.own.Conn(t)
	statements := constants(t)
	if len(statements) < 20 {
		t.Fatalf("found only %d statements", len(statements))
	}
	for name, text := range statements {
		if strings.Contains(text, ";") { // several commands, which nothing can prepare together
			continue
		}
		if _, err := conn.Prepare(t.Context(), name, text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// constants gives the values of the package's sql constants, put together as the compiler does.
func constants(t *testing.T) map[string]string {
	t.Helper()
	fset := token.NewFileSet()
	parsed, err := parser.ParseDir(fset, ".", func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }, 0) //nolint:staticcheck // no build tags here
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, f := range parsed["postgres"].Files {
		files = append(files, f)
	}
	// Imports are not looked up: constants of SQL are made of literals and of each other.
	cfg := types.Config{Importer: nothing{}, Error: func(error) {}}
	pkg, _ := cfg.Check("postgres", fset, files, nil)
	out := map[string]string{}
	for _, name := range pkg.Scope().Names() {
		c, ok := pkg.Scope().Lookup(name).(*types.Const)
		if !ok || !strings.HasPrefix(name, "sql") {
			continue
		}
		if c.Val().Kind() != constant.String {
			t.Errorf("%s is no string", name)
			continue
		}
		out[name] = constant.StringVal(c.Val())
	}
	return out
}

type nothing struct{}

func (nothing) Import(path string) (*types.Package, error) {
	p := types.NewPackage(path, path[strings.LastIndex(path, "/")+1:])
	p.MarkComplete()
	return p, nil
}
