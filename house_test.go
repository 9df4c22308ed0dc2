// Package nexo holds the rules of the house as tests: who may know whom, and the shape of code.
// docs/architecture.md explains them; an exception stands here with its reason.
package nexo

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/faiston/nexo/"

// room is a package of the program with its files.
type room struct {
	path    string // below the module
	files   map[string]*ast.File
	fset    *token.FileSet
	imports []string
}

// rooms parses every package of the main module, without its tests.
func rooms(t *testing.T) []*room {
	t.Helper()
	byDir := map[string]*room{}
	walk(t, func(path string) {
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return
		}
		dir := filepath.ToSlash(filepath.Dir(path))
		r := byDir[dir]
		if r == nil {
			r = &room{path: dir, files: map[string]*ast.File{}, fset: token.NewFileSet()}
			byDir[dir] = r
		}
		f, err := parser.ParseFile(r.fset, path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		r.files[path] = f
		for _, imp := range f.Imports {
			r.imports = append(r.imports, strings.Trim(imp.Path.Value, `"`))
		}
	})
	var out []*room
	for _, r := range byDir {
		slices.Sort(r.imports)
		r.imports = slices.Compact(r.imports)
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b *room) int { return strings.Compare(a.path, b.path) })
	return out
}

// walk visits the files of the main module that git would keep.
func walk(t *testing.T, visit func(path string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			name := d.Name()
			if path != "." && (strings.HasPrefix(name, ".") && name != ".ci" && name != ".github" || name == "node_modules" || name == "bin" || name == "testdata") {
				return filepath.SkipDir
			}
			if _, err := os.Stat(filepath.Join(path, "go.mod")); path != "." && err == nil {
				return filepath.SkipDir // a module of its own, for tools that drag dependencies
			}
			return nil
		}
		visit(path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// kinds of rooms, by name below internal/.
func kindOf(path string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(path, "internal/"), "/")
	switch name {
	case "fault", "identity", "stock", "document", "approval", "reconcile", "academy", "portal", "item", "seal", "limit", "feed", "webhook":
		return "middle"
	case "ops":
		return "ops"
	case "gateway", "a2a", "rest":
		return "door"
	case "agent", "agents", "relay":
		return "worker"
	case "postgres", "pglocal", "dynamo", "blob", "oidc", "outbound", "gemini", "offline", "nfe", "sheet", "sap", "speech", "media":
		return "adapter"
	case "search": // text search without I/O: ops ranks its own declarations with it
		return "text"
	case "demo": // makes its company through the desk, like a caller
		return "wiring"
	case "cli", "config", "app", "telemetry":
		return "wiring"
	case "dbtest", "simtest", "itemtest", "blobtest":
		return "care"
	}
	if strings.HasPrefix(path, "cmd/") || strings.HasPrefix(path, "tools/") {
		return "wiring"
	}
	return "unknown"
}

// mayKnow lists which kinds a kind may import.
func mayKnow() map[string][]string {
	return map[string][]string{
		"middle":  {"middle"},
		"text":    {},
		"ops":     {"middle", "text"},
		"door":    {"middle", "ops", "oidc", "care"},
		"worker":  {"middle", "ops"},
		"adapter": {"middle"},
		"wiring":  {"middle", "text", "ops", "door", "worker", "adapter", "wiring"},
		"care":    {"middle", "adapter", "care"},
	}
}

func TestArrows(t *testing.T) {
	t.Parallel()
	for _, r := range rooms(t) {
		kind := kindOf(r.path)
		if kind == "unknown" && r.path != "." {
			t.Errorf("%s is no room of the house: give it a kind in kindOf, and say why in docs/architecture.md", r.path)
			continue
		}
		for _, imp := range r.imports {
			checkArrow(t, r, kind, imp)
		}
	}
}

func checkArrow(t *testing.T, r *room, kind, imp string) {
	t.Helper()
	inner, ours := strings.CutPrefix(imp, module)
	if !ours {
		if kind == "middle" && strings.Contains(imp, ".") && imp != "github.com/govalues/decimal" && imp != "github.com/google/uuid" {
			t.Errorf("%s is in the middle and may not know %s", r.path, imp)
		}
		return
	}
	if sameRoom(r.path, inner) {
		return
	}
	to := kindOf(inner)
	allowed := mayKnow()[kind]
	// Doors verify tokens with oidc's types and the protected-resource documents; nothing else of an adapter.
	if slices.Contains(allowed, to) || kind == "door" && inner == "internal/oidc" {
		return
	}
	// The SAP layouts are a reading of sheets, and the test cluster is the private PostgreSQL.
	if r.path == "internal/sap" && inner == "internal/sheet" {
		return
	}
	t.Errorf("wrong arrow: %s (%s) → %s (%s)", r.path, kind, inner, to)
}

func sameRoom(a, b string) bool {
	return a == b || strings.HasPrefix(a, b+"/") || strings.HasPrefix(b, a+"/")
}

func TestShapeOfFiles(t *testing.T) {
	t.Parallel()
	long, all := 0, 0
	for _, r := range rooms(t) {
		for path, f := range r.files {
			lines := r.fset.File(f.Pos()).LineCount()
			all++
			if lines > 350 {
				long++
			}
			if lines > 500 {
				t.Errorf("%s has %d lines; 500 is the most", path, lines)
			}
		}
	}
	if long*20 > all {
		t.Errorf("%d of %d files are over 350 lines; one in twenty is the most", long, all)
	}
}

func TestShapeOfFunctions(t *testing.T) {
	t.Parallel()
	for _, r := range rooms(t) {
		for path, f := range r.files {
			for _, d := range f.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok {
					continue
				}
				if n := r.fset.Position(fn.End()).Line - r.fset.Position(fn.Pos()).Line + 1; n > 70 {
					t.Errorf("%s: %s has %d lines; 70 is the most", path, fn.Name.Name, n)
				}
				if n := fn.Type.Params.NumFields(); n > 5 {
					t.Errorf("%s: %s takes %d parameters; 5 is the most", path, fn.Name.Name, n)
				}
				if fn.Recv == nil && fn.Name.Name == "init" {
					t.Errorf("%s: no init()", path)
				}
			}
		}
	}
}

