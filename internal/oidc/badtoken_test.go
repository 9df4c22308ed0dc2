package oidc

import (
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/fault"
)

// badToken is one row of S-17: a token, and a part of the reason that the log must give.
type badToken struct {
	name, token, why string
}

// rows of bad headers: everything else about the token is right, the signature too.
func badHeaders(t *testing.T, key *rsa.PrivateKey) []badToken {
	h := func(change object) string { return forge(t, key, goodHeader().with(change), goodClaims()) }
	raw := func(text string) string { return forge(t, key, text, goodClaims()) }
	return []badToken{
		{"alg none", h(object{"alg": "none"}), "not RS256"},
		{"alg None", h(object{"alg": "None"}), "not RS256"},
		{"alg none without signature", part(t, goodHeader().with(object{"alg": "none"})) + "." + part(t, goodClaims()) + ".", "not RS256"},
		{"alg missing", h(object{"alg": nil}), "not RS256"},
		{"alg is null", raw(`{"alg":null,"kid":"k1"}`), "not RS256"},
		{"alg rs256", h(object{"alg": "rs256"}), "not RS256"},
		{"alg PS256", h(object{"alg": "PS256"}), "not RS256"},
		{"alg RS512", h(object{"alg": "RS512"}), "not RS256"},
		{"alg ES256", h(object{"alg": "ES256"}), "not RS256"},
		{"kid missing", h(object{"kid": nil}), "key id"},
		{"kid empty", h(object{"kid": ""}), "key id"},
		{"kid unknown", h(object{"kid": "k2"}), "unknown"},
		{"kid with a path", h(object{"kid": "../../dev/null"}), "key id"},
		{"kid with SQL", h(object{"kid": "k1' OR '1'='1"}), "key id"},
		{"kid with NUL", h(object{"kid": "k1\x00"}), "key id"},
		{"kid too long", h(object{"kid": strings.Repeat("k", 65)}), "key id"},
		{"kid is a number", raw(`{"alg":"RS256","kid":1}`), "not JSON"},
		{"jku", h(object{"jku": "https://evil.example/jwks.json"}), "members other"},
		{"x5u", h(object{"x5u": "https://evil.example/cert.pem"}), "members other"},
		{"x5c", h(object{"x5c": []string{"MIIB"}}), "members other"},
		{"jwk", h(object{"jwk": encodeKey("k1", &key.PublicKey)}), "members other"},
		{"crit", h(object{"crit": []string{"exp"}, "exp": 1}), "members other"},
		{"b64 false", h(object{"b64": false}), "members other"},
		{"typ of something else", h(object{"typ": "JWE"}), "type"},
		{"member twice", raw(`{"alg":"RS256","kid":"k1","kid":"k1"}`), "members other"},
		{"alg twice, once none", raw(`{"alg":"none","alg":"RS256","kid":"k1"}`), "members other"},
		{"other case", raw(`{"ALG":"RS256","kid":"k1"}`), "members other"},
		{"header is an array", raw(`["RS256","k1"]`), "not JSON"},
		{"header is null", raw(`null`), "not RS256"},
		{"header with a tail", raw(`{"alg":"RS256","kid":"k1"}{}`), "not JSON"},
		{"header is not UTF-8", raw("{\"alg\":\"RS256\",\"kid\":\"k1\xff\"}"), "not JSON"},
	}
}

