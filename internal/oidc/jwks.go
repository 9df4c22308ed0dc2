package oidc

import (
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"

	"github.com/go-json-experiment/json"
)

const (
	// maxKeys in a set; Cognito publishes two.
	maxKeys = 32
	// RSA sizes in bits: below 2048 is refused by RFC 7518 section 3.3, above 8192 costs too much to check.
	minKeyBits, maxKeyBits = 2048, 8192
	// publicExponent is 65537, the only one that Cognito and this issuer use. Odd small ones are weak.
	publicExponent = 65537
)

// jwk is one RSA signature key (RFC 7517, section 4; RFC 7518, section 6.3.1).
type jwk struct {
	Type      string `json:"kty"`
	KeyID     string `json:"kid"`
	Use       string `json:"use,omitempty"`
	Algorithm string `json:"alg,omitempty"`
	Modulus   string `json:"n,omitempty"`
	Exponent  string `json:"e,omitempty"`
}

type jwkSet struct {
	Keys []jwk `json:"keys"`
}

// decodeKeySet reads a JWK set. Keys of other kinds and uses are passed over (RFC 7517, section 5); a
// set in which a name appears twice, or that has no key for us, is refused whole.
func decodeKeySet(raw []byte) (map[string]*rsa.PublicKey, error) {
	var set jwkSet
	if err := json.Unmarshal(raw, &set); err != nil {
		return nil, errors.New("key set is not the JSON of a key set")
	}
	if len(set.Keys) > maxKeys {
		return nil, errors.New("key set has too many keys")
	}
	keys := make(map[string]*rsa.PublicKey, len(set.Keys))
	for _, k := range set.Keys {
		if k.Type != "RSA" || (k.Use != "" && k.Use != "sig") || (k.Algorithm != "" && k.Algorithm != "RS256") {
			continue
		}
		if !validKeyID(k.KeyID) || keys[k.KeyID] != nil {
			return nil, errors.New("key set has a wrong or repeated key id")
		}
		key, err := k.public()
		if err != nil {
			return nil, fmt.Errorf("key set: %w", err)
		}
		keys[k.KeyID] = key
	}
	if len(keys) == 0 {
		return nil, errors.New("key set has no RS256 key")
	}
	return keys, nil
}

func (k jwk) public() (*rsa.PublicKey, error) {
	n, err := decodePart(k.Modulus)
	if err != nil {
		return nil, errors.New("modulus is not base64url")
	}
	e, err := decodePart(k.Exponent)
	if err != nil {
		return nil, errors.New("exponent is not base64url")
	}
	if new(big.Int).SetBytes(e).Cmp(big.NewInt(publicExponent)) != 0 {
		return nil, errors.New("exponent is not 65537")
	}
	mod := new(big.Int).SetBytes(n)
	if bits := mod.BitLen(); bits < minKeyBits || bits > maxKeyBits {
		return nil, errors.New("modulus has a wrong size")
	}
	return &rsa.PublicKey{N: mod, E: publicExponent}, nil
}

// encodeKey is the published form of a key.
func encodeKey(kid string, key *rsa.PublicKey) jwk {
	return jwk{
		Type: "RSA", KeyID: kid, Use: "sig", Algorithm: "RS256",
		Modulus:  base64.RawURLEncoding.EncodeToString(key.N.Bytes()),
		Exponent: base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes()),
	}
}
