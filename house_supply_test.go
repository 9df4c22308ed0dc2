package nexo

import (
	"bytes"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// Supply chain (T-08): what we build on is named, pinned and checked, and nothing secret is kept here.

// required lists the modules of go.mod with their versions.
func required(t *testing.T) map[string]string {
	t.Helper()
	raw, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(raw)) {
		line, _, _ = strings.Cut(strings.TrimSpace(line), "//")
		word := strings.Fields(strings.TrimPrefix(line, "require "))
		if len(word) > 0 && (word[0] == "replace" || word[0] == "exclude" || strings.Contains(line, "=>")) {
			t.Errorf("go.mod: %q: what is built is what the checksums name, nothing else", line)
		}
		if len(word) == 2 && strings.HasPrefix(word[1], "v") {
			out[word[0]] = word[1]
		}
	}
	return out
}

// moduleOf finds the required module that a package belongs to.
func moduleOf(modules map[string]string, pkg string) string {
	for path := pkg; path != "."; {
		if _, ok := modules[path]; ok {
			return path
		}
		cut := strings.LastIndexByte(path, '/')
		if cut < 0 {
			break
		}
		path = path[:cut]
	}
	return ""
}

// imports lists what is imported anywhere in the main module, tests too, and is neither ours nor Go's.
func imports(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{} // package → a file
	walk(t, func(path string) {
		if !strings.HasSuffix(path, ".go") {
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, imp := range f.Imports {
			name := strings.Trim(imp.Path.Value, `"`)
			first, _, _ := strings.Cut(name, "/")
			if strings.Contains(first, ".") && !strings.HasPrefix(name, module) {
				out[name] = path
			}
		}
	})
	return out
}

// The comment "// indirect" of go.mod is not asked: what the code imports is.
func TestEveryImportIsExplained(t *testing.T) {
	t.Parallel()
	docs, err := os.ReadFile("docs/deps.md")
	if err != nil {
		t.Fatal(err)
	}
	modules := required(t)
	told := map[string]bool{}
	for pkg, file := range imports(t) {
		of := moduleOf(modules, pkg)
		if of == "" {
			t.Errorf("%s imports %s, which go.mod does not have", file, pkg)
			continue
		}
		if strings.HasPrefix(of, "github.com/aws/") { // one vendor's kit counts once
			of = "github.com/aws/aws-sdk-go-v2"
		}
		if !bytes.Contains(docs, []byte(of)) && !told[of] {
			told[of] = true
			t.Errorf("docs/deps.md does not say why %s is here (%s imports %s)", of, file, pkg)
		}
	}
}

func TestEveryModuleHasItsChecksum(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("go.sum")
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string]bool{}
	for line := range strings.Lines(string(raw)) {
		word := strings.Fields(line)
		if len(word) != 3 || !strings.HasPrefix(word[2], "h1:") {
			t.Errorf("go.sum: %q", line)
			continue
		}
		sums[word[0]+" "+word[1]] = true
	}
	modules := required(t)
	if len(modules) < 10 {
		t.Fatalf("only %d modules were read from go.mod", len(modules))
	}
	for path, version := range modules {
		if !sums[path+" "+version+"/go.mod"] {
			t.Errorf("go.sum has no checksum of %s %s", path, version)
		}
	}
	for pkg := range imports(t) {
		if of := moduleOf(modules, pkg); of != "" && !sums[of+" "+modules[of]] {
			t.Errorf("go.sum has no checksum of the files of %s %s", of, modules[of])
		}
	}
}

// secrets are the forms of keys that are good outside.
func secrets() map[string]*regexp.Regexp {
	return map[string]*regexp.Regexp{
		"an AWS access key":  regexp.MustCompile(`\b(AKIA|ASIA)[0-9A-Z]{16}\b`),
		"an AWS secret key":  regexp.MustCompile(`(?i)aws_?secret_?access_?key["']?\s*[:=]\s*["']?[A-Za-z0-9/+]{40}([^A-Za-z0-9/+]|$)`),
		"a private key":      regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{16}`),
		"a Google API key":   regexp.MustCompile(`\bAIza[0-9A-Za-z_-]{35}\b`),
		"a GitHub token":     regexp.MustCompile(`\b(gh[pousr]_[0-9A-Za-z]{36}|github_pat_[0-9A-Za-z_]{60,})\b`),
		"an ElevenLabs key":  regexp.MustCompile(`\bsk_[0-9a-f]{48}\b`),
		"a JSON Web Token":   regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{16,}\.eyJ[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{20,}`),
		"a URL's password":   regexp.MustCompile(`\bpostgres(ql)?://[a-z_]+:[A-Za-z0-9!@#%^&*_-]{12,}@`),
		"an age or SSH key":  regexp.MustCompile(`\bAGE-SECRET-KEY-1[0-9A-Z]{58}\b`),
		"a Slack credential": regexp.MustCompile(`\bxox[abprs]-[0-9A-Za-z-]{20,}`),
	}
}

// isExample allows the key that AWS's own documentation prints, and what a test's data says was made for it.
func isExample(path string, found, text []byte) bool {
	return bytes.HasSuffix(found, []byte("EXAMPLE")) ||
		strings.Contains(path, "testdata/") && bytes.Contains(text, []byte("made for tests"))
}

func TestNoSecretIsKept(t *testing.T) {
	t.Parallel()
	list, err := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		t.Skipf("git cannot list the files: %v", err)
	}
	const most = 4 << 20 // a larger file is data, and no place for a key
	for path := range strings.SplitSeq(strings.TrimRight(string(list), "\x00"), "\x00") {
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() || info.Size() > most {
			continue // deleted, or a link
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for what, form := range secrets() {
			if found := form.Find(text); found != nil && !isExample(path, found, text) {
				t.Errorf("%s holds %s", path, what)
			}
		}
	}
}

// TestSecretsAreSeen holds the forms to examples that are put together here, so that this file holds none.
func TestSecretsAreSeen(t *testing.T) {
	t.Parallel()
	for what, example := range map[string]string{
		"an AWS access key": "AKIA" + strings.Repeat("Q7", 8),
		"an AWS secret key": "aws_secret_access_key = " + strings.Repeat("aB3/", 10),
		"a private key":     "-----BEGIN EC " + "PRIVATE KEY-----\n" + strings.Repeat("MHcC", 8),
		"a Google API key":  "AIza" + strings.Repeat("x", 35),
		"a GitHub token":    "ghp_" + strings.Repeat("x", 36),
		"an ElevenLabs key": "sk_" + strings.Repeat("ab", 24),
		"a JSON Web Token":  "eyJ" + strings.Repeat("a", 20) + ".eyJ" + strings.Repeat("b", 20) + "." + strings.Repeat("c", 30),
		"a URL's password":  "postgres://nexo:" + strings.Repeat("x1", 8) + "@db/x",
	} {
		if !secrets()[what].MatchString(example) {
			t.Errorf("%s is not seen", what)
		}
	}
	if isExample("internal/x.go", []byte("AKIA"), []byte("made for tests")) || !isExample("a/testdata/b", []byte("x"), []byte("made for tests")) {
		t.Error("what may be an example")
	}
}
