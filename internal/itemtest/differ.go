package itemtest

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	difference "github.com/google/go-cmp/cmp"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/item"
)

// Differ does the same random calls on two stores and wants the same answers: items, conflicts with their
// index and what was stored, refusals, pages. The seed and the step name the first difference.
func Differ(t *testing.T, seed uint64, steps int, one, two Opener) {
	t.Helper()
	clock := NewClock()
	d := &differ{T: t, Clock: clock, Rand: rand.New(rand.NewPCG(seed, 0)), one: one(t, clock.Now), two: two(t, clock.Now)} //nolint:gosec // repeatable, not secret
	t.Logf("seed %d, %d steps", seed, steps)
	for step := range steps {
		what, call := d.call()
		a, b := call(d.one), call(d.two)
		if diff := difference.Diff(a, b); diff != "" {
			t.Fatalf("seed %d, step %d, %s: %s", seed, step, what, diff)
		}
		d.answers[kindOf(a)]++
	}
	t.Logf("answers: %v", d.answers)
	for _, kind := range []string{"done", "conflict", "items"} {
		if d.answers[kind] < steps/50 {
			t.Errorf("only %d answers of kind %q: the calls are not what they should be", d.answers[kind], kind)
		}
	}
}

type differ struct {
	*testing.T
	*Clock
	*rand.Rand
	one, two item.Store
	answers  counts
}

type counts map[string]int

// answer is what a caller learns from a call.
type answer struct {
	Code    fault.Code
	Index   int
	Current *item.Item
	Items   []item.Item
	More    bool
}

func answerOf(err error, items ...item.Item) answer {
	a := answer{Code: fault.CodeOf(err), Items: items}
	var c *item.Conflict
	if errors.As(err, &c) {
		a.Index, a.Current = c.Index, c.Current
	}
	return a
}

func kindOf(a answer) string {
	switch {
	case a.Code != "":
		return string(a.Code)
	case len(a.Items) > 0:
		return "items"
	}
	return "done"
}

// call makes the next call, to be done on both.
func (d *differ) call() (string, func(item.Store) answer) {
	if d.answers == nil {
		d.answers = counts{}
	}
	t := item.Tables()[d.IntN(3)] // with and without a sort key, with and without ends
	ctx := d.Context()
	switch n := d.IntN(100); {
	case n < 25:
		w := item.Write{Item: d.item(t), If: d.condition(-1, 6)}
		return fmt.Sprintf("put %s %+v", t.ID, w), func(s item.Store) answer { return answerOf(s.Put(ctx, t, w)) }
	case n < 32:
		r := item.Removal{Key: d.key(t), If: d.condition(-1, 6)}
		return fmt.Sprintf("delete %s %+v", t.ID, r), func(s item.Store) answer { return answerOf(s.Delete(ctx, t, r)) }
	case n < 45:
		ops := d.ops()
		return fmt.Sprintf("transact %+v", ops), func(s item.Store) answer { return answerOf(s.Transact(ctx, ops)) }
	case n < 55:
		writes := d.writes(t)
		return fmt.Sprintf("put all %s %+v", t.ID, writes), func(s item.Store) answer { return answerOf(s.PutAll(ctx, t, writes)) }
	case n < 57:
		p := d.key(t).Partition
		return "delete all " + t.ID + " " + p, func(s item.Store) answer { return answerOf(s.DeleteAll(ctx, t, p)) }
	case n < 62:
		d.Pass(time.Duration(d.IntN(3000)) * time.Millisecond)
		fallthrough
	case n < 72:
		k := d.key(t)
		return fmt.Sprintf("get %s %v", t.ID, k), func(s item.Store) answer {
			it, err := s.Get(ctx, t, k)
			if it == nil {
				return answerOf(err)
			}
			return answerOf(err, *it)
		}
	}
	q := d.query(t)
	return fmt.Sprintf("query %s %+v", t.ID, q), func(s item.Store) answer { return d.read(s, t, q) }
}

// read reads a query page by page to its end. Where an index has several items at one place, DynamoDB
// promises no order between them, so they are put in that of their keys.
func (d *differ) read(s item.Store, t *item.Table, q item.Query) answer {
	var all []item.Item
	for {
		page, err := s.Query(d.Context(), t, q)
		if err != nil {
			return answerOf(err)
		}
		if all = append(all, page.Items...); page.Next == "" {
			break
		}
		if len(page.Items) != q.Size() {
			return answer{More: true} // a short page that is not the last; the other side has none
		}
		q.Cursor = page.Next
	}
	place := func(it item.Item) string {
		if q.Index == "" {
			return it.Sort
		}
		return it.Index[q.Index].Sort
	}
	inOrder := slices.IsSortedFunc(all, func(a, b item.Item) int {
		if q.Descending {
			a, b = b, a
		}
		return cmp.Compare(place(a), place(b))
	})
	slices.SortFunc(all, func(a, b item.Item) int { return cmp.Or(cmp.Compare(place(a), place(b)), a.Key.Compare(b.Key)) })
	out := answerOf(nil, all...)
	out.More = !inOrder
	return out
}

