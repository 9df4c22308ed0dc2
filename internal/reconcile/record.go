package reconcile

import "encoding/binary"

const (
	// chunkBits: records lie in chunks of 1 MiB, so that growing copies nothing.
	chunkBits = 20
	// unit: records start at multiples of 8 bytes, so that 32 bits of reference reach 32 GiB.
	unit = 8
	// header is the fixed part of a stored record.
	header = 24
)

const (
	hasTheirs = 1 << iota
	hasOurs
	outOfScope
	isWide
	moved // counted elsewhere: see placeOurs
)

// ref says where a record lies, in units from the start of the first chunk, plus one: 0 is none.
type ref uint32

// stored is a key with the sums of both sides, in one piece of memory: its sums and its key mostly share a cache
// line, and a lookup in a table larger than the cache costs two misses (slot, record) instead of three.
//
//	0 theirs int64 · 8 ours int64 (millionths) · 16 18 20 lengths of part, location, project · 22 flags · 24 key
type stored []byte

func (s stored) theirs() int64 { return int64(binary.LittleEndian.Uint64(s)) }
func (s stored) ours() int64   { return int64(binary.LittleEndian.Uint64(s[8:])) }
func (s stored) flags() uint8  { return s[22] }
func (s stored) mark(f uint8)  { s[22] |= f }

func (s stored) set(at int, millionths int64) {
	binary.LittleEndian.PutUint64(s[at:], uint64(millionths))
}

// lengths is those of the three parts of the key, as one number to compare.
func (s stored) lengths() uint64 { return binary.LittleEndian.Uint64(s[16:]) & (1<<48 - 1) }

func (r *record) lengths() uint64 {
	return uint64(r.part) | uint64(r.location)<<16 | uint64(r.project)<<32
}

// split gives the parts of the key.
func (s stored) split() (part, location, project []byte) {
	n := s.lengths()
	a := header + n&0xFFFF
	b := a + n>>16&0xFFFF
	c := b + n>>32
	return s[header:a], s[a:b], s[b:c]
}

// size is how many bytes a record with a key of n bytes takes.
func size(n int) int { return (header + n + unit - 1) / unit * unit }

// arena holds records in the order in which they came.
type arena struct {
	chunks [][]byte
	n      int
}

func (a *arena) at(r ref) stored {
	r--
	return stored(a.chunks[r>>(chunkBits-3)][r<<3&(1<<chunkBits-1):])
}

// next is the reference of the record that add will make for a key of n bytes.
func (a *arena) next(n int) ref {
	last := len(a.chunks) - 1
	if last < 0 || len(a.chunks[last])+size(n) > 1<<chunkBits {
		a.chunks = append(a.chunks, make([]byte, 0, 1<<chunkBits))
		last++
	}
	return ref(last<<(chunkBits-3)+len(a.chunks[last])/unit) + 1
}

// add stores a key behind the last record; next must have been asked first.
func (a *arena) add(r *record, key []byte) {
	last := &a.chunks[len(a.chunks)-1]
	start := len(*last)
	*last = (*last)[:start+size(len(key))]
	s := stored((*last)[start:])
	binary.LittleEndian.PutUint64(s[16:], r.lengths())
	copy(s[header:], key)
	a.n++
}

// each calls do for every record in order until it says false.
func (a *arena) each(do func(ref, stored) bool) {
	for c, chunk := range a.chunks {
		for at := 0; at < len(chunk); {
			s := stored(chunk[at:])
			part, location, project := s.split()
			if !do(ref(c<<(chunkBits-3)+at/unit)+1, s) {
				return
			}
			at += size(len(part) + len(location) + len(project))
		}
	}
}
