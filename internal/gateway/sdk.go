package gateway

import (
	"bytes"
	"context"
	stdjson "encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/faiston/nexo/internal/identity"
)

const (
	// maxServers bounds the lists of tools that are kept. There is one for each combination of roles,
	// scopes and kinds of caller that occurs; past it all are made again.
	maxServers = 256
	// listTTL is how long a client may keep a list of tools: roles change with the next token.
	listTTL = 5 * time.Minute
	// instructions are for models.
	instructions = "Estoque e ativos da NEXO: consulta, movimenta, explica e reconcilia. Para achar a ferramenta de uma tarefa, chame " +
		searchName + ". Uma escrita que a política segura responde status pending_approval e espera por uma pessoa.\n\n" +
		"Stock and assets of NEXO: look up, move, explain and reconcile. To find the tool for a task, call " + searchName +
		". A write that policy holds back answers status pending_approval and waits for a person."
)

// raw is JSON for the SDK, which marshals with encoding/json.
func raw(b []byte) stdjson.RawMessage { return stdjson.RawMessage(b) }

// sdkHandler serves the whole protocol. Host, origin, token and sizes were checked before.
func (g *Gateway) sdkHandler(asJSON bool) http.Handler {
	return mcp.NewStreamableHTTPHandler(g.serverOf, &mcp.StreamableHTTPOptions{
		Stateless:                    true,
		JSONResponse:                 asJSON,
		Logger:                       g.o.Log,
		DisableLocalhostProtection:   true,
		MaxRequestBodyBytes:          MaxBody + 1,
		PropagateRequestCancellation: true,
	})
}

// serveSDK hands a checked message on.
func (g *Gateway) serveSDK(q *request, stream bool) {
	ctx := context.WithValue(context.WithValue(q.r.Context(), callerKey{}, q.actor), originKey{}, g.whence(q))
	r := q.r.WithContext(ctx)
	r.Body = io.NopCloser(bytes.NewReader(q.body))
	r.ContentLength = int64(len(q.body))
	r.Header = q.r.Header.Clone()
	r.Header["Accept"] = []string{"application/json, text/event-stream"} // decided before
	r.Header["Content-Type"] = []string{"application/json"}
	h := g.json
	if stream {
		h = g.stream
	}
	h.ServeHTTP(&patientWriter{ResponseWriter: q.w, most: g.o.Limits.Write}, r)
}

// serverOf gives the server whose list is what the caller may use.
func (g *Gateway) serverOf(r *http.Request) *mcp.Server { return g.serverFor(callerOf(r.Context())) }

func (g *Gateway) serverFor(actor *identity.Actor) *mcp.Server {
	if actor == nil {
		return nil
	}
	visible := g.o.Client.Visible(actor)
	var key strings.Builder
	for _, op := range visible {
		key.WriteString(op.Name)
		key.WriteByte(' ')
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if s, ok := g.servers[key.String()]; ok {
		return s
	}
	if len(g.servers) >= maxServers {
		clear(g.servers)
	}
	s := g.newServer()
	s.AddTool(g.tools[searchName].def, g.sdkCall)
	for _, op := range visible {
		if t := g.tools[op.Name]; t != nil {
			s.AddTool(t.def, g.sdkCall)
		}
	}
	g.servers[key.String()] = s
	return s
}

func (g *Gateway) newServer() *mcp.Server {
	s := mcp.NewServer(implementation(g.o.Version), &mcp.ServerOptions{
		Instructions: instructions,
		Logger:       g.o.Log,
		PageSize:     g.o.Limits.Page,
		// The list changes with the program and the token only: nothing is ever pushed.
		Capabilities: &mcp.ServerCapabilities{Tools: &mcp.ToolCapabilities{}},
		SetCacheable: func(_ context.Context, _ mcp.Request, c *mcp.Cacheable) {
			c.TTLMs, c.CacheScope = int(listTTL.Milliseconds()), "private"
		},
	})
	s.AddReceivingMiddleware(func(next mcp.MethodHandler) mcp.MethodHandler {
		return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
			call, ok := req.(*mcp.CallToolRequest)
			if !ok {
				return next(ctx, method, req)
			}
			// Aliases and tools of other roles are not in the list, and the SDK finishes only the results
			// of tools that are: every call goes by the one name that is always there.
			named, params := *call, *call.Params
			named.Params, params.Name = &params, searchName
			return next(context.WithValue(ctx, nameKey{}, call.Params.Name), method, &named)
		}
	})
	return s
}

// nameKey holds the name that the client called.
type nameKey struct{}

// sdkCall runs a tool for the SDK.
func (g *Gateway) sdkCall(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	name, _ := ctx.Value(nameKey{}).(string)
	in := invocation{actor: callerOf(ctx), origin: originOf(ctx), name: name, arguments: req.Params.Arguments}
	if string(in.arguments) == "null" {
		in.arguments = nil
	}
	if token := req.Params.GetProgressToken(); token != nil && g.isLong(in.name) {
		r := newReporter(ctx, req.Session, token)
		defer r.stop()
		in.progress = r.report
	}
	out, f, p := g.call(ctx, in)
	if p != nil {
		return nil, &jsonrpc.Error{Code: int64(p.code), Message: p.message, Data: appendFault(nil, p.fault)}
	}
	result := &mcp.CallToolResult{}
	if f != nil {
		out, result.IsError = appendFault(nil, f), true
	}
	result.StructuredContent = raw(out)
	result.Content = []mcp.Content{&mcp.TextContent{Text: string(out)}}
	return result, nil
}

// patientWriter ends connections whose other side does not take what is written, and only those: a
// stream may be silent for as long as the work takes.
type patientWriter struct {
	http.ResponseWriter
	most time.Duration
}

// Write implements io.Writer.
func (w *patientWriter) Write(b []byte) (int, error) {
	_ = http.NewResponseController(w.ResponseWriter).SetWriteDeadline(time.Now().Add(w.most)) // a recorder has none
	return w.ResponseWriter.Write(b)
}

// Flush implements http.Flusher.
func (w *patientWriter) Flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }

// Unwrap lets http.ResponseController through.
func (w *patientWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
