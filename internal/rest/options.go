package rest

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/faiston/nexo/internal/feed"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/limit"
	"github.com/faiston/nexo/internal/ops"
	"github.com/faiston/nexo/internal/stock"
)

// Client calls operations and lists all of them; *ops.Registry is one.
type Client interface {
	ops.Client
	// All lists every declared operation, whoever may call it: the API document describes them.
	All() []*ops.Operation
}

// Verifier turns an access token into claims; *oidc.Verifier is one.
type Verifier interface {
	// Verify fails with fault.Unauthenticated.
	Verify(ctx context.Context, token string) (identity.Claims, error)
}

// Options are what the door needs. Those without a remark must be given.
type Options struct {
	Client Client
	// Actor gives who acts behind a token or a session.
	Actor func(context.Context, identity.Claims) (*identity.Actor, error)
	// Bearer takes the token from a request (oidc.Bearer), Verifier checks it, and Challenge writes the
	// WWW-Authenticate of a refusal (oidc.ChallengeFor).
	Bearer    func(*http.Request) (string, error)
	Verifier  Verifier
	Challenge func(err error, metadataURL, scope string) string
	// Session gives the claims of a browser that has signed in. nil: there are no browser sessions.
	Session func(*http.Request) (identity.Claims, bool)

	// PublicURL is scheme://host[:port] under which people reach this program.
	PublicURL string
	// Local says that only this machine may call: Host and Origin must be loopback names.
	Local bool
	// Hosts that requests may name beside PublicURL's when not Local, such as a balancer's health check.
	Hosts []string
	// Origins of other web pages that may call when not Local, as scheme://host[:port].
	Origins []string

	// Limits count the requests of an address. nil: as many as it likes.
	Limits *limit.Limits
	// Proxies are our own, whose X-Forwarded-For is believed.
	Proxies identity.Proxies

	// Mounts are handlers of other packages by pattern: the issuer, well-known documents, /mcp, agents.
	// They pass the same checks of Host, Origin and time, and bring their own sign-in.
	Mounts map[string]http.Handler

	// Events reads the log. nil: there is no /api/v1/events.
	Events stock.EventReader
	// Ledger says what the events of the log concern that do not say it themselves. nil: those go only to
	// callers who may see everything.
	Ledger feed.Toucher

	// Reconcile compares an uploaded list with our stock. nil: lists cannot be uploaded.
	Reconcile func(context.Context, *Upload) ([]byte, error)
	// Documents takes in and gives out files. nil: none are taken.
	Documents Documents
	// Sheet starts a table for people. nil: lists are JSON only.
	Sheet func(w io.Writer, kind SheetKind, name string, english bool) (Sheet, error)
	// MaxExportRows is how many rows a table may have. 0: what a sheet of Excel holds.
	MaxExportRows int64

	// Health checks what serving needs: one entry a part, nil where it is well.
	Health func(context.Context) map[string]error
	// Metrics is where other rooms register theirs. nil: a new registry.
	Metrics *prometheus.Registry

	Version string
	NewID   func() uuid.UUID
	Now     func() time.Time
	Random  io.Reader // crypto/rand.Reader, except in tests
	Log     *slog.Logger
}

func (o *Options) check() error {
	if o.Client == nil || o.Actor == nil || o.Bearer == nil || o.Verifier == nil || o.Challenge == nil || o.Health == nil {
		return errors.New("rest: operations, identity and health are needed")
	}
	if o.NewID == nil || o.Now == nil || o.Random == nil || o.Log == nil {
		return errors.New("rest: ids, a clock, randomness and a log are needed")
	}
	u, err := url.Parse(o.PublicURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.Scheme+"://"+u.Host != o.PublicURL {
		return errors.New("rest: the public URL must be scheme://host[:port]")
	}
	if o.Local && !isLoopback(u.Hostname()) {
		return errors.New("rest: in local mode the public URL must name this machine")
	}
	if o.Metrics == nil {
		o.Metrics = prometheus.NewRegistry()
	}
	if o.Session == nil {
		o.Session = func(*http.Request) (identity.Claims, bool) { return identity.Claims{}, false }
	}
	return nil
}

func (o *Options) secure() bool { return strings.HasPrefix(o.PublicURL, "https://") }

// metadataURL is where a client that was refused learns how to sign in (RFC 9728).
func (o *Options) metadataURL() string { return o.PublicURL + "/.well-known/oauth-protected-resource" }
