package oidc

import (
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/faiston/nexo/internal/identity"
)

func TestFlowOfTheWebApp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := w.tokensOf(ClientWeb, url.Values{"nonce": {"n-1"}})
	if got.TokenType != "Bearer" || got.ExpiresIn != 3600 || got.Scope != "openid sga/tools sga/approve" || got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("answer %+v %v", got.tokenAnswer, got.header)
	}
	v, err := w.NewVerifier()
	if err != nil {
		t.Fatal(err)
	}
	claims, err := v.Verify(t.Context(), got.AccessToken)
	if err != nil {
		t.Fatal(err)
	}
	want := identity.Claims{
		Issuer: w.server.URL, Subject: "sub-ana", Username: "ana", ClientID: ClientWeb, Groups: []string{"logistics"},
		Scopes: []string{"openid", "sga/tools", "sga/approve"}, TokenID: claims.TokenID, Session: claims.Session,
		IssuedAt: noon(), ExpiresAt: noon().Add(time.Hour),
	}
	if diff := cmp.Diff(want, claims, cmp.Comparer(time.Time.Equal)); diff != "" || claims.TokenID == "" || claims.Session == "" {
		t.Error(diff)
	}
	if _, err := v.Verify(t.Context(), got.IDToken); err == nil {
		t.Error("the id token passes as an access token")
	}
	id := payloadOf(t, got.IDToken)
	for name, want := range map[string]any{
		"aud": ClientWeb, "token_use": "id", "nonce": "n-1", "cognito:username": "ana", "name": "Ana <Lima>", "sub": "sub-ana",
	} {
		if id[name] != want {
			t.Errorf("id token: %s = %v, want %v", name, id[name], want)
		}
	}
	r := w.request("GET", "/oauth2/userInfo", nil)
	r.Header.Set("Authorization", "Bearer "+got.AccessToken)
	if p := w.do(r); p.StatusCode != 200 || !strings.Contains(p.body, `"sub":"sub-ana"`) {
		t.Errorf("userInfo: %d %s", p.StatusCode, p.body)
	}
}

func payloadOf(t *testing.T, token string) map[string]any {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAccessTokenHasCognitosClaims(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cognito := []string{"auth_time", "client_id", "cognito:groups", "event_id", "exp", "iat", "iss", "jti", "origin_jti",
		"scope", "sub", "token_use", "username", "version"}
	got := w.tokensOf(ClientAgent, nil)
	if diff := cmp.Diff(cognito, slices.Sorted(maps.Keys(payloadOf(t, got.AccessToken)))); diff != "" {
		t.Error(diff)
	}
	w.people.change("ana", func(u *User) { u.Groups = nil })
	again := w.refreshed(ClientAgent, got.RefreshToken)
	if m := payloadOf(t, again.AccessToken); m["cognito:groups"] != nil {
		t.Errorf("groups %v of a person without groups", m["cognito:groups"])
	}
	bound := w.tokensOf(ClientAgent, url.Values{"resource": {w.server.URL + "/mcp"}})
	if m := payloadOf(t, bound.AccessToken); m["aud"] != w.server.URL+"/mcp" {
		t.Errorf("aud %v", m["aud"])
	}
	head := func(token string) string { return strings.Split(token, ".")[0] }
	if head(bound.AccessToken) == head(bound.IDToken) {
		t.Error("one key signs both sorts of token")
	}
}

func TestFlowOfAnAgentNeedsAClickAndNeverApproves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := w.authURL(ClientAgent, url.Values{"scope": {"openid sga/tools sga/approve offline_access"}})
	p := w.get(w.signIn(w.get(at).Header.Get("Location")))
	if p.StatusCode != 200 || !strings.Contains(p.body, "NEXO Agent (MCP)") || strings.Contains(p.body, "Aprovar") {
		t.Fatalf("consent: %d %s", p.StatusCode, p.body)
	}
	if csp := p.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self' http://127.0.0.1:49152") {
		t.Errorf("the redirect after the form would be blocked: %s", csp)
	}
	p = w.submit(p, url.Values{"decision": {"allow"}})
	back, err := url.Parse(p.Header.Get("Location"))
	if err != nil || back.Host != "127.0.0.1:49152" || back.Query().Get("state") != "st&1" || back.Query().Get("iss") != w.server.URL {
		t.Fatalf("goes to %s", back)
	}
	got := w.post("/oauth2/token", w.exchangeForm(ClientAgent, back.Query().Get("code")))
	if got.Scope != "openid sga/tools" {
		t.Errorf("scope %q", got.Scope)
	}
	if p = w.get(at); p.StatusCode != 200 {
		t.Errorf("the second time goes without a click: %d", p.StatusCode)
	}
	if p = w.submit(p, url.Values{"decision": {"deny"}}); !strings.Contains(p.Header.Get("Location"), "error=access_denied") {
		t.Errorf("refusing leads to %s", p.Header.Get("Location"))
	}
}

func TestAuthorizeRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tests := []struct {
		name   string
		client string
		change url.Values
		want   string // error code, or "" for a page that sends nobody anywhere
	}{
		{"unknown client", "evil", nil, ""},
		{"service client", ClientService, nil, ""},
		{"foreign redirect", ClientAgent, url.Values{"redirect_uri": {"http://evil.example/callback"}}, ""},
		{"no redirect", ClientAgent, url.Values{"redirect_uri": nil}, ""},
		{"two redirects", ClientAgent, url.Values{"redirect_uri": {"http://127.0.0.1:1/callback", "http://127.0.0.1:2/callback"}}, ""},
		{"too long", ClientAgent, url.Values{"x": {strings.Repeat("x", maxQuery)}}, ""},
		{"no PKCE", ClientAgent, url.Values{"code_challenge": nil, "code_challenge_method": nil}, "invalid_request"},
		{"PKCE plain", ClientAgent, url.Values{"code_challenge_method": {"plain"}}, "invalid_request"},
		{"PKCE without method", ClientAgent, url.Values{"code_challenge_method": nil}, "invalid_request"},
		{"challenge is no hash", ClientAgent, url.Values{"code_challenge": {verifierText[:42]}}, "invalid_request"},
		{"implicit", ClientAgent, url.Values{"response_type": {"token"}}, "unsupported_response_type"},
		{"fragment", ClientAgent, url.Values{"response_mode": {"fragment"}}, "invalid_request"},
		{"only approve", ClientAgent, url.Values{"scope": {"sga/approve"}}, "invalid_scope"},
		{"other resource", ClientAgent, url.Values{"resource": {"http://evil.example/mcp"}}, "invalid_target"},
		{"request object", ClientAgent, url.Values{"request": {"ey"}}, "request_not_supported"},
		{"state too long", ClientAgent, url.Values{"state": {strings.Repeat("s", maxState+1)}}, "invalid_request"},
		{"silent without sign-in", ClientWeb, url.Values{"prompt": {"none"}}, "login_required"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := w.get(w.authURL(tt.client, tt.change))
			loc, err := url.Parse(p.Header.Get("Location"))
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case tt.want == "" && (p.StatusCode != 400 || loc.String() != ""):
				t.Errorf("answers %d, goes to %q", p.StatusCode, loc)
			case tt.want != "" && (loc.Query().Get("error") != tt.want || loc.Query().Get("iss") != w.server.URL || loc.Query().Get("code") != ""):
				t.Errorf("answers %d, goes to %q", p.StatusCode, loc)
			}
		})
	}
}

func TestTokenEndpointRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tests := []struct {
		name   string
		change func(url.Values)
		want   string
	}{
		{"wrong verifier", func(f url.Values) { f.Set("code_verifier", strings.Repeat("a", 43)) }, "invalid_grant"},
		{"no verifier", func(f url.Values) { f.Del("code_verifier") }, "invalid_grant"},
		{"short verifier", func(f url.Values) { f.Set("code_verifier", "abc") }, "invalid_grant"},
		{"challenge as verifier", func(f url.Values) { f.Set("code_verifier", challengeOf(verifierText)) }, "invalid_grant"},
		{"other redirect", func(f url.Values) { f.Set("redirect_uri", "http://127.0.0.1:49153/callback") }, "invalid_grant"},
		{"other client", func(f url.Values) { f.Set("client_id", ClientCLI) }, "invalid_grant"},
		{"unknown client", func(f url.Values) { f.Set("client_id", "evil") }, "invalid_client"},
		{"secret of a public client", func(f url.Values) { f.Set("client_secret", "x") }, "invalid_client"},
		{"unknown code", func(f url.Values) { f.Set("code", "x") }, "invalid_grant"},
		{"no code", func(f url.Values) { f.Del("code") }, "invalid_grant"},
		{"other resource", func(f url.Values) { f.Set("resource", "http://evil.example") }, "invalid_target"},
		{"twice the code", func(f url.Values) { f.Add("code", "x") }, "invalid_request"},
		{"password grant", func(f url.Values) { f.Set("grant_type", "password") }, "unsupported_grant_type"},
		{"client credentials of a public client", func(f url.Values) { f.Set("grant_type", "client_credentials") }, "unauthorized_client"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			form := w.exchangeForm(ClientAgent, w.code(ClientAgent, nil))
			tt.change(form)
			got := w.post("/oauth2/token", form)
			if got.Error != tt.want || got.AccessToken != "" || (got.status == 401) != (tt.want == "invalid_client") {
				t.Errorf("answers %d %q", got.status, got.Error)
			}
		})
	}
	r := w.request("POST", "/oauth2/token", w.exchangeForm(ClientAgent, "x"))
	r.Header.Set("Content-Type", "application/json")
	if p := w.do(r); p.StatusCode != 400 {
		t.Errorf("JSON body: %d", p.StatusCode)
	}
	if p := w.get("/oauth2/token"); p.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", p.StatusCode)
	}
	if p := w.do(w.request("POST", "/oauth2/token", url.Values{"x": {strings.Repeat("x", maxForm)}})); p.StatusCode != 400 {
		t.Errorf("large body: %d", p.StatusCode)
	}
}

