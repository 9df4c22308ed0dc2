package oidc

import (
	"crypto/subtle"
	"mime"
	"net/http"
	"net/url"
	"slices"

	"github.com/go-json-experiment/json"
)

// Grant types that the token endpoint takes.
const (
	grantCode    = "authorization_code"
	grantRefresh = "refresh_token"
	grantClient  = "client_credentials"
)

// oauthError is an answer of RFC 6749, sections 4.1.2.1 and 5.2. An internal one has no code.
type oauthError struct {
	code        string
	description string // English, for the developer of a client
	cause       error  // for the log
}

func invalidRequest(description string) *oauthError {
	return &oauthError{code: "invalid_request", description: description}
}

func invalidGrant(description string) *oauthError {
	return &oauthError{code: "invalid_grant", description: description}
}

func serverError(cause error) *oauthError { return &oauthError{code: "server_error", cause: cause} }

// tokenAnswer is RFC 6749 section 5.1 with the id token of OpenID Connect.
type tokenAnswer struct {
	AccessToken  string `json:"access_token"`
	IDToken      string `json:"id_token,omitempty"`
	RefreshToken string `json:"refresh_token,omitempty"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int    `json:"expires_in"` // seconds
	Scope        string `json:"scope"`
}

// token answers the three grants.
func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	form, problem := readForm(w, r)
	if problem != nil {
		i.answerError(w, r, problem)
		return
	}
	client, problem := i.authenticate(r, form)
	if problem != nil {
		i.answerError(w, r, problem)
		return
	}
	var answer tokenAnswer
	switch form.Get("grant_type") {
	case grantCode:
		answer, problem = i.exchange(r.Context(), client, form)
	case grantRefresh:
		answer, problem = i.refresh(r.Context(), client, form)
	case grantClient:
		answer, problem = i.serviceToken(client, form)
	default:
		problem = &oauthError{code: "unsupported_grant_type"}
	}
	if problem != nil {
		i.answerError(w, r, problem)
		return
	}
	answerJSON(w, http.StatusOK, answer)
}

// readForm takes parameters from the body only, each at most once.
func readForm(w http.ResponseWriter, r *http.Request) (url.Values, *oauthError) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, invalidRequest("the body must be application/x-www-form-urlencoded")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil || repeated(r.PostForm) {
		return nil, invalidRequest("the body is damaged, too large, or repeats a parameter")
	}
	return r.PostForm, nil
}

// authenticate finds the client: public ones name themselves, nexo-service proves its secret by header
// or body (RFC 6749, section 2.3.1).
func (i *Issuer) authenticate(r *http.Request, form url.Values) (Client, *oauthError) {
	refused := &oauthError{code: "invalid_client", description: "unknown client or wrong secret"}
	id, secret := form.Get("client_id"), form.Get("client_secret")
	if user, pass, ok := r.BasicAuth(); ok {
		user, err1 := url.QueryUnescape(user)
		pass, err2 := url.QueryUnescape(pass)
		if err1 != nil || err2 != nil || secret != "" || (id != "" && id != user) {
			return Client{}, refused
		}
		id, secret = user, pass
	} else if r.Header.Get("Authorization") != "" {
		return Client{}, refused
	}
	client, ok := i.clients[id]
	if !ok {
		return Client{}, refused
	}
	if client.Confidential {
		want, got := hashKey(i.ring.serviceSecret()), hashKey(secret) // equal lengths, so that the time says nothing
		if subtle.ConstantTimeCompare([]byte(want), []byte(got)) != 1 {
			return Client{}, refused
		}
		return client, nil
	}
	if secret != "" {
		return Client{}, refused
	}
	return client, nil
}

func (i *Issuer) serviceToken(client Client, form url.Values) (tokenAnswer, *oauthError) {
	if !client.Confidential {
		return tokenAnswer{}, &oauthError{code: "unauthorized_client"}
	}
	scopes, ok := narrow(form.Get("scope"), client.Scopes)
	if !ok {
		return tokenAnswer{}, &oauthError{code: "invalid_scope"}
	}
	g := grant{ClientID: client.ID, Subject: client.ID, Scopes: scopes, AuthTime: i.now(), Resource: form.Get("resource")}
	if g.Resource != "" && !slices.Contains(i.resources, g.Resource) {
		return tokenAnswer{}, &oauthError{code: "invalid_target"}
	}
	return i.answerFor(g)
}

// answerFor signs the tokens of g; the refresh token is added by who keeps the family.
func (i *Issuer) answerFor(g grant) (tokenAnswer, *oauthError) {
	minted, err := i.signAccess(g, AccessTTL)
	if err != nil {
		return tokenAnswer{}, serverError(err)
	}
	answer := tokenAnswer{
		AccessToken: minted.Token, TokenType: "Bearer", ExpiresIn: int(AccessTTL.Seconds()), Scope: joinScopes(g.Scopes),
	}
	if slices.Contains(g.Scopes, scopeOpenID) {
		if answer.IDToken, err = i.signID(g); err != nil {
			return tokenAnswer{}, serverError(err)
		}
	}
	return answer, nil
}

// answerError writes an error of the token and revocation endpoints.
func (i *Issuer) answerError(w http.ResponseWriter, r *http.Request, p *oauthError) {
	status := http.StatusBadRequest
	switch {
	case p.code == "invalid_client":
		status = http.StatusUnauthorized
		w.Header().Set("WWW-Authenticate", `Basic realm="nexo", charset="UTF-8"`)
	case p.code == "server_error":
		status = http.StatusInternalServerError
		i.log.Error("token endpoint failed", "path", r.URL.Path, "error", p.cause)
	}
	body := struct {
		Error       string `json:"error"`
		Description string `json:"error_description,omitempty"`
	}{p.code, p.description}
	answerJSON(w, status, body)
}

func answerJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	w.Write(body)
}