func TestPackageComments(t *testing.T) {
	t.Parallel()
	for _, r := range rooms(t) {
		found := false
		for _, f := range r.files {
			found = found || f.Doc != nil && strings.TrimSpace(f.Doc.Text()) != ""
		}
		if !found {
			t.Errorf("%s has no package comment", r.path)
		}
	}
}

func TestDocComments(t *testing.T) {
	t.Parallel()
	exported, silent := 0, []string{}
	for _, r := range rooms(t) {
		for path, f := range r.files {
			for _, name := range undocumented(f, &exported) {
				silent = append(silent, path+": "+name)
			}
		}
	}
	if len(silent)*20 > exported {
		t.Errorf("%d of %d exported names have no doc comment; one in twenty is the most:\n%s", len(silent), exported, strings.Join(silent, "\n"))
	}
}

// undocumented lists exported names of a file without a doc comment, and counts all exported ones.
func undocumented(f *ast.File, exported *int) []string {
	var out []string
	note := func(name string, doc ...*ast.CommentGroup) {
		*exported++
		if !slices.ContainsFunc(doc, func(d *ast.CommentGroup) bool { return d != nil }) {
			out = append(out, name)
		}
	}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && !wellKnown(d.Name.Name) {
				note(d.Name.Name, d.Doc)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					if s.Name.IsExported() {
						note(s.Name.Name, s.Doc, d.Doc)
					}
				case *ast.ValueSpec:
					for _, n := range s.Names {
						if n.IsExported() {
							note(n.Name, s.Doc, s.Comment, d.Doc)
						}
					}
				}
			}
		}
	}
	return out
}

// wellKnown are methods that say what they do by the interface that they satisfy.
func wellKnown(name string) bool {
	return slices.Contains([]string{"Error", "Unwrap", "Is", "String", "Len", "Less", "Swap", "Close", "Scan", "ServeHTTP"}, name)
}

func TestNoMutableStateNoPanic(t *testing.T) {
	t.Parallel()
	for _, r := range rooms(t) {
		for path, f := range r.files {
			for _, d := range f.Decls {
				if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.VAR {
					checkVars(t, path, g)
				}
			}
			ast.Inspect(f, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok {
					if id, ok := call.Fun.(*ast.Ident); ok && id.Name == "panic" {
						t.Errorf("%s:%d: no panic", path, r.fset.Position(n.Pos()).Line)
					}
				}
				return true
			})
		}
	}
}

