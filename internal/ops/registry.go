package ops

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/limit"
	"github.com/google/uuid"
)

// Deps is what operations work with; package app wires it.
type Deps struct {
	Store Store
	Desk  approval.Desk
	NewID func() uuid.UUID // UUIDv7
	Now   Clock
	// Webhooks goes outside; nil: webhooks can be looked at, paused and deleted, and no more.
	Webhooks WebhookSender
	// Limits count calls, whatever door they come through; nil: as often as anybody likes.
	Limits *limit.Limits
	// Objects keep the bytes of documents, and Sealer those about persons. nil: such documents are refused.
	Objects document.Objects
	Sealer  document.PersonSealer
	// SignOut ends what is kept of the sign-ins of subjects and says how much it was; nil: nothing is kept.
	SignOut func(ctx context.Context, subjects []string) (int, error)
	// Relay sends dead letters again; nil: they can be looked at and given up.
	Relay Redeliverer
}

// Registry holds every declared operation and calls them in this process.
type Registry struct {
	list   []*Operation
	byName map[string]*Operation
	finder func() Finder // built at the first question: start need not wait for it
	audit  Auditor
	now    Clock
	limits *limit.Limits
	deps   *Deps // of what is no operation: the bytes of documents
}

var _ Client = (*Registry)(nil)

// Auditor keeps the record of calls that have no effect of their own: reads and refusals. Effects are
// audited in the transaction that makes them.
type Auditor interface {
	// RecordCall queues a record; it fails with unavailable when the queue is full, and then the call is refused.
	RecordCall(at time.Time, a *identity.Actor, r approval.CallRecord) error
}

// New declares every operation over d.
func New(d Deps) *Registry {
	r := &Registry{list: declarations(&d), byName: map[string]*Operation{}, audit: d.Store, now: d.Now, limits: d.Limits, deps: &d}
	docs := make([]ToolDoc, len(r.list))
	for i, op := range r.list {
		r.byName[op.Name] = op
		docs[i] = ToolDoc{Name: op.Name, Text: op.Text}
		for _, f := range op.Input.Fields {
			docs[i].Arguments = append(docs[i].Arguments, f.Name+" "+f.Doc)
		}
	}
	r.finder = sync.OnceValue(func() Finder { return NewFinder(docs) })
	return r
}

// All lists every operation, in the order of declaration.
func (r *Registry) All() []*Operation { return r.list }

// Lookup finds an operation by name or by its alias TARGET___NAME, the form that gateways publish.
func (r *Registry) Lookup(name string) (*Operation, error) {
	if i := strings.LastIndex(name, "___"); i >= 0 {
		name = name[i+3:]
	}
	if op, ok := r.byName[name]; ok {
		return op, nil
	}
	return nil, fault.NotFound.With("Operação desconhecida.", "Unknown operation.").On("name")
}

// Visible implements Client.
func (r *Registry) Visible(a *identity.Actor) []*Operation {
	var out []*Operation
	for _, op := range r.list {
		if op.authorize(a) == nil {
			out = append(out, op)
		}
	}
	return out
}

// Find implements Client.
func (r *Registry) Find(ctx context.Context, a *identity.Actor, query string, limit int) ([]Found, bool, error) {
	matches, ambiguous, err := r.finder().Find(ctx, query, len(r.list))
	if err != nil {
		return nil, false, err
	}
	var out []Found
	for _, m := range matches {
		op := r.byName[m.Name]
		if len(out) < limit && op != nil && op.authorize(a) == nil {
			out = append(out, Found{op, m.Score})
		}
	}
	return out, ambiguous, nil
}

// Call implements Client.
func (r *Registry) Call(ctx context.Context, in Invocation) ([]byte, error) {
	op, err := r.Lookup(in.Name)
	if err != nil {
		return nil, err
	}
	out, err := r.call(ctx, op, in)
	if op.Risk != Read && err == nil {
		return out, nil // the effect has its own audit row
	}
	if repeated(err) {
		return nil, fault.Of(err)
	}
	record := approval.CallRecord{Door: in.Door, Origin: in.Origin, Operation: op.Name, Result: "ok", Arguments: withoutLogins(in.Arguments)}
	if err != nil {
		f := fault.Of(err)
		record.Result, err = string(f.Code), f
	}
	if refused := r.audit.RecordCall(r.now(), in.Actor, record); refused != nil { // no audit, no answer
		return nil, refused
	}
	return out, err
}

func (r *Registry) call(ctx context.Context, op *Operation, in Invocation) ([]byte, error) {
	if err := r.countCall(in.Actor, op); err != nil {
		return nil, err
	}
	if err := op.authorize(in.Actor); err != nil {
		return nil, err
	}
	args, err := op.read(in.Arguments)
	if err != nil {
		return nil, err
	}
	if err := r.countProject(in.Actor, op, args); err != nil {
		return nil, err
	}
	call := &Call{Operation: op, Actor: in.Actor, Door: in.Door, Origin: in.Origin, Arguments: withoutLogins(in.Arguments), progress: in.OnProgress}
	out, err := op.run(ctx, call, args)
	if r.stale(ctx, err) {
		return op.run(ctx, call, args)
	}
	return out, err
}
