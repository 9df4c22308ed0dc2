package oidc

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/faiston/nexo/internal/identity"
)

const (
	// clockLeeway is how far ahead our issuer's clock may be (iat, nbf). Expiry gets none.
	clockLeeway = 30 * time.Second
	// maxName in bytes bounds sub, username, jti and the like; Cognito's user names end at 128.
	maxName = 256
	// maxGroups is what a Cognito user may be in.
	maxGroups = 100
	// maxUnix is the end of the year 9999: later times cannot be written in RFC 3339.
	maxUnix = 253402300799
)

// rawClaims are the claims that we read from an access token, with Cognito's names.
type rawClaims struct {
	Subject   string   `json:"sub"`
	Issuer    string   `json:"iss"`
	ClientID  string   `json:"client_id"`
	Use       string   `json:"token_use"`
	Username  string   `json:"username"`
	Scope     string   `json:"scope"`
	Groups    []string `json:"cognito:groups"`
	ActFor    string   `json:"act_for"`
	TokenID   string   `json:"jti"`
	OriginID  string   `json:"origin_jti"`
	ExpiresAt int64    `json:"exp"` // whole seconds: what Cognito sends; fractions are refused
	IssuedAt  int64    `json:"iat"`
	NotBefore int64    `json:"nbf"`
	Audience  audience `json:"aud"`
}

// audience is one string or a list of them (RFC 7519, section 4.1.3).
type audience []string

// UnmarshalJSONFrom reads either form.
func (a *audience) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if d.PeekKind() == '[' {
		return json.UnmarshalDecode(d, (*[]string)(a))
	}
	var one string
	if err := json.UnmarshalDecode(d, &one); err != nil {
		return err
	}
	*a = audience{one}
	return nil
}

// claimRules says what an access token of ours must claim.
type claimRules struct {
	issuer    string
	clients   map[string]bool
	audiences []string
}

func newClaimRules(issuer string, clients, audiences []string) claimRules {
	r := claimRules{issuer: issuer, clients: make(map[string]bool, len(clients)), audiences: slices.Clone(audiences)}
	for _, c := range clients {
		r.clients[c] = c != ""
	}
	return r
}

// apply gives the claims of c, or why they are not acceptable at now.
func (r claimRules) apply(c rawClaims, now time.Time) (identity.Claims, error) {
	if err := r.whose(c); err != nil {
		return identity.Claims{}, err
	}
	if err := within(c, now); err != nil {
		return identity.Claims{}, err
	}
	for _, s := range []string{c.Subject, c.Username, c.TokenID, c.OriginID, c.ActFor} {
		if len(s) > maxName {
			return identity.Claims{}, errors.New("a name is too long")
		}
	}
	if c.Subject == "" {
		return identity.Claims{}, errors.New("sub is missing")
	}
	if len(c.Groups) > maxGroups {
		return identity.Claims{}, errors.New("too many groups")
	}
	return identity.Claims{
		Issuer:     c.Issuer,
		Subject:    c.Subject,
		Username:   c.Username,
		ClientID:   c.ClientID,
		Groups:     c.Groups,
		Scopes:     strings.Fields(c.Scope),
		OnBehalfOf: c.ActFor,
		TokenID:    c.TokenID,
		Session:    c.OriginID,
		IssuedAt:   time.Unix(c.IssuedAt, 0),
		ExpiresAt:  time.Unix(c.ExpiresAt, 0),
	}, nil
}

// whose checks that the token is an access token of our issuer, for one of our clients.
func (r claimRules) whose(c rawClaims) error {
	switch {
	case c.Issuer != r.issuer:
		return errors.New("iss is not ours")
	case c.Use != "access":
		return errors.New("token_use is not access")
	case !r.clients[c.ClientID]:
		return errors.New("client_id is not allowed")
	}
	if len(r.audiences) == 0 || c.Audience == nil {
		return nil
	}
	for _, a := range c.Audience {
		if slices.Contains(r.audiences, a) {
			return nil
		}
	}
	return errors.New("aud is not ours")
}

// within checks the times (RFC 7519, 4.1.4 to 4.1.6). exp must be there; iat and nbf may be absent.
func within(c rawClaims, now time.Time) error {
	for _, t := range []int64{c.ExpiresAt, c.IssuedAt, c.NotBefore} {
		if t < 0 || t > maxUnix {
			return errors.New("a time is out of range")
		}
	}
	ahead := now.Add(clockLeeway).Unix()
	switch {
	case c.ExpiresAt == 0:
		return errors.New("exp is missing")
	case now.Unix() >= c.ExpiresAt:
		return errors.New("token has expired")
	case c.NotBefore > ahead:
		return errors.New("nbf is ahead")
	case c.IssuedAt > ahead:
		return errors.New("iat is ahead")
	}
	return nil
}
