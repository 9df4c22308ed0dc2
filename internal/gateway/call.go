package gateway

import (
	"context"
	"errors"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/ops"
)

// door is how calls through here are named in the audit.
const door = "mcp"

// invocation is a call of a tool, whichever way it came.
type invocation struct {
	actor     *identity.Actor
	origin    string // for the audit
	name      string // as the client wrote it
	arguments []byte
	progress  func(ops.Progress)
}

// find gives the tool of a name or of its alias TARGET___NAME.
func (g *Gateway) find(name string) *tool {
	if t, ok := g.tools[name]; ok {
		return t
	}
	if len(name) > maxToolName {
		return nil
	}
	if i := strings.LastIndex(name, "___"); i > 0 {
		return g.tools[name[i+len("___"):]]
	}
	return nil
}

func (g *Gateway) isLong(name string) bool {
	t := g.find(name)
	return t != nil && t.op != nil && t.op.Long
}

// call runs a tool and gives its output as JSON. The problem is that there is no such tool; every other
// failure is a fault for the result.
func (g *Gateway) call(ctx context.Context, in invocation) ([]byte, *fault.Error, *problem) {
	t := g.find(in.name)
	if t == nil {
		return nil, nil, unknownTool(in.name)
	}
	if f := g.limiter.enter(in.actor.Subject); f != nil {
		return nil, f, nil
	}
	defer g.limiter.leave(in.actor.Subject)
	most := g.o.Limits.Call
	if t.op != nil && t.op.Long {
		most = g.o.Limits.Long
	}
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	out, err := g.run(ctx, t, in)
	if err == nil {
		return out, nil, nil
	}
	if ctx.Err() != nil && fault.CodeOf(err) == fault.Internal {
		err = fault.Unavailable.With("A operação não terminou a tempo.", "The operation did not end in time.").Because(err)
	}
	return nil, g.visible(err, t.name), nil
}

// run calls the tool. A panic in it is an internal error of this call, not the end of the program.
func (g *Gateway) run(ctx context.Context, t *tool, in invocation) (out []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			g.o.Log.Error("mcp: panic", "tool", t.name, "panic", r, "stack", string(debug.Stack()))
			out, err = nil, fault.Internal.With("Erro interno.", "Internal error.").Because(errors.New("panic"))
		}
	}()
	if t.op == nil {
		if f := g.countSearch(in.actor); f != nil {
			return nil, f
		}
		return g.search(ctx, in.actor, in.arguments)
	}
	return g.o.Client.Call(ctx, ops.Invocation{
		Name: t.op.Name, Arguments: in.arguments, Actor: in.actor, Door: door, Origin: in.origin, OnProgress: in.progress,
	})
}

// visible makes the fault that the caller sees. An internal one gets an id to quote, under which the log
// has the cause.
func (g *Gateway) visible(err error, doing string) *fault.Error {
	f := fault.Of(err)
	if f.Code != fault.Internal {
		return f
	}
	for _, d := range f.Details {
		if d.Name == "error_id" {
			return f
		}
	}
	id := g.o.NewID()
	g.o.Log.Error("mcp: internal error", "error_id", id, "doing", doing, "error", err)
	return fault.Internal.With("Erro interno. Informe o código %s ao suporte.", "Internal error. Quote the code %s to support.", id).Detail("error_id", id)
}

// unknownTool is the protocol error of MCP for a name that nobody declared.
func unknownTool(name string) *problem {
	if len(name) > maxToolName {
		name = name[:maxToolName]
	}
	return &problem{code: codeInvalidParams, message: "unknown tool " + strconv.Quote(name),
		fault: fault.NotFound.With("Ferramenta desconhecida.", "Unknown tool.").On("name")}
}
