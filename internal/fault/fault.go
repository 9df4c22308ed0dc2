// Package fault is the one vocabulary of failure: a small set of codes, each with a sentence in
// pt-BR and in English, and one table that says what a code is in every protocol.
//
// Doors print what is in an Error and nothing else: the wrapped cause is for the log only, so no
// SQL, path or stack can leave the program.
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Code is the stable name of a kind of failure; clients branch on it.
type Code string

// The codes of the contract. A new one is a change of contract.
const (
	InvalidArgument     Code = "invalid_argument"
	NotFound            Code = "not_found"
	AlreadyExists       Code = "already_exists"
	Conflict            Code = "conflict"
	InsufficientStock   Code = "insufficient_stock"
	IdempotencyMismatch Code = "idempotency_mismatch"
	ApprovalRequired    Code = "approval_required"
	PermissionDenied    Code = "permission_denied"
	Unauthenticated     Code = "unauthenticated"
	RateLimited         Code = "rate_limited"
	Unavailable         Code = "unavailable"
	Internal            Code = "internal"
)

// Error is a failure as a caller may see it.
type Error struct {
	Code      Code
	Message   string // pt-BR, one sentence
	MessageEN string // English, one sentence
	Field     string // the argument that is wrong, as a JSON path; empty when none is
	Retryable bool   // the same call may succeed later, unchanged
	Details   []Detail
	cause     error
}

// Detail is one named fact about a failure, such as available = 3.
type Detail struct {
	Name  string
	Value any // string, int, bool or a slice or map of those: it is printed as JSON
}

// With makes an Error of code c. pt and en are formats over the same args.
func (c Code) With(pt, en string, args ...any) *Error {
	return &Error{Code: c, Message: sprint(pt, args), MessageEN: sprint(en, args), Retryable: tableOf(c).retryable}
}

func sprint(format string, args []any) string {
	if len(args) == 0 {
		return format
	}
	return fmt.Sprintf(format, args...)
}

// Error gives the English sentence and the cause, for logs.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(string(e.Code))
	if e.Field != "" {
		b.WriteString(" (" + e.Field + ")")
	}
	b.WriteString(": " + e.MessageEN)
	if e.cause != nil {
		b.WriteString(": " + e.cause.Error())
	}
	return b.String()
}

// Unwrap gives the cause, which never leaves the program.
func (e *Error) Unwrap() error { return e.cause }

// Is makes errors.Is(err, fault.NotFound.With("", "")) and two errors of one code equal.
func (e *Error) Is(target error) bool {
	var t *Error
	return errors.As(target, &t) && t.Code == e.Code && t.MessageEN == ""
}

// On returns a copy that names the argument at fault.
func (e *Error) On(field string) *Error {
	c := *e
	c.Field = field
	return &c
}

// Detail returns a copy with one more named fact.
func (e *Error) Detail(name string, value any) *Error {
	c := *e
	c.Details = append(append([]Detail(nil), e.Details...), Detail{name, value})
	return &c
}

// Because returns a copy that keeps cause for the log.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// Of finds the Error in err. Anything else is internal, with err as its cause; nil stays nil.
func Of(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return Internal.With("Erro interno.", "Internal error.").Because(err)
}

// CodeOf is the code of err, or "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	return Of(err).Code
}

// Final returns a copy that says a retry does not help, for conflicts that stay.
func (e *Error) Final() *Error {
	c := *e
	c.Retryable = false
	return &c
}
