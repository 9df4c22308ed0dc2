//go:build e2e

package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// patience bounds one foreign program; the suites take seconds, installing them a minute.
const patience = 5 * time.Minute

// install puts one npm package into a folder of its own below the user's cache, once. Two versions of a
// package never meet.
func install(t *testing.T, name, version string) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = t.TempDir()
	}
	dir := filepath.Join(cache, "nexo-e2e", strings.NewReplacer("@", "", "/", "-").Replace(name)+"-"+version)
	installed := filepath.Join(dir, "node_modules", name)
	if _, err := os.Stat(installed); err == nil {
		return installed
	}
	if _, err := exec.LookPath("npm"); err != nil {
		t.Skip("npm is missing: install Node.js to run the foreign MCP clients")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := run(t, dir, "npm", "install", "--no-audit", "--no-fund", "--no-save", "--prefix", dir, name+"@"+version)
	if err != nil {
		t.Skipf("%s@%s cannot be installed here: %v\n%s", name, version, err, out)
	}
	return installed
}

// node is a Node.js that all of them run on: two need 22, which no Debian has yet.
func node(t *testing.T) string {
	t.Helper()
	arch := map[string]string{"amd64": "x64", "arm64": "arm64"}[runtime.GOARCH]
	if runtime.GOOS != "linux" || arch == "" {
		path, err := exec.LookPath("node")
		if err != nil {
			t.Skip("node is missing")
		}
		return path
	}
	return filepath.Join(install(t, "node-linux-"+arch, "22.23.3"), "bin", "node")
}

func run(t *testing.T, dir, name string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestConformance runs what the suites ask of a server in each revision. The files name the scenarios
// that must fail and why; one that fails and is not named, or is named and passes, fails the test.
func TestConformance(t *testing.T) {
	address, token := target(t)
	through := signedIn(t, address, token)
	for _, suite := range []struct{ name, version, revision, expected string }{
		{"2025-06-18", "0.1.16", "--spec-version=2025-06-18", "expected-2025.yml"},
		{"2025-11-25", "0.1.16", "--spec-version=2025-11-25", "expected-2025.yml"},
		{"2026-07-28", "0.2.0-alpha.12", "--requirements=2026-07-28", "expected-2026.yml"},
	} {
		t.Run(suite.name, func(t *testing.T) {
			script := filepath.Join(install(t, "@modelcontextprotocol/conformance", suite.version), "dist", "index.js")
			expected, err := filepath.Abs(filepath.Join("testdata", suite.expected))
			if err != nil {
				t.Fatal(err)
			}
			out, err := run(t, t.TempDir(), node(t), script, "server", "--url", through, suite.revision, "--expected-failures", expected)
			t.Log(tail(out))
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// tail is the summary of a suite.
func tail(out string) string {
	if i := strings.Index(out, "=== SUMMARY"); i >= 0 {
		return out[i:]
	}
	return out
}

// TestInspector lists and calls as a person with the inspector's command line does.
func TestInspector(t *testing.T) {
	address, token := target(t)
	script := filepath.Join(install(t, "@modelcontextprotocol/inspector", "2.12.0"), "..", "..", ".bin", "mcp-inspector")
	inspect := func(token string, args ...string) (string, error) {
		all := []string{script, "--cli", address, "--transport", "http"}
		if token != "" {
			all = append(all, "--header", "Authorization: Bearer "+token)
		}
		return run(t, t.TempDir(), node(t), append(all, args...)...)
	}
	for _, tt := range []struct {
		name, token string
		args        []string
		want        string
	}{
		{"list", token, []string{"--method", "tools/list"}, `"sga_get_balance"`},
		{"call", token, []string{"--method", "tools/call", "--tool-name", "sga_get_balance", "--tool-arg", "part_number=PN-1"}, `"found"`},
		{"find", token, []string{"--method", "tools/call", "--tool-name", "x_amz_bedrock_agentcore_search", "--tool-arg", "query=saldo de uma peça"}, `sga_get_balance`},
		{"no token", "", []string{"--stored-auth-only", "--method", "tools/list"}, `auth_required`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, err := inspect(tt.token, tt.args...)
			if !strings.Contains(out, tt.want) || (err != nil) != (tt.token == "") {
				t.Errorf("want %s, got %v\n%s", tt.want, err, out)
			}
		})
	}
}