// checkVars allows what never changes: interface assertions, embedded files, errors, compiled patterns
// and the linker's version string.
func checkVars(t *testing.T, path string, g *ast.GenDecl) {
	t.Helper()
	for _, s := range g.Specs {
		v := s.(*ast.ValueSpec)
		for i, n := range v.Names {
			if n.Name == "_" || strings.HasPrefix(n.Name, "err") || strings.HasPrefix(n.Name, "Err") {
				continue
			}
			embedded := g.Doc != nil && slices.ContainsFunc(g.Doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed") })
			if embedded || i < len(v.Values) && isConstantCall(v.Values[i]) {
				continue
			}
			t.Errorf("%s: package-level variable %s", path, n.Name)
		}
	}
}

func isConstantCall(e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	id, ok := sel.X.(*ast.Ident)
	return ok && (id.Name == "regexp" && sel.Sel.Name == "MustCompile" || id.Name == "errors" && sel.Sel.Name == "New")
}

func TestPackageNames(t *testing.T) {
	t.Parallel()
	forbidden := []string{"util", "utils", "common", "helper", "helpers", "shared", "models", "types", "manager"}
	for _, r := range rooms(t) {
		if name := filepath.Base(r.path); slices.Contains(forbidden, name) {
			t.Errorf("%s: a package is named after what it is about", r.path)
		}
	}
}

func TestSQLStaysInPostgres(t *testing.T) {
	t.Parallel()
	for _, r := range rooms(t) {
		if r.path == "internal/postgres" || r.path == "internal/dbtest" || r.path == "internal/pglocal" || r.path == "internal/simtest" || strings.HasPrefix(r.path, "tools/") {
			continue
		}
		for path, f := range r.files {
			ast.Inspect(f, func(n ast.Node) bool {
				lit, ok := n.(*ast.BasicLit)
				if ok && lit.Kind == token.STRING {
					text := strings.ToUpper(lit.Value)
					for _, verb := range []string{"SELECT * ", "INSERT INTO ", "DELETE FROM ", " FROM SGA."} {
						if strings.Contains(text, verb) {
							t.Errorf("%s:%d: SQL outside postgres", path, r.fset.Position(n.Pos()).Line)
						}
					}
				}
				return true
			})
		}
	}
}

// TestOnlyOutboundDials keeps HTTP and dialling to the rooms that own a connection: outbound for everything that
// people and other systems name, the AWS SDK's rooms, the private PostgreSQL, and care. Servers listen; they do not dial.
func TestOnlyOutboundDials(t *testing.T) {
	t.Parallel()
	owners := []string{"internal/outbound", "internal/pglocal", "internal/dynamo", "internal/blob", "internal/blobtest", "internal/itemtest",
		"internal/simtest", "internal/dbtest"}
	forbidden := map[string][]string{
		"net/http":   {"Client", "DefaultClient", "DefaultTransport", "Transport", "Get", "Post", "PostForm", "Head"},
		"net":        {"Dial", "DialTimeout", "DialTCP", "DialUDP", "DialIP", "DialUnix", "Dialer"},
		"crypto/tls": {"Dial", "DialWithDialer", "Dialer"},
	}
	for _, r := range rooms(t) {
		if slices.ContainsFunc(owners, func(o string) bool { return sameRoom(r.path, o) }) || strings.HasPrefix(r.path, "tools/") || strings.HasPrefix(r.path, "cmd/") {
			continue
		}
		for path, f := range r.files {
			named := map[string]string{} // how the file calls the package
			for _, imp := range f.Imports {
				target := strings.Trim(imp.Path.Value, `"`)
				name := filepath.Base(target)
				if imp.Name != nil {
					name = imp.Name.Name
				}
				named[name] = target
			}
			ast.Inspect(f, func(n ast.Node) bool {
				sel, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				if id, ok := sel.X.(*ast.Ident); ok && slices.Contains(forbidden[named[id.Name]], sel.Sel.Name) {
					t.Errorf("%s:%d: %s.%s: only outbound goes out", path, r.fset.Position(n.Pos()).Line, id.Name, sel.Sel.Name)
				}
				return true
			})
		}
	}
}

func TestDirectDependencies(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	docs, err := os.ReadFile("docs/deps.md")
	if err != nil {
		t.Fatal(err)
	}
	direct := 0
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSpace(line)
		if !strings.Contains(line, " v") || strings.Contains(line, "// indirect") || strings.HasPrefix(line, "//") {
			continue
		}
		name := strings.Fields(strings.TrimPrefix(line, "require "))[0]
		if !slices.Contains([]string{"github.com/google/go-cmp", "pgregory.net/rapid", "go.uber.org/goleak"}, name) { // only tests use these
			direct++
		}
		if !strings.Contains(string(docs), name) {
			t.Errorf("docs/deps.md does not say why %s is here", name)
		}
	}
	if direct > 25 {
		t.Errorf("%d direct dependencies; 25 is the most", direct)
	}
}

// Lines that hold code are counted, blank ones and comments are not; the conversations of the protocols
// are tests written as text.
func TestEnoughTests(t *testing.T) {
	t.Parallel()
	code, tests := 0, 0
	walk(t, func(path string) {
		if !strings.HasSuffix(path, ".go") || strings.HasPrefix(path, "tools") {
			return
		}
		switch {
		case strings.HasSuffix(path, "_text.go"): // texts for readers and search; the search tests judge them
		case strings.HasSuffix(path, "_test.go"), strings.HasPrefix(path, "internal/dbtest"), strings.HasPrefix(path, "internal/simtest"),
			strings.HasPrefix(path, "internal/itemtest"), strings.HasPrefix(path, "internal/blobtest"):
			tests += linesOfCode(t, path)
		default:
			code += linesOfCode(t, path)
		}
	})
	scenarios, err := filepath.Glob("internal/*/testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range scenarios {
		tests += linesOfCode(t, path)
	}
	t.Logf("%d lines of code, %d of tests: %.2f", code, tests, float64(tests)/float64(code))
	if tests*10 < code*8 {
		t.Errorf("%d lines of test for %d lines of code; 0.8 a line is the least", tests, code)
	}
}

func linesOfCode(t *testing.T, path string) int {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(raw)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
			n++
		}
	}
	return n
}
