package ops

import (
	"context"
	"reflect"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/google/uuid"
)

// Risk is what a call can do.
type Risk string

// Risk classes: a read changes nothing, a write changes stock or master data under the policy, a
// sensitive operation decides for others or concerns the whole ledger.
const (
	Read      Risk = "read"
	Write     Risk = "write"
	Sensitive Risk = "sensitive"
)

// Operation is one declared capability.
type Operation struct {
	Name       string
	Text       Text
	Risk       Risk
	Roles      []identity.Role // who may call it
	Scope      string          // the scope that the token needs
	PersonOnly bool            // refuses services, agents and on-behalf-of
	Long       bool            // reports progress
	Input      *Schema
	Output     *Schema
	project    []int                         // the field of the input that names a project; nil for none
	read       func(raw []byte) (any, error) // decodes the input, strictly; a pointer to its type
	run        func(ctx context.Context, c *Call, in any) ([]byte, error)
}

// Call is one invocation as a handler sees it.
type Call struct {
	Operation *Operation
	Actor     *identity.Actor
	Door      string // mcp, rest, cli, a2a, lambda
	Origin    string // as Origin writes it
	Arguments []byte
	progress  func(Progress)
	usable    map[uuid.UUID]bool // documents that this call has looked up; a call runs in one goroutine until it is submitted
	unproven  []ID               // evidence that it named and that proves nothing
}

// Progress is how far long work has come. Total is 0 when it is not known.
type Progress struct {
	Done, Total int64
	Message     string
}

// Progress tells the caller how far the work has come; it is cheap when nobody listens.
func (c *Call) Progress(p Progress) {
	if c.progress != nil {
		c.progress(p)
	}
}

// Invocation is a call as a door hands it in.
type Invocation struct {
	Name       string // of the operation, or TARGET___NAME
	Arguments  []byte // a JSON object; empty is {}
	Actor      *identity.Actor
	Door       string
	Origin     string // where the call comes from, as the function Origin writes it
	OnProgress func(Progress)
}

// Client is how doors call operations: in this process, or in another one later.
type Client interface {
	// Call runs an operation and returns its output as JSON. Every failure is a *fault.Error.
	Call(ctx context.Context, in Invocation) ([]byte, error)
	// Visible lists the operations that the actor may call, in the order of declaration.
	Visible(a *identity.Actor) []*Operation
	// Find searches the visible operations by meaning, best first; ambiguous asks to offer the first three.
	Find(ctx context.Context, a *identity.Actor, query string, limit int) (found []Found, ambiguous bool, err error)
}

// Found is an operation with how well it fits a question.
type Found struct {
	Operation *Operation
	Score     float64
}

// spec is the declaration of an operation without its types.
type spec struct {
	name       string
	text       Text
	risk       Risk
	roles      []identity.Role
	personOnly bool
	scope      string
	long       bool
}

// define declares an operation whose output is built as a value.
func define[In, Out any](s spec, handle func(ctx context.Context, c *Call, in *In) (*Out, error)) *Operation {
	op := declare[In, Out](s)
	op.run = func(ctx context.Context, c *Call, in any) ([]byte, error) {
		out, err := handle(ctx, c, in.(*In))
		if err != nil {
			return nil, err
		}
		return Encode(out)
	}
	return op
}

// defineWrite declares an operation whose output is made inside the transaction that it describes, so
// that a replay can repeat it.
func defineWrite[In, Out any](s spec, handle func(ctx context.Context, c *Call, in *In) ([]byte, error)) *Operation {
	op := declare[In, Out](s)
	op.run = func(ctx context.Context, c *Call, in any) ([]byte, error) { return handle(ctx, c, in.(*In)) }
	return op
}

func declare[In, Out any](s spec) *Operation {
	if s.scope == "" {
		s.scope = identity.ScopeTools
	}
	op := &Operation{Name: s.name, Text: s.text, Risk: s.risk, Roles: s.roles, Scope: s.scope, PersonOnly: s.personOnly, Long: s.long,
		Input: schemaOf[In](true), Output: schemaOf[Out](false), project: projectField(reflect.TypeFor[In]())}
	op.read = func(raw []byte) (any, error) {
		in := new(In)
		if err := decode(raw, in, op.Input); err != nil {
			return nil, err
		}
		return in, nil
	}
	return op
}

// authorize is the one permission check of every door. Projects and places are checked where the
// arguments have been understood.
func (op *Operation) authorize(a *identity.Actor) error {
	if a == nil {
		return fault.Unauthenticated.With("Autentique-se.", "Authenticate first.")
	}
	if !a.Is(op.Roles...) {
		return fault.PermissionDenied.With("Seu papel não permite %s.", "Your role does not allow %s.", op.Name).
			Detail("operation", op.Name).Detail("required_roles", roleNames(op.Roles))
	}
	if op.PersonOnly && (a.Kind != identity.Person || a.OnBehalf != "") {
		return fault.PermissionDenied.With("Só uma pessoa pode decidir: agentes e serviços não.",
			"Only a person may decide: agents and services may not.").Detail("operation", op.Name)
	}
	if !a.HasScope(op.Scope) {
		return fault.PermissionDenied.With("O token não tem o escopo %s.", "The token lacks the scope %s.", op.Scope).
			Detail("operation", op.Name).Detail("required_scope", op.Scope)
	}
	return nil
}

func roleNames(roles []identity.Role) []string {
	out := make([]string, len(roles))
	for i, r := range roles {
		out[i] = string(r)
	}
	return out
}

// everyone may read stock; what they see is limited by their projects and places.
func everyone() []identity.Role { return identity.Roles() }

// Clock gives the time; simulations bring their own.
type Clock func() time.Time
