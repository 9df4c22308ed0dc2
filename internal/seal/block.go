package seal

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"time"
)

// Chain names a chain of blocks.
type Chain string

// The two chains: the events of the ledger by position, each with its movement and what happened to assets, and
// the rows of the audit by number.
const (
	Events Chain = "events"
	Audit  Chain = "audit"
)

// Chains lists them.
func Chains() []Chain { return []Chain{Events, Audit} }

// Format is the version of what is hashed: the columns of a row, their order, and the header of a block. A block
// keeps its format for ever; a new column begins a new format.
const Format = 1

// Sizes of a block. One closes as soon as it has the least, or when its first row has waited for MaxWait; a block
// of the most rows keeps 32 kB of leaves and is read again in some 20 ms.
const (
	MinRows = 1000
	MaxRows = 4000
	MaxWait = 5 * time.Second
)

// Hash is a SHA-256.
type Hash = [sha256.Size]byte

// leafSize is how much of a leaf a block keeps. The eight bytes name the row that is wrong; what proves that one is,
// is the root, which covers whole leaves.
const leafSize = 8

// Leaf is the hash of a row: of the bytes in which PostgreSQL sends it, one tuple or several.
func Leaf(tuples ...[]byte) Hash {
	if len(tuples) == 1 {
		return sha256.Sum256(tuples[0])
	}
	h := sha256.New()
	for _, t := range tuples {
		h.Write(t)
	}
	return Hash(h.Sum(nil))
}

// Head is the end of a chain so far. The zero Head, with its chain, is the beginning.
type Head struct {
	Chain  Chain
	Number int64 // of the last block; 0 when there is none
	Last   int64 // the id up to which rows are sealed
	Hash   Hash
}

// Block seals rows First to Last, by their ids; ids may have gaps.
type Block struct {
	Chain    Chain
	Format   int
	Number   int64 // from 1, without a gap
	First    int64
	Last     int64
	Count    int
	Previous Hash // hash of the block before; zero for the first
	Root     Hash // of all leaves
	Hash     Hash // of everything above and Leaves
	SealedAt time.Time
	Leaves   []byte // leafSize bytes a row
}

// Head is the block as the end of its chain.
func (b *Block) Head() Head { return Head{b.Chain, b.Number, b.Last, b.Hash} }

// sum is what Hash must be.
func (b *Block) sum() Hash {
	h := sha256.New()
	header := make([]byte, 0, 128)
	header = append(header, "nexo seal\n"...)
	header = append(append(header, b.Chain...), '\n')
	for _, n := range []int64{int64(b.Format), b.Number, b.First, b.Last, int64(b.Count), b.SealedAt.UnixMicro()} {
		header = binary.BigEndian.AppendUint64(header, uint64(n))
	}
	h.Write(header)
	h.Write(b.Previous[:])
	h.Write(b.Root[:])
	h.Write(b.Leaves)
	return Hash(h.Sum(nil))
}

// What can be wrong with a block by itself.
var (
	ErrEdited = errors.New("seal: the block does not have the hash that it says")
	ErrBroken = errors.New("seal: the block does not follow the one before")
)

// Check says whether a block is whole and follows before. It needs no rows.
func (b *Block) Check(before Head) error {
	switch {
	case b.sum() != b.Hash || len(b.Leaves) != leafSize*b.Count:
		return ErrEdited
	case b.Chain != before.Chain || b.Number != before.Number+1 || b.Previous != before.Hash || b.First <= before.Last || b.Last < b.First:
		return ErrBroken
	}
	return nil
}

// Builder collects the rows of a block.
type Builder struct {
	first, last int64
	count       int
	leaves      []byte
	root        []byte // whole leaves: at most 128 kB
}

// Add takes the next row; ids must grow.
func (b *Builder) Add(id int64, leaf Hash) {
	if b.count == 0 {
		b.first = id
	}
	b.last, b.count = id, b.count+1
	b.leaves, b.root = append(b.leaves, leaf[:leafSize]...), append(b.root, leaf[:]...)
}

// Len is how many rows there are.
func (b *Builder) Len() int { return b.count }

// Leaves gives the short leaves so far.
func (b *Builder) Leaves() []byte { return b.leaves }

// Root is the hash of all leaves so far.
func (b *Builder) Root() Hash { return sha256.Sum256(b.root) }

// Reset empties the builder.
func (b *Builder) Reset() {
	b.first, b.last, b.count, b.leaves, b.root = 0, 0, 0, b.leaves[:0], b.root[:0]
}

// Block seals what was added, behind before. There must be a row.
func (b *Builder) Block(before Head, at time.Time) *Block {
	out := &Block{Chain: before.Chain, Format: Format, Number: before.Number + 1, First: b.first, Last: b.last, Count: b.count,
		Previous: before.Hash, Root: b.Root(), SealedAt: at.UTC().Truncate(time.Microsecond), Leaves: append([]byte(nil), b.leaves...)}
	out.Hash = out.sum()
	return out
}
