package oidc

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/faiston/nexo/internal/fault"
)

func TestBearer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		target string
		values []string
		want   string // empty: refused
	}{
		{"token", "/mcp", []string{"Bearer a.b.c"}, "a.b.c"},
		{"other query", "/mcp?cursor=x", []string{"Bearer a.b.c"}, "a.b.c"},
		{"no header", "/mcp", nil, ""},
		{"empty header", "/mcp", []string{""}, ""},
		{"scheme only", "/mcp", []string{"Bearer"}, ""},
		{"no token", "/mcp", []string{"Bearer "}, ""},
		{"lower case, refused by S-17", "/mcp", []string{"bearer a.b.c"}, ""},
		{"upper case", "/mcp", []string{"BEARER a.b.c"}, ""},
		{"basic", "/mcp", []string{"Basic YTpi"}, ""},
		{"two headers", "/mcp", []string{"Bearer a.b.c", "Bearer a.b.c"}, ""},
		{"two blanks", "/mcp", []string{"Bearer  a.b.c"}, ""},
		{"tab", "/mcp", []string{"Bearer\ta.b.c"}, ""},
		{"tail", "/mcp", []string{"Bearer a.b.c x"}, ""},
		{"two tokens", "/mcp", []string{"Bearer a.b.c, Bearer d.e.f"}, ""},
		{"parameter", "/mcp", []string{`Bearer token="a.b.c"`}, ""},
		{"too large", "/mcp", []string{"Bearer " + strings.Repeat("a", MaxTokenSize+1)}, ""},
		{"query only", "/mcp?access_token=a.b.c", nil, ""},
		{"query beside a header", "/mcp?access_token=a.b.c", []string{"Bearer a.b.c"}, ""},
		{"query, escaped name", "/mcp?access%5Ftoken=a.b.c", []string{"Bearer a.b.c"}, ""},
		{"query, damaged", "/mcp?x=%zz&access_token=a.b.c", []string{"Bearer a.b.c"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("POST", tt.target, nil)
			if tt.values != nil {
				r.Header["Authorization"] = tt.values
			}
			got, err := Bearer(r)
			if got != tt.want || (err == nil) != (tt.want != "") || (err != nil && fault.CodeOf(err) != fault.Unauthenticated) {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func TestChallenge(t *testing.T) {
	t.Parallel()
	const meta = "http://127.0.0.1:8080/.well-known/oauth-protected-resource/mcp"
	_, none := Bearer(httptest.NewRequest("GET", "/mcp", nil))
	r := httptest.NewRequest("GET", "/mcp", nil)
	r.Header.Set("Authorization", "Basic x")
	_, bad := Bearer(r)
	denied := fault.PermissionDenied.With("Falta o escopo.", `The scope "approve" is missing – ask.`)
	tests := []struct {
		name, got, want string
	}{
		{"no token", ChallengeFor(none, meta, "sga/tools"),
			`Bearer realm="nexo", resource_metadata="` + meta + `", scope="sga/tools"`},
		{"bad token", ChallengeFor(bad, meta, ""),
			`Bearer realm="nexo", resource_metadata="` + meta + `", error="invalid_token", error_description="Missing or invalid access token."`},
		{"scope", ChallengeFor(denied, meta, "sga/approve"),
			`Bearer realm="nexo", resource_metadata="` + meta + `", error="insufficient_scope", error_description="The scope approve is missing  ask.", scope="sga/approve"`},
		{"nil error", ChallengeFor(nil, "", ""), `Bearer realm="nexo"`},
		{"header injection", Challenge{Description: "a\r\nX: \"b\\"}.String(), `Bearer realm="nexo", error_description="aX: b"`},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, tt.got, tt.want)
		}
	}
}

func TestProtectedResource(t *testing.T) {
	t.Parallel()
	h := ProtectedResource(Resource{URL: "http://127.0.0.1:8080/mcp", Name: "NEXO", Issuers: []string{"http://127.0.0.1:8080"}, AllowedOrigins: Origins{Loopback: true}})
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/.well-known/oauth-protected-resource/mcp", nil)
	r.Header.Set("Origin", "http://localhost:6274")
	h.ServeHTTP(w, r)
	var got map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"resource": "http://127.0.0.1:8080/mcp", "authorization_servers": []any{"http://127.0.0.1:8080"},
		"scopes_supported": []any{"sga/tools"}, "bearer_methods_supported": []any{"header"}, "resource_name": "NEXO",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if w.Header().Get("Content-Type") != "application/json" || w.Header().Get("Access-Control-Allow-Origin") != "http://localhost:6274" {
		t.Errorf("headers %v", w.Header())
	}
	w = httptest.NewRecorder()
	if h.ServeHTTP(w, httptest.NewRequest("POST", "/", nil)); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST answers %d", w.Code)
	}
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	o := Origins{Loopback: true, Exact: []string{"https://inspector.example"}}
	for origin, want := range map[string]bool{
		"http://localhost:6274": true, "http://127.0.0.1": true, "http://[::1]:9": true, "https://inspector.example": true,
		"https://localhost:6274": false, "http://localhost.evil.example": false, "http://127.0.0.1@evil.example": false,
		"null": false, "": false, "https://evil.example": false, "http://localhost:1/x": false,
	} {
		if got := o.allows(origin); got != want {
			t.Errorf("%q: %v", origin, got)
		}
	}
	if (Origins{}).allows("http://localhost:6274") {
		t.Error("loopback is allowed though it was not asked for")
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequest("OPTIONS", "/oauth2/token", nil)
	r.Header.Set("Origin", "http://localhost:6274")
	o.wrap(http.NotFoundHandler()).ServeHTTP(w, r)
	if w.Code != http.StatusNoContent || w.Header().Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("preflight answers %d %v", w.Code, w.Header())
	}
}
