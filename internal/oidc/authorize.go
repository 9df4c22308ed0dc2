package oidc

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	maxState = 1024 // bytes; handed back as it came
	maxNonce = 256
)

// authRequest is an authorization request that may be answered (RFC 6749, section 4.1.1; RFC 7636; RFC 8707).
type authRequest struct {
	client    Client
	redirect  string
	state     string
	challenge string
	nonce     string
	resource  string
	scopes    []string
	prompt    string
}

// authCode is what an authorization code stands for.
type authCode struct {
	Grant     grant     `json:"grant"`
	Redirect  string    `json:"redirect"`
	Challenge string    `json:"challenge"`
	Parent    string    `json:"parent,omitempty"` // the browser session that the grant dies with
	Until     time.Time `json:"until"`
}

// authorize answers at once for the web app of a signed-in browser; other clients always need a click,
// because any program of the machine can pass for a public client (RFC 8252, section 8.6).
func (i *Issuer) authorize(w http.ResponseWriter, r *http.Request) {
	q, problem := i.readAuthRequest(r)
	if problem != nil {
		i.answerProblem(w, r, q, problem)
		return
	}
	s, user, ok := i.signedIn(r)
	if !ok || q.prompt == "login" {
		if q.prompt == "none" {
			i.answerProblem(w, r, q, &oauthError{code: "login_required"})
			return
		}
		next := r.URL.Query()
		next.Del("prompt") // or it would ask for ever
		http.Redirect(w, r, "/login?"+url.Values{"next": {"/oauth2/authorize?" + next.Encode()}}.Encode(), http.StatusSeeOther)
		return
	}
	if q.client.ID == ClientWeb {
		i.giveCode(w, r, q, s, user)
		return
	}
	if q.prompt == "none" {
		i.answerProblem(w, r, q, &oauthError{code: "consent_required"})
		return
	}
	i.showConsent(w, r, q, user)
}

func (i *Issuer) showConsent(w http.ResponseWriter, r *http.Request, q authRequest, user User) {
	token, err := i.formToken(w, r)
	if err != nil {
		i.fail(w, r, err)
		return
	}
	again := r.URL.Query()
	again.Set("prompt", "login")
	i.render(w, r, http.StatusOK, view{
		Page: "consent", FormToken: token, FormTarget: []string{originOf(q.redirect)},
		Action: "/oauth2/authorize?" + r.URL.RawQuery, Other: "/oauth2/authorize?" + again.Encode(),
		Client: q.client.Name, ReturnTo: hostOf(q.redirect), Username: user.Username, Scopes: q.scopes,
	})
}

// agree takes the click on the page of showConsent. The request is read again: nothing of it is
// believed because it was on a form.
func (i *Issuer) agree(w http.ResponseWriter, r *http.Request) {
	q, problem := i.readAuthRequest(r)
	if problem != nil {
		i.answerProblem(w, r, q, problem)
		return
	}
	s, user, ok := i.signedIn(r)
	if !ok {
		http.Redirect(w, r, "/oauth2/authorize?"+r.URL.RawQuery, http.StatusSeeOther)
		return
	}
	if r.PostFormValue("decision") != "allow" {
		i.answerProblem(w, r, q, &oauthError{code: "access_denied"})
		return
	}
	i.giveCode(w, r, q, s, user)
}

func (i *Issuer) giveCode(w http.ResponseWriter, r *http.Request, q authRequest, s browserSession, user User) {
	code, err := i.newCode(r.Context(), q, s, user)
	if err != nil {
		i.fail(w, r, err)
		return
	}
	i.sendBack(w, r, q, url.Values{"code": {code}})
}

func (i *Issuer) newCode(ctx context.Context, q authRequest, s browserSession, user User) (string, error) {
	g, err := i.grantOf(s, user, q.client)
	if err != nil {
		return "", err
	}
	g.Scopes, g.Resource, g.Nonce = q.scopes, q.resource, q.nonce
	code, err := i.secret()
	if err != nil {
		return "", err
	}
	c := authCode{Grant: g, Redirect: q.redirect, Challenge: q.challenge, Until: i.now().Add(codeTTL)}
	if q.client.ID == ClientWeb {
		c.Parent = s.key
	}
	return code, i.save(ctx, KindCode, hashKey(code), c, Entry{Until: c.Until})
}

