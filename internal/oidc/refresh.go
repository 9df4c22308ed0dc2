package oidc

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// family is one authorization of a client: a chain of refresh tokens of which only the newest is good
// (RFC 9700, section 4.14.2). A refresh token is "family.secret"; whoever shows a known family with
// another secret shows a token that was used before, so one of two holders is a thief.
type family struct {
	Grant  grant     `json:"grant"`
	Secret string    `json:"secret"`           // hash of the newest
	Parent string    `json:"parent,omitempty"` // the browser session that it dies with
	Until  time.Time `json:"until"`
}

// spent says what came of a code that was used.
type spent struct {
	Family  string `json:"family"`
	Session string `json:"session"`
}

// exchange turns a code into tokens (RFC 6749, section 4.1.3; RFC 7636, section 4.6).
func (i *Issuer) exchange(ctx context.Context, client Client, form url.Values) (tokenAnswer, *oauthError) {
	key := hashKey(form.Get("code"))
	e, err := i.store.Take(ctx, KindCode, key)
	if err != nil {
		if !unknown(err) {
			return tokenAnswer{}, serverError(err)
		}
		return tokenAnswer{}, i.codeAgain(ctx, key)
	}
	var c authCode
	if err := json.Unmarshal(e.Value, &c); err != nil {
		return tokenAnswer{}, serverError(err)
	}
	resource := form.Get("resource")
	switch {
	case c.Grant.ClientID != client.ID || c.Redirect != form.Get("redirect_uri"):
		return tokenAnswer{}, invalidGrant("the code belongs to another client or redirect_uri")
	case !verifies(form.Get("code_verifier"), c.Challenge):
		return tokenAnswer{}, invalidGrant("code_verifier does not fit")
	case resource != "" && c.Grant.Resource != "" && resource != c.Grant.Resource,
		resource != "" && !slices.Contains(i.resources, resource):
		return tokenAnswer{}, &oauthError{code: "invalid_target"}
	}
	if resource != "" {
		c.Grant.Resource = resource
	}
	if problem := i.renew(ctx, &c.Grant, c.Parent); problem != nil {
		return tokenAnswer{}, problem
	}
	return i.newFamily(ctx, key, c)
}

// codeAgain ends what came of a code that is shown twice (RFC 6749, section 4.1.2).
func (i *Issuer) codeAgain(ctx context.Context, key string) *oauthError {
	var was spent
	if err := i.load(ctx, KindSpent, key, &was); err == nil {
		i.log.Warn("authorization code used twice", "session", was.Session)
		if problem := i.endFamily(ctx, was.Family, was.Session); problem != nil {
			return problem
		}
	}
	return invalidGrant("the code is unknown, used or expired")
}

func (i *Issuer) newFamily(ctx context.Context, codeKey string, c authCode) (tokenAnswer, *oauthError) {
	answer, problem := i.answerFor(c.Grant)
	if problem != nil {
		return tokenAnswer{}, problem
	}
	id, err := i.secret()
	if err != nil {
		return tokenAnswer{}, serverError(err)
	}
	secret, err := i.secret()
	if err != nil {
		return tokenAnswer{}, serverError(err)
	}
	until := i.now().Add(RefreshTTL)
	c.Grant.Nonce = "" // id tokens of later refreshes carry none
	f := family{Grant: c.Grant, Secret: hashKey(secret), Parent: c.Parent, Until: until}
	if err := i.save(ctx, KindRefresh, hashKey(id), f, Entry{Until: until, Subject: f.Grant.Subject}); err != nil {
		return tokenAnswer{}, serverError(err)
	}
	if err := i.save(ctx, KindSpent, codeKey, spent{Family: hashKey(id), Session: c.Grant.Session}, Entry{Until: i.now().Add(AccessTTL)}); err != nil {
		return tokenAnswer{}, serverError(err)
	}
	answer.RefreshToken = id + "." + secret
	return answer, nil
}

// refresh gives new tokens for the newest refresh token of a family, and ends the family for an older one.
func (i *Issuer) refresh(ctx context.Context, client Client, form url.Values) (tokenAnswer, *oauthError) {
	id, secret, _ := strings.Cut(form.Get("refresh_token"), ".")
	key := hashKey(id)
	e, err := i.store.Get(ctx, KindRefresh, key)
	if unknown(err) {
		return tokenAnswer{}, invalidGrant("the refresh token is unknown or expired")
	}
	var f family
	if err == nil {
		err = json.Unmarshal(e.Value, &f)
	}
	if err != nil {
		return tokenAnswer{}, serverError(err)
	}
	if f.Grant.ClientID != client.ID {
		return tokenAnswer{}, invalidGrant("the refresh token belongs to another client")
	}
	if subtle.ConstantTimeCompare([]byte(hashKey(secret)), []byte(f.Secret)) != 1 {
		return tokenAnswer{}, i.stolen(ctx, key, f)
	}
	if problem := i.renew(ctx, &f.Grant, f.Parent); problem != nil {
		if end := i.endFamily(ctx, key, f.Grant.Session); end != nil {
			return tokenAnswer{}, end
		}
		return tokenAnswer{}, problem
	}
	access := f.Grant // the client may ask for less this time (RFC 6749, section 6)
	var ok bool
	if access.Scopes, ok = narrow(form.Get("scope"), f.Grant.Scopes); !ok {
		return tokenAnswer{}, &oauthError{code: "invalid_scope"}
	}
	return i.rotateFamily(ctx, id, e.Value, f, access)
}

