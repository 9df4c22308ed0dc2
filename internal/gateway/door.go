package gateway

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/oidc"
	"github.com/faiston/nexo/internal/ops"
)

// request is one message on its way through the door.
type request struct {
	w       http.ResponseWriter
	r       *http.Request
	actor   *identity.Actor
	version string // of the header; empty when absent
	body    []byte
	env     envelope
	streams bool // the client takes text/event-stream
}

// refuse answers with a JSON-RPC error.
func (q *request) refuse(p *problem) { p.write(q.w, q.env.id, q.version) }

// ServeHTTP implements http.Handler.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h["Cache-Control"], h["X-Content-Type-Options"] = g.always.cache, g.always.sniff
	q := &request{w: w, r: r, version: first(r.Header, headerVersion)}
	if p := g.checkPlace(r); p != nil {
		q.refuse(p)
		return
	}
	if g.shareWithOrigin(w, r) {
		return
	}
	if q.actor = g.authenticate(w, r); q.actor == nil {
		return
	}
	if p := g.checkTransport(q); p != nil {
		q.refuse(p)
		return
	}
	var p *problem
	if q.body, p = g.readBody(w, r); p != nil {
		q.refuse(p)
		return
	}
	g.dispatch(q)
}

// authenticate gives the caller, or answers why there is none.
func (g *Gateway) authenticate(w http.ResponseWriter, r *http.Request) *identity.Actor {
	token, err := oidc.Bearer(r)
	var claims identity.Claims
	if err == nil {
		claims, err = g.o.Verifier.Verify(r.Context(), token)
	}
	if err != nil {
		if f := fault.Of(err); f.Code == fault.Unauthenticated && f.Retryable {
			err = fault.Unavailable.With("Não foi possível verificar o token agora.", "The token cannot be verified now.").Because(err)
		}
		g.turnAway(w, err, "")
		return nil
	}
	actor, err := g.o.Actor(r.Context(), claims)
	if err != nil {
		g.turnAway(w, err, "")
		return nil
	}
	if !actor.HasScope(identity.ScopeTools) {
		g.turnAway(w, fault.PermissionDenied.With("O token não tem o escopo %s.", "The token lacks the scope %s.", identity.ScopeTools).
			Detail("required_scope", identity.ScopeTools), identity.ScopeTools)
		return nil
	}
	return actor
}

// turnAway answers a caller who is not let in, and why goes to the log.
func (g *Gateway) turnAway(w http.ResponseWriter, err error, scope string) {
	f := g.visible(err, "authenticate")
	if f.Code == fault.Unauthenticated || scope != "" {
		w.Header().Set("WWW-Authenticate", oidc.ChallengeFor(err, g.o.ResourceMetadataURL, scope))
	}
	if f.Retryable {
		w.Header().Set("Retry-After", "1")
	}
	if f.Code == fault.Unauthenticated && !errors.Is(err, oidc.ErrNoToken) || f.Code == fault.PermissionDenied {
		g.o.Log.Info("mcp: caller turned away", "code", f.Code, "reason", err)
	}
	p := &problem{status: f.Code.HTTP(), code: f.Code.JSONRPC(), fault: f}
	p.write(w, nil, "")
}

// checkTransport looks at everything but the body.
func (g *Gateway) checkTransport(q *request) *problem {
	h := q.r.Header
	if q.r.Method != http.MethodPost {
		q.w.Header().Set("Allow", http.MethodPost) // no stream to open and no session to end
		return &problem{status: http.StatusMethodNotAllowed, code: codeInvalidRequest,
			fault: fault.InvalidArgument.With("Use POST.", "Use POST.")}
	}
	if !isJSON(first(h, "Content-Type")) {
		return &problem{status: http.StatusUnsupportedMediaType, code: codeInvalidRequest,
			fault: fault.InvalidArgument.With("O corpo deve ser application/json.", "The body must be application/json.")}
	}
	var takesJSON bool
	if takesJSON, q.streams = accepts(h["Accept"]); !takesJSON {
		return &problem{status: http.StatusNotAcceptable, code: codeInvalidRequest,
			fault: fault.InvalidArgument.With("Accept deve conter application/json e text/event-stream.",
				"Accept must list application/json and text/event-stream.")}
	}
	if first(h, headerLastEventID) != "" {
		return badRequest(codeInvalidRequest, "Last-Event-ID não vale em POST.", "Last-Event-ID is not for POST.")
	}
	return g.knownVersion(q.version)
}

func isJSON(contentType string) bool {
	if contentType == "application/json" {
		return true
	}
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && media == "application/json"
}