// sendBack redirects to the client with params, the state, and our name (RFC 9207).
func (i *Issuer) sendBack(w http.ResponseWriter, r *http.Request, q authRequest, params url.Values) {
	u, err := url.Parse(q.redirect)
	if err != nil {
		i.fail(w, r, err)
		return
	}
	all := u.Query()
	for name, values := range params {
		all[name] = values
	}
	if q.state != "" {
		all.Set("state", q.state)
	}
	all.Set("iss", i.url)
	u.RawQuery = all.Encode()
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, u.String(), http.StatusSeeOther)
}

// answerProblem tells the client, if it is known and its address is registered; otherwise only the
// person, because an unknown address must never be sent to (RFC 6749, section 4.1.2.1).
func (i *Issuer) answerProblem(w http.ResponseWriter, r *http.Request, q authRequest, p *oauthError) {
	if q.redirect == "" {
		i.errorPage(w, r, http.StatusBadRequest, textBadClient)
		return
	}
	params := url.Values{"error": {p.code}}
	if p.description != "" {
		params.Set("error_description", p.description)
	}
	i.sendBack(w, r, q, params)
}

// readAuthRequest checks a request. The redirect of the answer is only set once it may be used.
func (i *Issuer) readAuthRequest(r *http.Request) (authRequest, *oauthError) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || len(r.URL.RawQuery) > maxQuery || repeated(values) {
		return authRequest{}, invalidRequest("the query is damaged, too long, or repeats a parameter")
	}
	client, ok := i.clients[values.Get("client_id")]
	redirect := values.Get("redirect_uri")
	if !ok || client.Confidential || !client.redirectAllowed(redirect) {
		return authRequest{}, invalidRequest("client or redirect_uri is not registered")
	}
	q := authRequest{
		client: client, redirect: redirect, challenge: values.Get("code_challenge"),
		nonce: values.Get("nonce"), resource: values.Get("resource"), prompt: values.Get("prompt"),
	}
	if state := values.Get("state"); len(state) <= maxState {
		q.state = state
	}
	q.scopes, ok = narrow(values.Get("scope"), client.Scopes)
	switch {
	case values.Get("response_type") != "code":
		return q, &oauthError{code: "unsupported_response_type"}
	case len(values.Get("state")) > maxState || len(q.nonce) > maxNonce:
		return q, invalidRequest("state or nonce is too long")
	case values.Get("response_mode") != "" && values.Get("response_mode") != "query":
		return q, invalidRequest("response_mode must be query")
	case values.Get("code_challenge_method") != "S256" || !validChallenge(q.challenge):
		return q, invalidRequest("PKCE with S256 is required")
	case values.Has("request") || values.Has("request_uri"):
		return q, &oauthError{code: "request_not_supported"}
	case !ok:
		return q, &oauthError{code: "invalid_scope", description: "none of the scopes may be granted to this client"}
	case q.resource != "" && !slices.Contains(i.resources, q.resource):
		return q, &oauthError{code: "invalid_target", description: "resource is not served here"}
	}
	return q, nil
}

// validChallenge wants the base64url of a SHA-256 sum (RFC 7636, section 4.2).
func validChallenge(c string) bool {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(c)
	return err == nil && len(raw) == 32 && len(c) == 43
}

// repeated reports whether a parameter appears twice, which RFC 6749 section 3.1 forbids: two readers
// could choose different ones. RFC 8707 would allow several resources; we bind a token to one.
func repeated(v url.Values) bool {
	for _, values := range v {
		if len(values) > 1 {
			return true
		}
	}
	return false
}

// originOf is the CSP source of a redirect URI: browsers hold the redirect after a form to the page's
// form-action. Addresses that CSP cannot name (IPv6 literals, schemes of editors) go by their scheme.
func originOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return "'self'"
	}
	if u.Host == "" || strings.Contains(u.Host, "[") || (u.Scheme != "http" && u.Scheme != "https") {
		return u.Scheme + ":"
	}
	return u.Scheme + "://" + u.Host
}

// hostOf is how a page names where a client lives.
func hostOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return strings.SplitN(uri, ":", 2)[0] + ":"
	}
	return u.Host
}

func (i *Issuer) webOrigins() []string {
	var out []string
	for _, uri := range i.clients[ClientWeb].RedirectURIs {
		if o := originOf(uri); !slices.Contains(out, o) {
			out = append(out, o)
		}
	}
	return out
}
