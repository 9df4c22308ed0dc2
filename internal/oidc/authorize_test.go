package oidc

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
)

func TestAuthorizePrompt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("/login")
	again := w.get(w.authURL(ClientWeb, url.Values{"prompt": {"login"}}))
	if loc := again.Header.Get("Location"); !strings.HasPrefix(loc, "/login") || strings.Contains(loc, "prompt") {
		t.Errorf("prompt=login leads to %q", loc)
	}
	silent := w.get(w.authURL(ClientWeb, url.Values{"prompt": {"none"}}))
	if loc := silent.Header.Get("Location"); !strings.Contains(loc, "code=") {
		t.Errorf("prompt=none, signed in: %q", loc)
	}
	agent := w.get(w.authURL(ClientAgent, url.Values{"prompt": {"none"}}))
	if loc := agent.Header.Get("Location"); !strings.Contains(loc, "error=consent_required") {
		t.Errorf("prompt=none for an agent: %q", loc)
	}
}

func TestConsentIsCheckedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("/login")
	consent := w.get(w.authURL(ClientAgent, nil))
	form := w.filled(consent, url.Values{"decision": {"allow"}})
	post := func(path string) page {
		r := w.request("POST", path, form)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		return w.do(r)
	}
	foreign := w.authURL(ClientAgent, url.Values{"redirect_uri": {"http://evil.example/callback"}})
	if p := post(foreign); p.StatusCode != 400 || p.Header.Get("Location") != "" {
		t.Errorf("changed redirect: %d %q", p.StatusCode, p.Header.Get("Location"))
	}
	if p := post(w.authURL(ClientAgent, url.Values{"scope": {"sga/approve"}})); !strings.Contains(p.Header.Get("Location"), "error=invalid_scope") {
		t.Errorf("changed scope: %q", p.Header.Get("Location"))
	}
	w.people.change("ana", func(u *User) { u.Disabled = true })
	w.clock.pass(userFresh)
	if p := post(w.authURL(ClientAgent, nil)); !strings.HasPrefix(p.Header.Get("Location"), "/oauth2/authorize?") {
		t.Errorf("disabled meanwhile: %q", p.Header.Get("Location"))
	}
}

func TestEditorsOwnScheme(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("/login")
	consent := w.get(w.authURL(ClientAgent, url.Values{"redirect_uri": {"cursor://anysphere/callback"}}))
	if csp := consent.Header.Get("Content-Security-Policy"); !strings.HasSuffix(csp, "form-action 'self' cursor:") {
		t.Errorf("policy %q", csp)
	}
	p := w.submit(consent, url.Values{"decision": {"allow"}})
	if loc := p.Header.Get("Location"); p.StatusCode != http.StatusSeeOther || !strings.HasPrefix(loc, "cursor://anysphere/callback?code=") {
		t.Errorf("goes to %q", loc)
	}
}

func TestOriginAndHostOf(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string][2]string{
		"http://127.0.0.1:9/callback":  {"http://127.0.0.1:9", "127.0.0.1:9"},
		"http://[::1]:9/callback":      {"http:", "[::1]:9"},
		"https://app.example/callback": {"https://app.example", "app.example"},
		"cursor://anysphere/callback":  {"cursor:", "cursor:"},
		"com.example:/callback":        {"com.example:", "com.example:"},
		"http://%zz":                   {"'self'", "http:"},
	} {
		if diff := cmp.Diff(want, [2]string{originOf(uri), hostOf(uri)}); diff != "" {
			t.Errorf("%s: %s", uri, diff)
		}
	}
}

func TestVerifierOfPKCE(t *testing.T) {
	t.Parallel()
	const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" // RFC 7636, appendix B
	for verifier, want := range map[string]bool{
		verifierText: true, verifierText + "x": false, "": false, verifierText[:42]: false, strings.Repeat("a", 129): false,
		verifierText[:42] + " ": false, challenge: false,
	} {
		if got := verifies(verifier, challenge); got != want {
			t.Errorf("%q: %v", verifier, got)
		}
	}
}

func TestAudienceForms(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]audience{
		`{"aud":"a"}`: {"a"}, `{"aud":["a","b"]}`: {"a", "b"}, `{"aud":[]}`: {}, `{}`: nil,
	} {
		var c rawClaims
		if err := json.Unmarshal([]byte(text), &c); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, c.Audience); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
	for _, text := range []string{`{"aud":1}`, `{"aud":{}}`, `{"aud":[1]}`, `{"aud":true}`} {
		var c rawClaims
		if err := json.Unmarshal([]byte(text), &c); err == nil {
			t.Errorf("%s: read as %v", text, c.Audience)
		}
	}
}
