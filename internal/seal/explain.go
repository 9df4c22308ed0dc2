package seal

import (
	"encoding/binary"
	"slices"
)

// Row is a row as it is now: its id and the bytes that its leaf covers, one tuple behind the other.
type Row struct {
	ID    int64
	Bytes []byte
}

// idOffset is where a tuple has its id: behind the number of its columns (2 bytes) and the length of the first
// one (4), which is a bigint.
const idOffset = 2 + 4

// leafAs is the leaf that the row would have under another id.
func (r Row) leafAs(id int64) Hash {
	if len(r.Bytes) < idOffset+8 {
		return Leaf(r.Bytes)
	}
	moved := slices.Clone(r.Bytes)
	binary.BigEndian.PutUint64(moved[idOffset:], uint64(id))
	return Leaf(moved)
}

// Kind is what happened to a row after it was sealed.
type Kind string

// Kinds of differences.
const (
	Changed  Kind = "changed"
	Deleted  Kind = "deleted"
	Inserted Kind = "inserted"
	Moved    Kind = "moved" // it has the place of another one; two that were swapped are both moved
)

// Difference is one row that is not as it was sealed.
type Difference struct {
	Kind  Kind
	ID    int64 // of the row; of a deleted one the next lower id that is still there, or the block's first if it must be that
	Index int   // in the block, as it was sealed
	Other int64 // of Moved: the id under which it had been sealed
}

// Limits of an explanation: a person needs the first rows that are wrong, and comparing every wrong row of a block
// with every other one would take hours where all of them are.
const (
	maxDifferences = 20
	maxSuspects    = 100
)

// Explain compares the leaves that a block keeps with the rows that lie in its range now, in order, and says which
// are different, first things first.
func (b *Block) Explain(rows []Row) []Difference {
	actual := make([][leafSize]byte, len(rows))
	for i, r := range rows {
		leaf := Leaf(r.Bytes)
		actual[i] = [leafSize]byte(leaf[:])
	}
	sealed := make([][leafSize]byte, len(b.Leaves)/leafSize)
	for i := range sealed {
		sealed[i] = [leafSize]byte(b.Leaves[i*leafSize:])
	}
	var suspects []Row
	for i, r := range rows {
		if len(suspects) < maxSuspects && !slices.Contains(sealed, actual[i]) {
			suspects = append(suspects, r)
		}
	}
	var out []Difference
	at, is := 0, 0 // in sealed, in actual
	for (at < len(sealed) || is < len(rows)) && len(out) < maxDifferences {
		switch {
		case at < len(sealed) && is < len(rows) && sealed[at] == actual[is]:
			at, is = at+1, is+1
		case is == len(rows), at < len(sealed) && slices.Contains(sealed[at+1:], actual[is]):
			out = append(out, Difference{Kind: Deleted, ID: b.deletedID(at, is, rows), Index: at})
			at++
		case at == len(sealed), slices.Contains(actual[is+1:], sealed[at]):
			out = append(out, Difference{Kind: Inserted, ID: rows[is].ID, Index: at})
			is++
		default:
			d := altered(rows[is], suspects, sealed)
			d.Index = at
			out = append(out, d)
			at, is = at+1, is+1
		}
	}
	return out
}

// deletedID names a row that is gone. Where ids have no gaps it follows from the place in the block.
func (b *Block) deletedID(at, is int, rows []Row) int64 {
	if b.Last-b.First == int64(b.Count)-1 {
		return b.First + int64(at)
	}
	if is > 0 {
		return rows[is-1].ID
	}
	return b.First
}

// altered tells a row that took another's place from one whose content is different.
func altered(row Row, suspects []Row, sealed [][leafSize]byte) Difference {
	for _, other := range suspects {
		if other.ID == row.ID {
			continue
		}
		// The row was sealed where other is now, if under other's id it has a leaf of the block.
		leaf := row.leafAs(other.ID)
		if slices.Contains(sealed, [leafSize]byte(leaf[:])) {
			return Difference{Kind: Moved, ID: row.ID, Other: other.ID}
		}
	}
	return Difference{Kind: Changed, ID: row.ID}
}
