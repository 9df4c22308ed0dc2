package oidc

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
)

const (
	// MaxTokenSize in bytes. Cognito's access tokens with the full hundred groups stay under 8 KiB, and
	// so do the header limits of most proxies.
	MaxTokenSize = 8 << 10
	// maxKeyID in characters; Cognito's are 44.
	maxKeyID = 64
)

// parsedToken is a token whose form is right and whose words are not yet believed.
type parsedToken struct {
	kid       string
	signed    string // header "." payload, as it was signed
	signature []byte
	claims    rawClaims
}

// header has every member that may appear. Strict decoding refuses all others: jku, x5u, jwk and x5c
// would name a key of the sender's choice, crit and b64 change what is signed (RFC 8725, 3.10; RFC 7515, 4.1.11).
type header struct {
	Algorithm string `json:"alg"`
	KeyID     string `json:"kid"`
	Type      string `json:"typ"`
}

// parseToken takes a compact JWS apart (RFC 7515, section 7.1). It never allocates more than a few
// times the token, which the caller has limited to MaxTokenSize.
func parseToken(token string) (parsedToken, error) {
	if len(token) > MaxTokenSize {
		return parsedToken{}, errors.New("token is too large")
	}
	head, rest, ok := strings.Cut(token, ".")
	payload, sig, ok2 := strings.Cut(rest, ".")
	if !ok || !ok2 || strings.Contains(sig, ".") {
		return parsedToken{}, errors.New("token has not three parts")
	}
	kid, err := parseHeader(head)
	if err != nil {
		return parsedToken{}, err
	}
	t := parsedToken{kid: kid, signed: token[:len(head)+1+len(payload)]}
	if t.signature, err = decodePart(sig); err != nil {
		return parsedToken{}, fmt.Errorf("signature: %w", err)
	}
	body, err := decodePart(payload)
	if err != nil {
		return parsedToken{}, fmt.Errorf("payload: %w", err)
	}
	// Unknown claims are ignored, as RFC 7519 section 4 asks; duplicates, other spellings of a name and
	// invalid UTF-8 are refused by the decoder.
	if err := json.Unmarshal(body, &t.claims); err != nil {
		return parsedToken{}, errors.New("payload is not the JSON of an access token")
	}
	return t, nil
}

func parseHeader(part string) (kid string, err error) {
	raw, err := decodePart(part)
	if err != nil {
		return "", fmt.Errorf("header: %w", err)
	}
	var h header
	if err := json.Unmarshal(raw, &h, json.RejectUnknownMembers(true)); err != nil {
		return "", errors.New("header has members other than alg, kid and typ, or is not JSON")
	}
	switch {
	case h.Algorithm != "RS256":
		return "", errors.New("algorithm is not RS256")
	case h.Type != "" && h.Type != "JWT" && h.Type != "at+jwt":
		return "", errors.New("type is not a JWT")
	case !validKeyID(h.KeyID):
		return "", errors.New("key id is missing or has a wrong form")
	}
	return h.KeyID, nil
}

// validKeyID allows the alphabets of base64 and base64url, which Cognito, RFC 7638 thumbprints and
// this issuer use. No dots, quotes or blanks: a kid is a map key here and nothing else.
func validKeyID(kid string) bool {
	if kid == "" || len(kid) > maxKeyID {
		return false
	}
	for _, c := range []byte(kid) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case c == '-', c == '_', c == '+', c == '/', c == '=':
		default:
			return false
		}
	}
	return true
}

// decodePart accepts canonical base64url only: no padding, no line breaks (which Go's decoder skips),
// no stray bits at the end. So two different strings are never the same token.
func decodePart(part string) ([]byte, error) {
	if part == "" {
		return nil, errors.New("part is empty")
	}
	if strings.ContainsAny(part, "\r\n") {
		return nil, errors.New("part has line breaks")
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return nil, errors.New("part is not canonical base64url")
	}
	return raw, nil
}
