package gateway

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/faiston/nexo/internal/fault"
)

// maxKept bounds the answer buffers that are kept for reuse: nearly every answer is shorter.
const maxKept = 256 << 10

// resultTail is what a result of 2026-07-28 carries beside its content.
type resultTail struct{ meta []byte }

func implementation(version string) *mcp.Implementation {
	return &mcp.Implementation{Name: "nexo", Title: "NEXO", Version: version}
}

func newResultTail(version string) resultTail {
	meta, err := json.Marshal(map[string]any{mcp.MetaKeyServerInfo: implementation(version)})
	if err != nil {
		meta = []byte("{}") // three strings always marshal
	}
	return resultTail{meta: meta}
}

// serveCall is the lean way of tools/call.
func (g *Gateway) serveCall(q *request, c *callParams) {
	if p := g.checkEra(q.r.Header, c); p != nil {
		q.refuse(p)
		return
	}
	ctx := q.r.Context()
	if q.version < newEra {
		ctx = context.WithoutCancel(ctx)
	}
	out, f, p := g.call(ctx, invocation{actor: q.actor, origin: g.whence(q), name: c.name, arguments: c.arguments})
	if p != nil {
		q.refuse(p)
		return
	}
	kept := g.buffers.Get().(*[]byte)
	b := g.appendResult((*kept)[:0], q, out, f)
	g.writeResult(q.w, b)
	if cap(b) <= maxKept {
		*kept = b
		g.buffers.Put(kept)
	}
}

// appendResult writes the answer: the output once as it is and once as text, for clients that read only
// content.
func (g *Gateway) appendResult(b []byte, q *request, out []byte, f *fault.Error) []byte {
	b = append(append(append(b, `{"jsonrpc":"2.0","id":`...), q.env.id...), `,"result":{`...)
	if q.version >= newEra {
		b = append(append(append(b, `"resultType":"complete","_meta":`...), g.tail.meta...), ',')
	}
	if f != nil {
		out = appendFault(nil, f)
		b = append(b, `"isError":true,`...)
	}
	b = append(append(append(b, `"structuredContent":`...), out...), `,"content":[{"type":"text","text":`...)
	return append(appendText(b, out), `}]}}`...)
}

// appendText quotes JSON as a JSON string. Valid JSON holds no control characters, so only the quotes and
// backslashes of its own strings are to be escaped; checking everything again took an eighth of an answer.
func appendText(b, valid []byte) []byte {
	b = append(b, '"')
	start := 0
	for i, c := range valid {
		if c == '"' || c == '\\' {
			b = append(append(b, valid[start:i]...), '\\')
			start = i
		}
	}
	return append(append(b, valid[start:]...), '"')
}

func (g *Gateway) writeResult(w http.ResponseWriter, b []byte) {
	// A recorder has no deadlines; a server clears this one after the answer.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(g.o.Limits.Write))
	h := w.Header()
	h["Content-Type"] = g.always.json
	h["Content-Length"] = []string{strconv.Itoa(len(b))}
	w.WriteHeader(http.StatusOK)
	w.Write(b) // a client that is gone is nobody's error: the effect stands, and a retry with the key finds it
}