func badClaims(t *testing.T, key *rsa.PrivateKey) []badToken {
	c := func(change object) string { return forge(t, key, goodHeader(), goodClaims().with(change)) }
	now := noon().Unix()
	base := `{"sub":"8f0c","iss":"` + testIssuer + `","client_id":"app","token_use":"access","username":"ana"`
	raw := func(tail string) string { return forge(t, key, goodHeader(), base+tail) }
	exp := `,"exp":` + strconv.FormatInt(now+3600, 10)
	return []badToken{
		{"iss wrong", c(object{"iss": "https://evil.example/pool"}), "iss"},
		{"iss with a slash", c(object{"iss": testIssuer + "/"}), "iss"},
		{"iss missing", c(object{"iss": nil}), "iss"},
		{"client_id wrong", c(object{"client_id": "other"}), "client_id"},
		{"client_id missing", c(object{"client_id": nil}), "client_id"},
		{"client_id in aud only", c(object{"client_id": nil, "aud": "app"}), "client_id"},
		{"id token", c(object{"token_use": "id", "aud": "app"}), "token_use"},
		{"token_use missing", c(object{"token_use": nil}), "token_use"},
		{"token_use Access", c(object{"token_use": "Access"}), "token_use"},
		{"aud of another", c(object{"aud": "http://other/mcp"}), "aud"},
		{"aud empty list", c(object{"aud": []string{}}), "aud"},
		{"aud is a number", c(object{"aud": 7}), "not the JSON"},
		{"exp missing", c(object{"exp": nil}), "exp is missing"},
		{"exp null", raw(`,"exp":null}`), "exp is missing"},
		{"exp past", c(object{"exp": now - 1}), "expired"},
		{"exp now", c(object{"exp": now}), "expired"},
		{"exp negative", c(object{"exp": -1}), "out of range"},
		{"exp in the year 292277026596", c(object{"exp": int64(1<<63 - 1)}), "out of range"},
		{"exp overflows", raw(`,"exp":99999999999999999999}`), "not the JSON"},
		{"exp is a text", c(object{"exp": "4102444800"}), "not the JSON"},
		{"exp is a fraction", raw(`,"exp":4102444800.5}`), "not the JSON"},
		{"nbf ahead", c(object{"nbf": now + 120}), "nbf"},
		{"iat ahead", c(object{"iat": now + 120}), "iat"},
		{"sub missing", c(object{"sub": nil}), "sub"},
		{"sub too long", c(object{"sub": strings.Repeat("s", 257)}), "too long"},
		{"groups is a text", c(object{"cognito:groups": "admin"}), "not the JSON"},
		{"too many groups", c(object{"cognito:groups": make([]string, 101)}), "too many groups"},
		{"exp twice", raw(exp + exp + `}`), "not the JSON"},
		{"client_id twice", raw(`,"client_id":"app"` + exp + `}`), "not the JSON"},
		{"unknown claim twice", raw(exp + `,"x":1,"x":2}`), "not the JSON"},
		{"duplicate deep inside", raw(exp + `,"x":{"y":1,"y":2}}`), "not the JSON"},
		{"groups in other case", raw(exp + `,"TOKEN_USE":"id","exp":1}`), "not the JSON"},
		{"payload with a tail", raw(exp + `} ` + "x"), "not the JSON"},
		{"payload is null", forge(t, key, goodHeader(), `null`), "iss"},
		{"payload is an array", forge(t, key, goodHeader(), `[]`), "not the JSON"},
		{"payload is not UTF-8", raw(exp + ",\"x\":\"\xff\"}"), "not the JSON"},
		{"payload nests deep", forge(t, key, goodHeader(), strings.Repeat("[", 4000)), "not the JSON"},
	}
}

func badForms(t *testing.T, key *rsa.PrivateKey) []badToken {
	good := forge(t, key, goodHeader(), goodClaims())
	head, rest, _ := strings.Cut(good, ".")
	payload, sig, _ := strings.Cut(rest, ".")
	other := forge(t, newKey(t), goodHeader(), goodClaims())
	changed := part(t, goodClaims().with(object{"username": "admin"}))
	jsonForm := `{"payload":"` + payload + `","signatures":[{"protected":"` + head + `","signature":"` + sig + `"},{"protected":"` + head + `","signature":"` + sig + `"}]}`
	return []badToken{
		{"empty", "", "three parts"},
		{"one word", "abc", "three parts"},
		{"two parts", head + "." + payload, "three parts"},
		{"four parts", good + ".x", "three parts"},
		{"two signatures", good + "." + sig, "three parts"},
		{"JSON serialization with two signatures", jsonForm, "three parts"},
		{"five parts, as an encrypted one", "a.b.c.d.e", "three parts"},
		{"dots only", "..", "empty"},
		{"signature empty", head + "." + payload + ".", "empty"},
		{"signature of another key", other, "signature does not fit"},
		{"signature cut", good[:len(good)-len(sig)+4*60], "signature does not fit"},
		{"signature of zeros", head + "." + payload + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 256)), "signature does not fit"},
		{"payload changed", head + "." + changed + "." + sig, "signature does not fit"},
		{"padded", head + "." + payload + "." + sig + "==", "canonical"},
		{"standard base64", head + "." + payload + "." + strings.Repeat("+/", 20), "canonical"},
		{"stray bits at the end", head + "." + payload + "." + strayBits(sig), "canonical"},
		{"line break inside", head + "." + payload + "." + sig[:10] + "\n" + sig[10:], "line breaks"},
		{"blank at the end", good + " ", "canonical"},
		{"blank in front", " " + good, "canonical"},
		{"NUL at the end", good + "\x00", "canonical"},
		{"1 MB", head + "." + strings.Repeat("A", 1<<20) + "." + sig, "too large"},
		{"one byte over the limit", strings.Repeat("a", MaxTokenSize+1), "too large"},
		{"HS256 with the public key as secret", confused(t, key), "not RS256"},
		{"HS256 said to be RS256", confusedAsRS(t, key), "signature does not fit"},
	}
}

