package oidc

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/faiston/nexo/internal/fault"
)

// bearerScheme is compared byte by byte. RFC 9110 section 11.1 calls schemes case-insensitive; row S-17
// of the reliability page wants a lower-case "bearer" refused, and being stricter is safe: RFC 6750
// writes the word as "Bearer", our token endpoint answers token_type "Bearer", and a proxy or log filter
// in front that knows only the usual spelling then never lets a token pass that we would take.
const bearerScheme = "Bearer "

// ErrNoToken is the cause of a refusal where no token was sent at all: its challenge carries no error
// code (RFC 6750, section 3.1).
var ErrNoToken = errors.New("oidc: request carries no access token")

// Bearer takes the access token from the Authorization header (RFC 6750, section 2.1). A token in the
// query is refused even beside a good header, because it has by then been written to histories and logs;
// so are two Authorization headers. Failures are fault.Unauthenticated.
func Bearer(r *http.Request) (string, error) {
	if queryHasToken(r.URL.RawQuery) {
		return "", refuse(errors.New("token was sent in the query"))
	}
	values := r.Header["Authorization"]
	switch {
	case len(values) == 0:
		return "", refuse(ErrNoToken)
	case len(values) > 1:
		return "", refuse(errors.New("more than one Authorization header"))
	case !strings.HasPrefix(values[0], bearerScheme):
		return "", refuse(errors.New("scheme is not Bearer"))
	}
	token := values[0][len(bearerScheme):]
	if token == "" {
		return "", refuse(ErrNoToken)
	}
	if len(token) > MaxTokenSize {
		return "", refuse(errors.New("token is too large"))
	}
	for _, c := range []byte(token) {
		if !validTokenByte(c) {
			return "", refuse(errors.New("token has characters that no token has"))
		}
	}
	return token, nil
}

// validTokenByte is the alphabet of a compact JWS. RFC 6750's b64token allows ~ + / = too; no token of
// ours has them.
func validTokenByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.'
}

func queryHasToken(raw string) bool {
	if raw == "" {
		return false
	}
	q, err := url.ParseQuery(raw)
	return q.Has("access_token") || (err != nil && strings.Contains(raw, "access_token"))
}

// ChallengeFor is the WWW-Authenticate value for err, at a resource whose metadata lies at metadataURL:
// no error code when no token was sent, invalid_token when it was refused, and insufficient_scope with
// the scope that is missing when err is a permission fault and scope is not empty.
func ChallengeFor(err error, metadataURL, scope string) string {
	e := fault.Of(err)
	c := Challenge{ResourceMetadata: metadataURL, Scope: scope}
	switch {
	case e == nil || errors.Is(err, ErrNoToken):
	case e.Code == fault.PermissionDenied:
		c.Error, c.Description = "insufficient_scope", e.MessageEN
	default:
		c.Error, c.Description = "invalid_token", e.MessageEN
	}
	return c.String()
}

// Challenge is what a 401 or 403 says in WWW-Authenticate (RFC 6750, section 3; RFC 9728, section 5.1).
type Challenge struct {
	ResourceMetadata string // absolute URL of the RFC 9728 document
	Error            string // invalid_token, insufficient_scope, or empty when no token was sent
	Description      string // English; characters that the header may not carry are dropped
	Scope            string // what the resource needs, space separated
}

// String is the value of the header.
func (c Challenge) String() string {
	var b strings.Builder
	b.WriteString(`Bearer realm="nexo"`)
	for _, p := range [][2]string{
		{"resource_metadata", c.ResourceMetadata}, {"error", c.Error}, {"error_description", c.Description}, {"scope", c.Scope},
	} {
		if p[1] != "" {
			b.WriteString(`, ` + p[0] + `="` + headerText(p[1]) + `"`)
		}
	}
	return b.String()
}

// headerText keeps the characters of RFC 6750's error_description: printable ASCII without quote and backslash.
func headerText(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e || r == '"' || r == '\\' {
			return -1
		}
		return r
	}, s)
}
