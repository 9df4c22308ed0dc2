package ops

import (
	"errors"
	"reflect"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
)

// counted is a call that the rate limits refused.
type counted struct {
	fault *fault.Error
	first bool // of this count in its window: worth a row of the audit
}

// Error is the fault's text.
func (c *counted) Error() string { return c.fault.Error() }

// Unwrap lets fault.Of find the fault.
func (c *counted) Unwrap() error { return c.fault }

// repeated reports whether an error is a refusal of the rate limits that has its row in the audit already:
// a client that goes on all the same must not fill the audit, nor have others refused for its being full.
func repeated(err error) bool {
	var c *counted
	return errors.As(err, &c) && !c.first
}

// projectField finds the argument that names a project; nil when there is none.
func projectField(t reflect.Type) []int {
	for _, f := range reflect.VisibleFields(t) {
		switch f.Tag.Get("json") {
		case "project_id,omitzero", "project_id", "project_code,omitzero", "project_code":
			if f.Type.Kind() == reflect.String {
				return f.Index
			}
		}
	}
	return nil
}

// countCall counts a call of an actor.
func (r *Registry) countCall(a *identity.Actor, op *Operation) error {
	if f, first := r.limits.Call(a, op.Name); f != nil {
		return &counted{f, first}
	}
	return nil
}

// countProject counts a call against the project that it names. A project that the caller does not see is
// left out: nobody uses up what is not theirs.
func (r *Registry) countProject(a *identity.Actor, op *Operation, in any) error {
	if r.limits == nil || op.project == nil {
		return nil
	}
	code := stock.Fold(reflect.ValueOf(in).Elem().FieldByIndex(op.project).String())
	if code == "" && op.Risk != Read { // a list without one is of all projects, a movement without one is GERAL's
		code = stock.GeneralCode
	}
	if code == "" || !a.Projects.Has(code) {
		return nil
	}
	if f, first := r.limits.Project(code); f != nil {
		return &counted{f, first}
	}
	return nil
}