// key is one of few, so that calls meet; now and then one that is refused.
func (d *differ) key(t *item.Table) item.Key {
	k := item.Key{Partition: fmt.Sprint("p", d.IntN(4))}
	if t.Sort != "" {
		k.Sort = texts()[d.IntN(len(texts()))]
	}
	switch d.IntN(150) {
	case 0:
		k.Partition = ""
	case 1:
		k.Sort += "\x00"
	}
	return k
}

func (d *differ) item(t *item.Table) item.Item {
	bodies := []string{`{}`, `{"a":"é😀"}`, `{"a":[1,{"b":null}],"z":true}`, `{"n":-9223372036854775808,"s":"\u0000\n"}`}
	it := item.Item{Key: d.key(t), Version: d.Int64N(7), Body: []byte(bodies[d.IntN(len(bodies))])}
	if it.Version == 0 && d.IntN(5) > 0 {
		it.Version = 1
	}
	if t.Expires != "" && d.IntN(4) == 0 {
		it.ExpiresAt = d.Now().Add(time.Duration(d.IntN(20)-2) * time.Second)
	}
	for _, x := range t.Indexes {
		if d.IntN(4) == 0 {
			if it.Index == nil {
				it.Index = map[string]item.Key{}
			}
			it.Index[x.Name] = item.Key{Partition: fmt.Sprint("x", d.IntN(2)), Sort: texts()[d.IntN(len(texts()))]}
		}
	}
	return it
}

func (d *differ) condition(low, high int) item.Condition {
	c := item.Condition{Kind: item.ConditionKind(low + d.IntN(high-low+1))}
	if c.Kind < item.Always || c.Kind > item.IfNewer {
		if d.IntN(4) > 0 {
			c.Kind = item.Always
		}
	}
	c.Version = d.Int64N(6)
	return c
}

func (d *differ) ops() []item.Op {
	ops := make([]item.Op, 1+d.IntN(4))
	for i := range ops {
		t := item.Tables()[d.IntN(3)]
		switch d.IntN(3) {
		case 0:
			ops[i] = item.Op{Table: t, Put: &item.Write{Item: d.item(t), If: d.condition(0, 4)}}
		case 1:
			ops[i] = item.Op{Table: t, Delete: &item.Removal{Key: d.key(t), If: item.Condition{Kind: []item.ConditionKind{item.Always, item.IfPresent, item.IfVersion}[d.IntN(3)], Version: 1 + d.Int64N(5)}}}
		default:
			ops[i] = item.Op{Table: t, Check: &item.Removal{Key: d.key(t), If: item.Condition{Kind: item.IfAbsent + item.ConditionKind(d.IntN(3)), Version: 1 + d.Int64N(5)}}}
		}
	}
	return ops
}

func (d *differ) writes(t *item.Table) []item.Write {
	out := make([]item.Write, d.IntN(8))
	for i := range out {
		out[i] = item.Write{Item: d.item(t), If: item.Condition{Kind: []item.ConditionKind{item.Always, item.IfAbsent, item.IfNewer}[d.IntN(3)]}}
	}
	if d.IntN(10) > 0 { // most of the time without the repetition that is refused
		slicesUnique(&out)
	}
	return out
}

func (d *differ) query(t *item.Table) item.Query {
	q := item.Query{Partition: fmt.Sprint("p", d.IntN(4)), Descending: d.IntN(2) == 0, Limit: []int{0, 1, 2, 3, 7, 50}[d.IntN(6)]}
	if d.IntN(2) == 0 {
		q.Index, q.Partition = t.Indexes[d.IntN(len(t.Indexes))].Name, fmt.Sprint("x", d.IntN(2))
	}
	if q.Index == "" && t.Sort == "" && d.IntN(10) > 0 {
		return q
	}
	a, b := texts()[d.IntN(len(texts()))], texts()[d.IntN(len(texts()))]
	switch d.IntN(6) {
	case 0:
		q.Prefix = a
	case 1:
		q.From = a
	case 2:
		q.To = a
	case 3:
		q.From, q.To = min(a, b), max(a, b)
	case 4:
		q.From, q.To = a, b // reversed, half of the time
	}
	return q
}