// strayBits sets a bit that the last character of 256 bytes in base64 does not use.
func strayBits(sig string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, sig[len(sig)-1])
	return sig[:len(sig)-1] + string(alphabet[last|1])
}

func confused(t *testing.T, key *rsa.PrivateKey) string {
	return hmacWithPublicKey(t, key, goodHeader().with(object{"alg": "HS256"}))
}

func confusedAsRS(t *testing.T, key *rsa.PrivateKey) string {
	return hmacWithPublicKey(t, key, goodHeader())
}

func hmacWithPublicKey(t *testing.T, key *rsa.PrivateKey, head object) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	signed := part(t, head) + "." + part(t, goodClaims())
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// TestBadTokens is S-17: every row is refused in the same words, for the right reason, and a good token
// still passes afterwards.
func TestBadTokens(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	v := newTestVerifier(t, fixedKeys{"k1": &key.PublicKey}, func(c *VerifierConfig) { c.Audiences = []string{"http://nexo/mcp"} })
	rows := append(append(badHeaders(t, key), badClaims(t, key)...), badForms(t, key)...)
	if len(rows) < 30 {
		t.Fatalf("only %d rows", len(rows))
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			claims, err := v.Verify(t.Context(), row.token)
			e := fault.Of(err)
			switch {
			case err == nil:
				t.Fatalf("accepted as %+v", claims)
			case e.Code != fault.Unauthenticated || e.Retryable || e.MessageEN != "Missing or invalid access token.":
				t.Errorf("answers %+v", e.Wire())
			case errors.Unwrap(e) == nil || !strings.Contains(errors.Unwrap(e).Error(), row.why):
				t.Errorf("refused because %v, want %q", errors.Unwrap(e), row.why)
			case len(claims.Subject+claims.Username) > 0:
				t.Errorf("claims came with the refusal: %+v", claims)
			}
		})
	}
	t.Cleanup(func() {
		if n := v.cache.len(); n != 0 {
			t.Errorf("%d bad tokens are remembered", n)
		}
	})
}

// FuzzParseToken looks for input that panics, or that is accepted in more than one spelling.
func FuzzParseToken(f *testing.F) {
	for _, s := range []string{
		"", "..", "a.b.c", "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsxIn0.e30.AA",
		part(f, goodHeader()) + "." + part(f, goodClaims()) + ".AAAA",
		part(f, `{"alg":"RS256","kid":"k1","jku":"x"}`) + ".e30.AA",
	} {
		f.Add(s)
	}
	rules := newClaimRules(testIssuer, []string{"app"}, nil)
	f.Fuzz(func(t *testing.T, token string) {
		p, err := parseToken(token)
		if err != nil {
			return
		}
		if !validKeyID(p.kid) || !strings.HasPrefix(token, p.signed+".") {
			t.Errorf("kid %q, signed %q", p.kid, p.signed)
		}
		if again := p.signed + "." + base64.RawURLEncoding.EncodeToString(p.signature); again != token {
			t.Errorf("%q is accepted and so is %q", token, again)
		}
		if c, err := rules.apply(p.claims, noon()); err == nil && (c.Subject == "" || c.ExpiresAt.Before(noon())) {
			t.Errorf("accepted %+v", c)
		}
	})
}
