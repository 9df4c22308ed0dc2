package fault

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Every code has its row in the table of protocols (T-10): nothing falls through to the last line.
func TestEveryCodeHasItsRow(t *testing.T) {
	t.Parallel()
	want := map[Code]struct {
		http      int
		retryable bool
	}{
		InvalidArgument: {400, false}, NotFound: {404, false}, AlreadyExists: {409, false}, Conflict: {409, true}, InsufficientStock: {409, false},
		IdempotencyMismatch: {409, false}, ApprovalRequired: {403, false}, PermissionDenied: {403, false}, Unauthenticated: {401, false},
		RateLimited: {429, true}, Unavailable: {503, true}, Internal: {500, false},
	}
	seen := map[int]Code{}
	for _, c := range Codes() {
		w, ok := want[c]
		if !ok {
			t.Errorf("%s has no row here", c)
		}
		if e := c.With("pt", "en"); e.Retryable != w.retryable || c.HTTP() != w.http {
			t.Errorf("%s: %d %v, want %v", c, c.HTTP(), e.Retryable, w)
		}
		if c.Title() == "" || c.TitlePT() == "" || c != Internal && c.Title() == Internal.Title() {
			t.Errorf("%s has no title of its own", c)
		}
		if other, taken := seen[c.JSONRPC()]; taken {
			t.Errorf("%s and %s share a JSON-RPC code", c, other)
		}
		seen[c.JSONRPC()] = c
	}
	if len(Codes()) != len(want) {
		t.Errorf("%d codes, %d rows", len(Codes()), len(want))
	}
}

func TestErrorKeepsItsCauseToItself(t *testing.T) {
	t.Parallel()
	secret := errors.New(`pq: SELECT * FROM sga.assets at /home/x`)
	e := InsufficientStock.With("Há %d.", "%d there.", 3).On("quantity").Detail("available", "3").Because(secret)
	wire := fmt.Sprintf("%+v", e.Wire())
	if strings.Contains(wire, "SELECT") || strings.Contains(wire, "/home") {
		t.Errorf("the cause left: %s", wire)
	}
	if !errors.Is(e, secret) || !strings.Contains(e.Error(), "SELECT") {
		t.Error("the log must have the cause")
	}
	want := Body{Code: InsufficientStock, Message: "Há 3.", MessageEN: "3 there.", Field: "quantity", Details: map[string]any{"available": "3"}}
	if diff := cmp.Diff(want, e.Wire()); diff != "" {
		t.Error(diff)
	}
}

func TestCopiesDoNotTouchTheOriginal(t *testing.T) {
	t.Parallel()
	base := Conflict.With("a", "b").Detail("x", 1)
	_ = base.On("f").Detail("y", 2).Final().Because(io.EOF)
	if base.Field != "" || len(base.Details) != 1 || !base.Retryable || errors.Is(base, io.EOF) {
		t.Errorf("got %+v", base)
	}
	one, two := base.Detail("y", 1), base.Detail("y", 2)
	if one.Details[1].Value != 1 || two.Details[1].Value != 2 {
		t.Error("two copies share their details")
	}
}

func TestOf(t *testing.T) {
	t.Parallel()
	if Of(nil) != nil || CodeOf(nil) != "" {
		t.Error("no error is no fault")
	}
	wrapped := fmt.Errorf("doing x: %w", NotFound.With("a", "b"))
	if Of(wrapped).Code != NotFound || CodeOf(io.EOF) != Internal || !errors.Is(Of(io.EOF), io.EOF) {
		t.Error("what is not ours is internal and keeps its cause")
	}
	if !errors.Is(wrapped, NotFound.With("", "")) || errors.Is(wrapped, Conflict.With("", "")) {
		t.Error("errors.Is compares codes")
	}
	if With := NotFound.With("100%", "100%"); With.Message != "100%" {
		t.Error("without arguments a sentence is no format")
	}
}
