package oidc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/faiston/nexo/internal/identity"
)

// Lives of what the issuer hands out.
const (
	// AccessTTL of tokens from the token endpoint; Cognito's default.
	AccessTTL = time.Hour
	// MaxAccessTTL is the longest that Mint grants; Cognito's ceiling. An old public key stays published that long.
	MaxAccessTTL = 24 * time.Hour
	// RefreshTTL of a family of refresh tokens from the sign-in on; Cognito's default.
	RefreshTTL = 30 * 24 * time.Hour
	// SessionTTL of a browser's sign-in: one shift, so that nobody signs in twice on a working day.
	SessionTTL = 12 * time.Hour
	// codeTTL of an authorization code (RFC 6749, section 4.1.2 says ten minutes at most).
	codeTTL = time.Minute
)

// IssuerConfig makes a local issuer.
type IssuerConfig struct {
	Local          bool     // must be true: on AWS Cognito is the issuer, and this one must not exist
	URL            string   // the issuer's identifier and base of its endpoints, such as http://127.0.0.1:8080
	DataDir        string   // exists and belongs to the program; the key file lies here
	Resources      []string // what "resource" (RFC 8707) may name; nil means URL, URL/ and URL/mcp
	WebRedirects   []string // exact redirect URIs of nexo-web; nil means URL/ and URL/auth/callback
	AgentRedirects []string // exact redirect URIs of nexo-agent beside loopback, such as an editor's own scheme
	Origins        Origins  // web pages that may use the token endpoint
	Directory      Directory
	Store          Store // nil means a MemoryStore
	Now            func() time.Time
	Random         io.Reader // crypto/rand.Reader, except in tests
	Log            *slog.Logger
	// RemoteAddress says whom the sign-in limits count; nil means the address of the connection.
	RemoteAddress func(*http.Request) string
}

// Issuer is the local authorization server. It is safe for concurrent use.
type Issuer struct {
	url       string
	secure    bool // https
	resources []string
	clients   map[string]Client
	origins   Origins
	dir       Directory
	store     Store
	now       func() time.Time
	random    io.Reader
	log       *slog.Logger
	address   func(*http.Request) string

	ring      *keyring
	created   bool
	verifier  *Verifier
	passwords *passwords
	throttle  *throttle
	revoked   *revocations
	users     *userCache
	formKey   []byte
	pages     pages
}

// NewIssuer opens or makes the key file. It refuses to work outside local mode.
func NewIssuer(c IssuerConfig) (*Issuer, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	ring, created, err := openKeyring(c.DataDir, c.Now)
	if err != nil {
		return nil, err
	}
	i := &Issuer{
		url: c.URL, secure: strings.HasPrefix(c.URL, "https://"),
		resources: c.Resources, clients: clients(c.WebRedirects, c.AgentRedirects), origins: c.Origins,
		dir: c.Directory, store: c.Store, now: c.Now, random: c.Random, log: c.Log, address: c.RemoteAddress,
		ring: ring, created: created,
		throttle: newThrottle(c.Now), revoked: newRevocations(c.Now), users: newUserCache(c.Directory, c.Now),
		formKey: make([]byte, 32),
	}
	if _, err := io.ReadFull(c.Random, i.formKey); err != nil {
		return nil, fmt.Errorf("reading randomness: %w", err)
	}
	if i.passwords, err = newPasswords(c.Random); err != nil {
		return nil, err
	}
	if i.pages, err = newPages(); err != nil {
		return nil, err
	}
	i.verifier, err = i.NewVerifier()
	return i, err
}

// check fills in what may be left out and refuses what cannot work.
func (c *IssuerConfig) check() error {
	if !c.Local {
		return errors.New("oidc: the local issuer exists in local mode only")
	}
	u, err := url.Parse(c.URL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.Scheme+"://"+u.Host != c.URL {
		return fmt.Errorf("oidc: issuer URL %q is not scheme://host[:port]", c.URL)
	}
	if c.Directory == nil || c.Now == nil || c.Random == nil || c.Log == nil {
		return errors.New("oidc: an issuer needs a directory, a clock, randomness and a log")
	}
	if info, err := os.Stat(c.DataDir); err != nil || !info.IsDir() {
		return errors.New("oidc: the data directory of the issuer does not exist")
	}
	if c.Resources == nil {
		c.Resources = []string{c.URL, c.URL + "/", c.URL + "/mcp"}
	}
	if c.WebRedirects == nil {
		c.WebRedirects = []string{c.URL + "/", c.URL + "/auth/callback"}
	}
	if c.Store == nil {
		c.Store = NewMemoryStore(c.Now)
	}
	if c.RemoteAddress == nil {
		c.RemoteAddress = connectionAddress
	}
	return nil
}

// NewVerifier makes a verifier of this issuer's access tokens, which needs no HTTP and knows of
// sign-outs at once.
func (i *Issuer) NewVerifier() (*Verifier, error) {
	ids := make([]string, 0, len(i.clients))
	for id := range i.clients {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return NewVerifier(VerifierConfig{
		Issuer: i.url, ClientIDs: ids, Audiences: i.resources, Keys: i.ring, Now: i.now, Revoked: i.Revoked,
	})
}

// Client finds a registered client by its id.
func (i *Issuer) Client(id string) (Client, bool) {
	c, ok := i.clients[id]
	return c, ok
}

// ServiceSecret is the secret of nexo-service, made at the first start. created says that this was it,
// so that the start can print it.
func (i *Issuer) ServiceSecret() (secret string, created bool) {
	return i.ring.serviceSecret(), i.created
}

// Rotate makes new signing keys. Tokens that are out there stay good: the old public keys are published
// for MaxAccessTTL. It belongs to the process that serves; another one keeps signing with the key that it
// has read until it starts again, which verifies for as long.
func (i *Issuer) Rotate(context.Context) error {
	if err := i.ring.rotate(MaxAccessTTL); err != nil {
		return fmt.Errorf("rotating issuer keys: %w", err)
	}
	i.log.Info("issuer keys rotated")
	return nil
}

// Revoked reports whether the sign-in that c came from has been ended here. It costs one map lookup.
func (i *Issuer) Revoked(c identity.Claims) bool { return i.revoked.has(c.Session) }

// Handler serves every URL of the issuer: /oauth2/…, /login, /logout and its well-known documents.
func (i *Issuer) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /oauth2/authorize", i.authorize)
	mux.HandleFunc("POST /oauth2/authorize", i.fromOurPage(i.agree))
	mux.HandleFunc("GET /login", i.loginPage)
	mux.HandleFunc("POST /login", i.fromOurPage(i.login))
	mux.HandleFunc("GET /logout", i.logoutPage)
	mux.HandleFunc("POST /logout", i.fromOurPage(i.logout))
	mux.Handle("/oauth2/token", i.origins.wrap(postOnly(i.token)))
	mux.Handle("/oauth2/revoke", i.origins.wrap(postOnly(i.revoke)))
	mux.Handle("/oauth2/userInfo", i.origins.wrap(http.HandlerFunc(i.userInfo)))
	mux.Handle("/.well-known/jwks.json", i.origins.wrap(http.HandlerFunc(i.keySet)))
	metadata := i.origins.wrap(i.metadata())
	mux.Handle("/.well-known/openid-configuration", metadata)
	mux.Handle("/.well-known/oauth-authorization-server", metadata)
	return mux
}
