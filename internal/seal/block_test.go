package seal

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// row makes the bytes of a tuple: two columns, of which the first is the id.
func row(id int64, text string) Row {
	b := []byte{0, 2, 0, 0, 0, 8}
	b = binary.BigEndian.AppendUint64(b, uint64(id))
	b = binary.BigEndian.AppendUint32(b, uint32(len(text)))
	return Row{id, append(b, text...)}
}

func rows(ids ...int64) (out []Row) {
	for _, id := range ids {
		out = append(out, row(id, strings.Repeat("x", int(id%7))+"row "+string(rune('a'+id%26))))
	}
	return out
}

func sealed(before Head, list []Row) *Block {
	var b Builder
	for _, r := range list {
		b.Add(r.ID, Leaf(r.Bytes))
	}
	return b.Block(before, time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC))
}

func TestChain(t *testing.T) {
	t.Parallel()
	start := Head{Chain: Events}
	one := sealed(start, rows(1, 2, 3))
	two := sealed(one.Head(), rows(4, 5))
	if err := one.Check(start); err != nil {
		t.Error(err)
	}
	if err := two.Check(one.Head()); err != nil {
		t.Error(err)
	}
	if again := sealed(start, rows(1, 2, 3)); again.Hash != one.Hash || again.SealedAt.Nanosecond() != 123456000 {
		t.Error("the same rows at the same time make the same block")
	}
	for name, change := range map[string]func(*Block){
		"number":  func(b *Block) { b.Number++ },
		"first":   func(b *Block) { b.First-- },
		"last":    func(b *Block) { b.Last++ },
		"count":   func(b *Block) { b.Count++ },
		"format":  func(b *Block) { b.Format++ },
		"chain":   func(b *Block) { b.Chain = Audit },
		"time":    func(b *Block) { b.SealedAt = b.SealedAt.Add(time.Microsecond) },
		"link":    func(b *Block) { b.Previous[0]++ },
		"root":    func(b *Block) { b.Root[31]++ },
		"hash":    func(b *Block) { b.Hash[31]++ },
		"leaves":  func(b *Block) { b.Leaves[8]++ },
		"a leaf":  func(b *Block) { b.Leaves = b.Leaves[:8] },
		"swapped": func(b *Block) { copy(b.Leaves, append(append([]byte(nil), b.Leaves[8:]...), b.Leaves[:8]...)) },
	} {
		b := sealed(one.Head(), rows(4, 5))
		if change(b); !errors.Is(b.Check(one.Head()), ErrEdited) {
			t.Errorf("%s: %v", name, b.Check(one.Head()))
		}
		if name != "hash" && name != "a leaf" {
			b.Hash = b.sum() // who forges a block forges its hash, too; then the rows, the next block or a signature tell
			if err := b.Check(one.Head()); errors.Is(err, ErrEdited) && name != "count" {
				t.Errorf("%s, forged: %v", name, err)
			}
		}
	}
	for name, before := range map[string]Head{"another chain": {Chain: Audit}, "a block too early": start, "itself": two.Head()} {
		if err := two.Check(before); !errors.Is(err, ErrBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBuilder(t *testing.T) {
	t.Parallel()
	var b Builder
	for _, r := range rows(1, 2, 3) {
		b.Add(r.ID, Leaf(r.Bytes))
	}
	b.Reset()
	if b.Len() != 0 || len(b.Leaves()) != 0 {
		t.Error("a builder that was reset is empty")
	}
	for _, r := range rows(4, 9) {
		b.Add(r.ID, Leaf(r.Bytes))
	}
	got := b.Block(Head{Chain: Audit, Number: 7, Last: 3}, time.Unix(0, 0))
	if got.First != 4 || got.Last != 9 || got.Count != 2 || got.Number != 8 || len(got.Leaves) != 16 {
		t.Errorf("%+v", got)
	}
	if Leaf([]byte("ab")) != Leaf([]byte("a"), []byte("b")) {
		t.Error("a leaf covers its tuples one behind the other")
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	was := rows(10, 11, 12, 13, 14, 15)
	gaps := rows(10, 12, 13, 17, 18, 25)
	as := func(r Row, id int64) Row {
		r.Bytes = append([]byte(nil), r.Bytes...)
		binary.BigEndian.PutUint64(r.Bytes[idOffset:], uint64(id))
		r.ID = id
		return r
	}
	for _, c := range []struct {
		name string
		was  []Row
		now  []Row
		want []Difference
	}{
		{"as it was", was, rows(10, 11, 12, 13, 14, 15), nil},
		{"changed", was, []Row{was[0], was[1], row(12, "other"), was[3], was[4], was[5]}, []Difference{{Changed, 12, 2, 0}}},
		{"first deleted", was, was[1:], []Difference{{Deleted, 10, 0, 0}}},
		{"last deleted", was, was[:5], []Difference{{Deleted, 15, 5, 0}}},
		{"two deleted", was, []Row{was[0], was[1], was[4], was[5]}, []Difference{{Deleted, 12, 2, 0}, {Deleted, 13, 3, 0}}},
		{"deleted where ids have gaps", gaps, []Row{gaps[0], gaps[1], gaps[3], gaps[4], gaps[5]}, []Difference{{Deleted, 12, 2, 0}}},
		{"all gone", was, nil, []Difference{{Deleted, 10, 0, 0}, {Deleted, 11, 1, 0}, {Deleted, 12, 2, 0}, {Deleted, 13, 3, 0}, {Deleted, 14, 4, 0}, {Deleted, 15, 5, 0}}},
		{"inserted into a gap", gaps, []Row{gaps[0], row(11, "new"), gaps[1], gaps[2], gaps[3], gaps[4], gaps[5]}, []Difference{{Inserted, 11, 1, 0}}},
		{"inserted at the end", gaps[:5], append(append([]Row(nil), gaps[:5]...), row(20, "new")), []Difference{{Inserted, 20, 5, 0}}},
		{"neighbours swapped", was, []Row{was[0], as(was[2], 11), as(was[1], 12), was[3], was[4], was[5]}, []Difference{{Moved, 11, 1, 12}, {Moved, 12, 2, 11}}},
		{"far ones swapped", gaps, []Row{as(gaps[5], 10), gaps[1], gaps[2], gaps[3], gaps[4], as(gaps[0], 25)}, []Difference{{Moved, 10, 0, 25}, {Moved, 25, 5, 10}}},
		{"changed and deleted", was, []Row{row(10, "x"), was[1], was[3], was[4], was[5]}, []Difference{{Changed, 10, 0, 0}, {Deleted, 12, 2, 0}}},
		{"renumbered", gaps, []Row{gaps[0], as(gaps[1], 11), gaps[2], gaps[3], gaps[4], gaps[5]}, []Difference{{Changed, 11, 1, 0}}},
	} {
		b := sealed(Head{Chain: Audit}, c.was)
		if diff := cmp.Diff(c.want, b.Explain(c.now)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

// However much is wrong, an answer comes, and it is short.
func TestExplainIsBounded(t *testing.T) {
	t.Parallel()
	var was, now []Row
	for i := range int64(MaxRows) {
		was, now = append(was, row(i+1, "was")), append(now, row(i+1, "is"))
	}
	if got := sealed(Head{Chain: Audit}, was).Explain(now); len(got) != maxDifferences || got[0] != (Difference{Changed, 1, 0, 0}) {
		t.Errorf("%d differences", len(got))
	}
	if got := sealed(Head{Chain: Audit}, was).Explain([]Row{{1, nil}, {2, []byte{1}}}); len(got) == 0 {
		t.Error("rows without bytes are different")
	}
}