func TestCodeExpires(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code := w.code(ClientAgent, nil)
	w.clock.pass(codeTTL)
	if got := w.post("/oauth2/token", w.exchangeForm(ClientAgent, code)); got.Error != "invalid_grant" {
		t.Errorf("answers %d %q", got.status, got.Error)
	}
}

func TestCodeUsedTwiceEndsTheSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code := w.code(ClientAgent, nil)
	first := w.post("/oauth2/token", w.exchangeForm(ClientAgent, code))
	if first.status != 200 {
		t.Fatal(first.Error)
	}
	if second := w.post("/oauth2/token", w.exchangeForm(ClientAgent, code)); second.Error != "invalid_grant" {
		t.Errorf("second use: %d %q", second.status, second.Error)
	}
	if again := w.refreshed(ClientAgent, first.RefreshToken); again.Error != "invalid_grant" {
		t.Errorf("its refresh token still works: %d", again.status)
	}
	if _, err := w.verifier.Verify(t.Context(), first.AccessToken); err == nil {
		t.Error("its access token still works")
	}
}

func TestRefreshRotatesAndDetectsReuse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.tokensOf(ClientAgent, nil)
	second := w.refreshed(ClientAgent, first.RefreshToken)
	if second.status != 200 || second.RefreshToken == first.RefreshToken || second.AccessToken == first.AccessToken {
		t.Fatalf("refresh: %d %q", second.status, second.Error)
	}
	if got := w.refreshed(ClientCLI, second.RefreshToken); got.Error != "invalid_grant" {
		t.Errorf("another client: %d %q", got.status, got.Error)
	}
	if got := w.refreshed(ClientAgent, first.RefreshToken); got.Error != "invalid_grant" {
		t.Errorf("reuse: %d %q", got.status, got.Error)
	}
	if got := w.refreshed(ClientAgent, second.RefreshToken); got.Error != "invalid_grant" {
		t.Errorf("the newest works after a reuse: %d", got.status)
	}
	if _, err := w.verifier.Verify(t.Context(), second.AccessToken); err == nil {
		t.Error("the access token works after a reuse")
	}
}

func TestRefreshAtTheSameTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.tokensOf(ClientAgent, nil)
	var mu sync.Mutex
	good := 0
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if got := w.refreshed(ClientAgent, first.RefreshToken); got.status == 200 {
				mu.Lock()
				defer mu.Unlock()
				good++
			}
		})
	}
	wg.Wait()
	if good > 1 {
		t.Errorf("one refresh token gave %d", good)
	}
}

func TestRefreshOfWhoMayNoLonger(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ends := map[string]func(tokens) string{
		"disabled": func(g tokens) string {
			w.people.change("ana", func(u *User) { u.Disabled = true })
			return ClientAgent
		},
		"another person by that name": func(g tokens) string {
			w.people.change("ana", func(u *User) { u.Subject = "sub-other" })
			return ClientAgent
		},
		"expired": func(g tokens) string { w.clock.pass(RefreshTTL); return ClientAgent },
		"revoked": func(g tokens) string {
			if got := w.post("/oauth2/revoke", url.Values{"client_id": {ClientAgent}, "token": {g.RefreshToken}}); got.status != 200 {
				t.Errorf("revoke answers %d", got.status)
			}
			if _, err := w.verifier.Verify(t.Context(), g.AccessToken); err == nil {
				t.Error("the access token works after the revocation")
			}
			return ClientAgent
		},
	}
	for name, end := range ends {
		w.people.change("ana", func(u *User) { u.Disabled, u.Subject = false, "sub-ana" })
		w.clock.pass(2 * userFresh)
		w.Client = w.browser()
		got := w.tokensOf(ClientAgent, nil)
		client := end(got)
		if again := w.refreshed(client, got.RefreshToken); again.Error != "invalid_grant" {
			t.Errorf("%s: %d %q", name, again.status, again.Error)
		}
	}
}