// accepts reads Accept (RFC 9110, section 12.5.1). Clients must list both types; one that says nothing, as
// curl does, takes anything.
func accepts(values []string) (json, stream bool) {
	if len(values) == 0 {
		return true, true
	}
	for _, value := range values {
		for part := range strings.SplitSeq(value, ",") {
			media, _, _ := strings.Cut(part, ";")
			switch strings.ToLower(strings.TrimSpace(media)) {
			case "*/*":
				return true, true
			case "application/json", "application/*":
				json = true
			case "text/event-stream", "text/*":
				stream = true
			}
		}
	}
	return json, stream
}

// firstRead is how much memory a body gets before it has shown that it is longer.
const firstRead = 4 << 10

// readBody takes the body while it arrives in time and fits. The buffer is never used again: operations
// may keep arguments for the audit.
func (g *Gateway) readBody(w http.ResponseWriter, r *http.Request) ([]byte, *problem) {
	if r.ContentLength > MaxBody {
		return nil, tooLarge(w)
	}
	size := r.ContentLength
	if size < 0 || size > firstRead {
		size = firstRead
	}
	control := http.NewResponseController(w)
	limited := control.SetReadDeadline(time.Now().Add(g.o.Limits.Read)) == nil // a recorder has no deadlines
	body := make([]byte, 0, size+1)                                            // one more, to see the end without growing
	for {
		n, err := r.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case len(body) > MaxBody:
			return nil, tooLarge(w)
		case err == io.EOF:
			if limited { // only now: after a failure the server must not wait for the rest
				_ = control.SetReadDeadline(time.Time{})
			}
			return body, nil
		case err != nil:
			w.Header().Set("Connection", "close")
			return nil, &problem{status: http.StatusRequestTimeout, code: codeParse,
				fault: fault.InvalidArgument.With("O corpo não chegou inteiro a tempo.", "The body did not arrive whole in time.")}
		case len(body) == cap(body):
			grown := make([]byte, len(body), min(2*cap(body), MaxBody+1))
			copy(grown, body)
			body = grown
		}
	}
}

func tooLarge(w http.ResponseWriter) *problem {
	w.Header().Set("Connection", "close")
	return &problem{status: http.StatusRequestEntityTooLarge, code: codeInvalidRequest,
		fault: fault.InvalidArgument.With("O corpo passa de %d bytes.", "The body exceeds %d bytes.", MaxBody)}
}

// dispatch reads the message and sends it one of the two ways.
func (g *Gateway) dispatch(q *request) {
	rd := g.readers.Get().(*reader)
	var p *problem
	var params callParams
	if q.env, p = rd.envelope(q.body); p == nil && q.env.method == "tools/call" {
		params, p = rd.call(q.env.params)
	}
	rd.forget()
	g.readers.Put(rd)
	if p == nil {
		p = q.checkKind()
	}
	if p != nil {
		q.refuse(p)
		return
	}
	switch {
	case q.env.method == "" || q.env.method != "tools/call" && kindOf(q.env.method) == unknownMethod:
		q.w.WriteHeader(http.StatusAccepted) // answers to questions that we never ask, notices that we do not know
	case q.env.method != "tools/call":
		g.serveSDK(q, false)
	case params.progress && q.streams && g.isLong(params.name):
		g.serveSDK(q, true)
	case g.onlySDK:
		g.serveSDK(q, false)
	default:
		g.serveCall(q, &params)
	}
}

// checkKind refuses calls of what we do not have, calls without an id and notifications with one.
func (q *request) checkKind() *problem {
	if q.env.method == "" {
		return nil
	}
	switch kind := kindOf(q.env.method); {
	case kind == unknownMethod && q.env.id != nil:
		return noMethod(q.env.method, q.version)
	case kind == callMethod && q.env.id == nil:
		return badRequest(codeInvalidRequest, "Falta o id do pedido.", "The request has no id.")
	case kind == notice && q.env.id != nil:
		return badRequest(codeInvalidRequest, "Uma notificação não tem id.", "A notification has no id.")
	}
	return nil
}

// whence is where the message comes from, for the audit.
func (g *Gateway) whence(q *request) string {
	return ops.Origin(g.o.Proxies.Client(q.r.RemoteAddr, q.r.Header["X-Forwarded-For"]), first(q.r.Header, "User-Agent"))
}

// originKey holds the origin in the context of requests that the SDK serves; without one they come over stdio.
type originKey struct{}

func originOf(ctx context.Context) string {
	if origin, ok := ctx.Value(originKey{}).(string); ok {
		return origin
	}
	return ops.OriginStdio
}

// callerKey holds the actor in the context of requests that the SDK serves.
type callerKey struct{}

func callerOf(ctx context.Context) *identity.Actor {
	actor, _ := ctx.Value(callerKey{}).(*identity.Actor)
	return actor
}
