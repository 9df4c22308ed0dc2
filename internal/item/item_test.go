package item

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/fault"
)

// The names and keys are those of the infrastructure document, §4; where two indexes shared a name or an
// attribute, one would hide the other.
func TestTables(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, table := range Tables() {
		if names[table.ID] || names[table.Name] {
			t.Errorf("%s is there twice", table.ID)
		}
		names[table.ID], names[table.Name] = true, true
		reserved := table.Reserved()
		slices.Sort(reserved)
		if len(slices.Compact(slices.Clone(reserved))) != len(reserved) {
			t.Errorf("%s: an attribute has two meanings: %v", table.ID, reserved)
		}
		if slices.Contains(reserved, AttributeParent) || len(table.Indexes) > 6 {
			t.Errorf("%s: %v", table.ID, reserved)
		}
		for _, x := range table.Indexes {
			if table.IndexOf(x.Name) == nil || table.IndexOf("no "+x.Name) != nil {
				t.Errorf("%s: %s", table.ID, x.Name)
			}
		}
	}
	for _, want := range []string{"faiston-one-sga-inventory-prod", "faiston-one-sga-hil-tasks-prod", "faiston-one-sga-audit-log-prod",
		"faiston-one-sga-sessions-prod", "faiston-one-academy-trainings-prod"} {
		if !names[want] {
			t.Errorf("%s is missing", want)
		}
	}
}

func TestConflict(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("writing: %w", NewConflict(3, &Item{Version: 7}, io.EOF))
	var c *Conflict
	if !IsConflict(err) || !errors.As(err, &c) || c.Index != 3 || c.Current.Version != 7 {
		t.Errorf("got %v", err)
	}
	if f := fault.Of(err); f.Code != fault.Conflict || f.Retryable || !errors.Is(f, io.EOF) || strings.Contains(f.MessageEN, "EOF") {
		t.Errorf("got %v", f)
	}
	if f := fault.Of(Busy(io.EOF)); f.Code != fault.Unavailable || !f.Retryable || IsConflict(f) {
		t.Errorf("got %v", f)
	}
	if IsConflict(nil) || IsConflict(io.EOF) {
		t.Error("not every error is a conflict")
	}
}

func TestOpsTogetherAreTooLarge(t *testing.T) {
	t.Parallel()
	ops := make([]Op, 12)
	for i := range ops {
		ops[i] = Op{Table: Audit(), Put: &Write{Item: Item{Key: Key{fmt.Sprint(i), "s"}, Version: 1, Body: []byte(`{"x":"` + strings.Repeat("x", 380<<10) + `"}`)}}}
	}
	if err := new(Checker).Ops(ops); fault.CodeOf(err) != fault.InvalidArgument {
		t.Errorf("got %v", err)
	}
	if err := new(Checker).Ops(ops[:9]); err != nil {
		t.Error(err)
	}
}

// one is a store of one item whose writes may be disturbed.
type one struct {
	Store
	it      *Item
	disturb func(*one)
	err     error
}

func (s *one) Get(context.Context, *Table, Key) (*Item, error) { return s.it, s.err }

func (s *one) Put(_ context.Context, _ *Table, w Write) error {
	if s.disturb != nil {
		s.disturb(s)
	}
	if !w.If.Holds(s.it, w.Item.Version) {
		return NewConflict(0, s.it, nil)
	}
	s.it = &w.Item
	return nil
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	count := func(it *Item) (*Item, error) {
		if it == nil {
			it = &Item{}
		}
		it.Body = append(slices.Clone(it.Body), 'x')
		return it, nil
	}
	k := Key{Partition: "k"}
	s := &one{}
	for want := range int64(3) {
		got, err := Update(t.Context(), s, Sessions(), k, count)
		if err != nil || got.Version != want+1 || got.Key != k || s.it.Version != want+1 {
			t.Fatalf("got %+v, %v", got, err)
		}
	}
	others := 3
	s.disturb = func(s *one) {
		if others--; others >= 0 {
			s.it = &Item{Key: k, Version: s.it.Version + 1, Body: append(slices.Clone(s.it.Body), 'y')}
		}
	}
	if got, err := Update(t.Context(), s, Sessions(), k, count); err != nil || string(got.Body) != "xxxyyyx" || got.Version != 7 {
		t.Errorf("got %+v, %v", got, err)
	}
	others = 1 << 20
	if _, err := Update(t.Context(), s, Sessions(), k, count); fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("disturbed for ever: %v", err)
	}
	s.disturb = nil
	before := s.it
	if got, err := Update(t.Context(), s, Sessions(), k, func(*Item) (*Item, error) { return nil, nil }); err != nil || got != before {
		t.Errorf("left alone: %+v, %v", got, err)
	}
	if _, err := Update(t.Context(), s, Sessions(), k, func(*Item) (*Item, error) { return nil, io.EOF }); !errors.Is(err, io.EOF) {
		t.Errorf("got %v", err)
	}
	s.err = io.ErrClosedPipe
	if _, err := Update(t.Context(), s, Sessions(), k, count); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
}

func TestShard(t *testing.T) {
	t.Parallel()
	seen := make([]int, 8)
	for i := range 8000 {
		n := Shard(fmt.Sprint("id-", i), 8)
		if n != Shard(fmt.Sprint("id-", i), 8) {
			t.Fatal("an id changes its shard")
		}
		seen[n]++
	}
	for n, count := range seen {
		if count < 800 || count > 1200 {
			t.Errorf("shard %d has %d of 8000", n, count)
		}
	}
	if Shard("x", 1) != 0 || Shard("x", 0) != 0 {
		t.Error("one shard is number 0")
	}
}