func TestRefreshForLess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.tokensOf(ClientWeb, url.Values{"scope": {"openid sga/tools"}})
	form := url.Values{"grant_type": {"refresh_token"}, "client_id": {ClientWeb}, "refresh_token": {first.RefreshToken}, "scope": {"sga/tools sga/approve"}}
	second := w.post("/oauth2/token", form)
	if second.Scope != "sga/tools" || second.IDToken != "" {
		t.Errorf("scope %q, id token %q: more than was granted", second.Scope, second.IDToken)
	}
	if third := w.refreshed(ClientWeb, second.RefreshToken); third.Scope != "openid sga/tools" {
		t.Errorf("scope %q afterwards", third.Scope)
	}
}

func TestServiceToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	secret, created := w.ServiceSecret()
	if !created || len(secret) < 26 {
		t.Errorf("secret of %d characters, created %v", len(secret), created)
	}
	form := url.Values{"grant_type": {"client_credentials"}}
	for name, got := range map[string]tokens{
		"header": w.postAs("/oauth2/token", form, ClientService, secret),
		"body":   w.post("/oauth2/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {ClientService}, "client_secret": {secret}, "scope": {"sga/tools sga/approve"}}),
	} {
		claims, err := w.verifier.Verify(t.Context(), got.AccessToken)
		if err != nil || claims.Username != "" || claims.Subject != ClientService || got.Scope != "sga/tools" || got.RefreshToken+got.IDToken != "" || claims.Groups != nil {
			t.Errorf("%s: %+v %v %+v", name, claims, err, got.tokenAnswer)
		}
	}
	for name, got := range map[string]tokens{
		"wrong secret": w.postAs("/oauth2/token", form, ClientService, secret+"x"),
		"no secret":    w.post("/oauth2/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {ClientService}}),
		"two secrets":  w.postAs("/oauth2/token", url.Values{"grant_type": {"client_credentials"}, "client_secret": {secret}}, ClientService, secret),
	} {
		if got.status != 401 || got.Error != "invalid_client" || got.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: %d %q", name, got.status, got.Error)
		}
	}
	if got := w.postAs("/oauth2/token", url.Values{"grant_type": {"client_credentials"}, "scope": {"sga/approve"}}, ClientService, secret); got.Error != "invalid_scope" {
		t.Errorf("approve for a service: %d %q", got.status, got.Error)
	}
}

func TestRevokeOfWhatIsNotOurs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := w.tokensOf(ClientAgent, nil)
	if r := w.post("/oauth2/revoke", url.Values{"client_id": {ClientAgent}, "token": {"unknown"}}); r.status != 200 {
		t.Errorf("unknown token: %d", r.status)
	}
	if r := w.post("/oauth2/revoke", url.Values{"client_id": {ClientAgent}, "token": {got.AccessToken}}); r.Error != "unsupported_token_type" {
		t.Errorf("access token: %d %q", r.status, r.Error)
	}
	if r := w.post("/oauth2/revoke", url.Values{"client_id": {ClientCLI}, "token": {got.RefreshToken}}); r.status != 200 {
		t.Errorf("another client: %d", r.status)
	}
	if again := w.refreshed(ClientAgent, got.RefreshToken); again.status != 200 {
		t.Errorf("another client ended it: %q", again.Error)
	}
}

func TestUserInfoRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	minted, err := w.Mint(t.Context(), MintRequest{Subject: "sub-ana", Username: "ana", Scopes: []string{"sga/tools"}})
	if err != nil {
		t.Fatal(err)
	}
	for header, want := range map[string]int{"": 401, "Bearer x": 401, "Bearer " + minted.Token: 403} {
		r := w.request("GET", "/oauth2/userInfo", nil)
		if header != "" {
			r.Header.Set("Authorization", header)
		}
		if p := w.do(r); p.StatusCode != want || !strings.HasPrefix(p.Header.Get("WWW-Authenticate"), "Bearer ") {
			t.Errorf("%.12q: %d %v", header, p.StatusCode, p.Header)
		}
	}
}