// rotateFamily puts a new secret in place of the old one; of two that try at once the second finds
// another value there, which is a reuse like any other.
func (i *Issuer) rotateFamily(ctx context.Context, id string, old []byte, f family, access grant) (tokenAnswer, *oauthError) {
	secret, err := i.secret()
	if err != nil {
		return tokenAnswer{}, serverError(err)
	}
	f.Secret = hashKey(secret)
	raw, err := json.Marshal(f)
	if err != nil {
		return tokenAnswer{}, serverError(err)
	}
	answer, problem := i.answerFor(access)
	if problem != nil {
		return tokenAnswer{}, problem
	}
	swapped, err := i.store.Swap(ctx, KindRefresh, hashKey(id), old, Entry{Value: raw, Until: f.Until, Subject: f.Grant.Subject})
	if err != nil {
		return tokenAnswer{}, serverError(err)
	}
	if !swapped {
		return tokenAnswer{}, i.stolen(ctx, hashKey(id), f)
	}
	answer.RefreshToken = id + "." + secret
	return answer, nil
}

func (i *Issuer) stolen(ctx context.Context, key string, f family) *oauthError {
	i.log.Warn("refresh token used twice: its sign-in is ended", "subject", f.Grant.Subject, "client", f.Grant.ClientID)
	if problem := i.endFamily(ctx, key, f.Grant.Session); problem != nil {
		return problem
	}
	return invalidGrant("the refresh token was used before")
}

// endFamily ends the refresh tokens of a family and every access token of its sign-in.
func (i *Issuer) endFamily(ctx context.Context, key, session string) *oauthError {
	i.revoked.add(session)
	if err := i.store.Delete(ctx, KindRefresh, key); err != nil {
		return serverError(err)
	}
	return nil
}

// renew brings the person's name and groups up to date, and refuses when the person is gone, disabled,
// someone else by now, or has signed out of the browser that the grant belongs to.
func (i *Issuer) renew(ctx context.Context, g *grant, parent string) *oauthError {
	ended := invalidGrant("the sign-in has ended")
	if i.revoked.has(g.Session) {
		return ended
	}
	if parent != "" {
		if _, err := i.session(ctx, parent); err != nil {
			if unknown(err) {
				return ended
			}
			return serverError(err)
		}
	}
	user, err := i.dir.User(ctx, g.Username)
	switch {
	case err != nil && !unknown(err):
		return serverError(err)
	case err != nil || user.Disabled || user.Subject != g.Subject:
		return ended
	}
	g.Groups, g.Name = slices.Clone(user.Groups), user.Name
	return nil
}

// revoke ends a refresh token (RFC 7009). Tokens that are unknown are as good as revoked. Access tokens
// cannot be named here, as in Cognito: they end with their refresh token.
func (i *Issuer) revoke(w http.ResponseWriter, r *http.Request) {
	form, problem := readForm(w, r)
	var client Client
	if problem == nil {
		client, problem = i.authenticate(r, form)
	}
	if problem == nil && strings.Count(form.Get("token"), ".") == 2 {
		problem = &oauthError{code: "unsupported_token_type", description: "revoke the refresh token"}
	}
	if problem == nil {
		problem = i.revokeFamily(r.Context(), client, form.Get("token"))
	}
	if problem != nil {
		i.answerError(w, r, problem)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
}

func (i *Issuer) revokeFamily(ctx context.Context, client Client, token string) *oauthError {
	id, _, _ := strings.Cut(token, ".")
	var f family
	err := i.load(ctx, KindRefresh, hashKey(id), &f)
	switch {
	case unknown(err):
		return nil
	case err != nil:
		return serverError(err)
	case f.Grant.ClientID != client.ID:
		return nil // not this client's business, and not its knowledge either
	}
	return i.endFamily(ctx, hashKey(id), f.Grant.Session)
}

// verifies checks a PKCE verifier: 43 to 128 unreserved characters whose hash is the challenge.
func verifies(verifier, challenge string) bool {
	if len(verifier) < 43 || len(verifier) > 128 {
		return false
	}
	for _, c := range []byte(verifier) {
		if !validTokenByte(c) && c != '~' {
			return false
		}
	}
	sum := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(challenge)) == 1
}

func joinScopes(scopes []string) string { return strings.Join(scopes, " ") }
