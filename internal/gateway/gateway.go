package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/limit"
	"github.com/faiston/nexo/internal/ops"
)

// Verifier turns an access token into what it says; oidc.Verifier is one.
type Verifier interface {
	// Verify fails with fault.Unauthenticated; retryable when the keys could not be had.
	Verify(ctx context.Context, token string) (identity.Claims, error)
}

// Limits of the door. Zero values mean the defaults.
type Limits struct {
	// CallsAtOnce bounds the calls of one subject that run at the same time.
	CallsAtOnce int
	// Call bounds one call, Long one that reports progress.
	Call, Long time.Duration
	// Read bounds the arrival of a body, Write each piece of an answer that a client takes.
	Read, Write time.Duration
	// Page is the number of tools in a page of tools/list.
	Page int
}

const (
	// defaultCallsAtOnce lets one service keep the ledger's coalescing full (128 waiting calls), twice.
	defaultCallsAtOnce = 256
	// defaultCall is what clients of the AgentCore gateway wait.
	defaultCall = 30 * time.Second
	// defaultLong is enough for the largest import or reconciliation.
	defaultLong = 15 * time.Minute
	// defaultRead is MaxBody at 2 Mbit/s.
	defaultRead = 20 * time.Second
	// defaultWrite ends connections whose other side has stopped reading.
	defaultWrite = 30 * time.Second
	// defaultPage holds every tool: some clients read one page only.
	defaultPage = 100
)

func (l Limits) withDefaults() Limits {
	fill := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	fill(&l.Call, defaultCall)
	fill(&l.Long, defaultLong)
	fill(&l.Read, defaultRead)
	fill(&l.Write, defaultWrite)
	if l.CallsAtOnce <= 0 {
		l.CallsAtOnce = defaultCallsAtOnce
	}
	if l.Page <= 0 {
		l.Page = defaultPage
	}
	return l
}

// Options is what the door works with; package app wires it.
type Options struct {
	Client     ops.Client
	Operations []*ops.Operation // every declared one: what is not here is an unknown tool
	Verifier   Verifier
	// Actor resolves the profile of a token's holder. A disabled one is fault.PermissionDenied.
	Actor func(context.Context, identity.Claims) (*identity.Actor, error)
	// ResourceMetadataURL is the absolute URL of the RFC 9728 document.
	ResourceMetadataURL string
	// AllowedHosts are the names, with or without port, by which clients reach the door; loopback names
	// always pass. The check stops DNS rebinding.
	AllowedHosts []string
	// TrustedOrigins are web pages (scheme://host[:port]) that may call from a browser beside our own.
	TrustedOrigins []string
	Version        string        // of the program
	NewID          func() string // names internal errors, so that a user can quote them
	Log            *slog.Logger
	Limits         Limits
	// Proxies are our own, whose X-Forwarded-For is believed; the audit keeps where calls come from.
	Proxies identity.Proxies
	// Rates count what is not an operation, as operations count themselves; nil: as often as anybody likes.
	Rates *limit.Limits
}

// Gateway is the MCP door. It is safe for concurrent use.
type Gateway struct {
	o        Options
	tools    map[string]*tool
	hosts    map[string]bool
	origin   *http.CrossOriginProtection
	trusted  map[string]bool // origins
	limiter  *limiter
	tail     resultTail
	always   headers
	versions []string  // of the protocol, newest first
	buffers  sync.Pool // *[]byte
	readers  sync.Pool // *reader
	onlySDK  bool      // tests: tools/call takes the SDK's way

	json, stream http.Handler // the SDK, answering application/json and text/event-stream

	mu      sync.Mutex
	servers map[string]*mcp.Server // by the names of the tools that they show
}

// headers are values that nearly every answer has, made once; nobody changes them.
type headers struct{ cache, sniff, json []string }

var _ http.Handler = (*Gateway)(nil)

// New fails when the door would let everybody in or could not answer.
func New(o Options) (*Gateway, error) {
	if o.Verifier == nil || o.Actor == nil {
		return nil, errors.New("gateway: a verifier and a way to resolve actors are needed")
	}
	g, err := newGateway(o)
	if err != nil {
		return nil, err
	}
	g.origin = http.NewCrossOriginProtection()
	g.trusted = make(map[string]bool, len(o.TrustedOrigins))
	for _, origin := range o.TrustedOrigins {
		g.trusted[origin] = true
		if err := g.origin.AddTrustedOrigin(origin); err != nil {
			return nil, err
		}
	}
	g.hosts = make(map[string]bool, len(o.AllowedHosts))
	for _, h := range o.AllowedHosts {
		g.hosts[strings.ToLower(h)] = true
	}
	g.json = g.sdkHandler(true)
	g.stream = g.sdkHandler(false)
	return g, nil
}

// newGateway makes what HTTP and stdio share.
func newGateway(o Options) (*Gateway, error) {
	if o.Client == nil || o.NewID == nil || o.Log == nil {
		return nil, errors.New("gateway: a client, a source of ids and a log are needed")
	}
	o.Limits = o.Limits.withDefaults()
	g := &Gateway{
		o:        o,
		limiter:  newLimiter(o.Limits.CallsAtOnce),
		tail:     newResultTail(o.Version),
		always:   headers{[]string{"no-cache, no-transform"}, []string{"nosniff"}, []string{"application/json"}},
		versions: mcp.SupportedProtocolVersions(),
		servers:  map[string]*mcp.Server{},
	}
	g.buffers.New = func() any { return new([]byte) }
	g.readers.New = func() any { return newReader() }
	var err error
	g.tools, err = declareTools(o.Operations)
	return g, err
}
