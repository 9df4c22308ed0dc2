package reconcile

import (
	"bytes"
	"hash/maphash"

	"github.com/faiston/nexo/internal/fault"
	"github.com/govalues/decimal"
)

const (
	// MaxKeys bounds memory: 20 million keys are about 1.6 GB, four times the largest stock planned for.
	MaxKeys = 20_000_000
	// chunkBits: keys lie in chunks of 1 MiB, so that growing copies nothing.
	chunkBits = 20
	// entryBits: entries lie in chunks of 32,768 (1 MiB).
	entryBits = 15
	// firstSlots is the hash table of a small list.
	firstSlots = 1 << 12
)

const (
	hasTheirs = 1 << iota
	hasOurs
	outOfScope
	isWide
)

// entry is a key with the sums of both sides, 32 bytes.
type entry struct {
	theirs, ours            int64  // millionths
	at                      uint32 // where the key starts: chunk number and offset
	part, location, project uint16
	flags                   uint8
}

// sums are the exact quantities of an entry that does not fit millionths.
type sums struct{ theirs, ours decimal.Decimal }

// join is an open-addressing table over bytes: keys in chunks, entries in the order of their first row,
// slots of 64 bits that hold 32 bits of hash and the entry's number.
type join struct {
	by       Columns
	seed     maphash.Seed // random, and never seen in a result: entries keep the order of the rows
	slots    []uint64
	mask     uint32
	entries  [][]entry
	n        int
	keys     [][]byte
	wide     map[uint32]*sums
	unplaced map[string]bool // parts with a row without location
	places   map[string]bool // their locations, when ours are limited to them
	warm     uint64
}

func newJoin(by Columns, onlyTheirPlaces bool) *join {
	j := &join{by: by, seed: maphash.MakeSeed(), slots: make([]uint64, firstSlots), mask: firstSlots - 1,
		wide: map[uint32]*sums{}, unplaced: map[string]bool{}}
	if onlyTheirPlaces && by.Location {
		j.places = map[string]bool{}
	}
	return j
}

func (j *join) entry(i uint32) *entry { return &j.entries[i>>entryBits][i&(1<<entryBits-1)] }

func (j *join) key(e *entry) []byte {
	start := int(e.at & (1<<chunkBits - 1))
	return j.keys[e.at>>chunkBits][start : start+int(e.part)+int(e.location)+int(e.project)]
}

// split gives the parts of an entry's key.
func (j *join) split(e *entry) (part, location, project []byte) {
	k := j.key(e)
	return k[:e.part], k[e.part : e.part+e.location], k[e.part+e.location:]
}

// reserve makes room for n more keys, so that a batch never grows the table half-way.
func (j *join) reserve(n int) error {
	if j.n+n > MaxKeys {
		return fault.InvalidArgument.With("A comparação passa de %d chaves.", "The comparison has more than %d keys.", MaxKeys)
	}
	for (j.n+n)*10 > len(j.slots)*6 {
		old := j.slots
		j.slots = make([]uint64, 2*len(old))
		j.mask = uint32(len(j.slots) - 1)
		for _, s := range old {
			if s == 0 {
				continue
			}
			i := uint32(s>>32) & j.mask
			for j.slots[i] != 0 {
				i = (i + 1) & j.mask
			}
			j.slots[i] = s
		}
	}
	return nil
}

// fetch touches what a batch will need, so that the cache misses of its rows overlap instead of queueing
// behind each other: about twice as fast as looking up row by row on a table larger than the cache.
func (j *join) fetch(b *batch) {
	var slots [batchRows]uint32
	for i := range b.rows {
		slots[i] = uint32(j.slots[b.rows[i].hash&j.mask])
	}
	var ats [batchRows]uint32
	found := ats[:0]
	for _, s := range slots[:len(b.rows)] {
		if s != 0 {
			found = append(found, j.entry(s-1).at)
		}
	}
	for _, at := range found {
		j.warm += uint64(j.keys[at>>chunkBits][at&(1<<chunkBits-1)])
	}
}

// find gives the number of the row's entry, made when it is new.
func (j *join) find(b *batch, r *record) (id uint32, isNew bool) {
	key := r.key(b)
	for i := r.hash & j.mask; ; i = (i + 1) & j.mask {
		s := j.slots[i]
		if s == 0 {
			j.slots[i] = uint64(r.hash)<<32 | uint64(j.n+1)
			return j.insert(key, r), true
		}
		if uint32(s>>32) != r.hash {
			continue
		}
		id := uint32(s) - 1
		e := j.entry(id)
		if e.part == r.part && e.location == r.location && e.project == r.project && bytes.Equal(j.key(e), key) {
			return id, false
		}
	}
}

func (j *join) insert(key []byte, r *record) uint32 {
	last := len(j.keys) - 1
	if last < 0 || len(j.keys[last])+len(key) > 1<<chunkBits {
		j.keys = append(j.keys, make([]byte, 0, 1<<chunkBits))
		last++
	}
	at := uint32(last)<<chunkBits | uint32(len(j.keys[last]))
	j.keys[last] = append(j.keys[last], key...)
	if j.n>>entryBits == len(j.entries) {
		j.entries = append(j.entries, make([]entry, 0, 1<<entryBits))
	}
	chunk := &j.entries[j.n>>entryBits]
	*chunk = append(*chunk, entry{at: at, part: r.part, location: r.location, project: r.project})
	j.n++
	return uint32(j.n - 1)
}

func (j *join) loadTheirs(b *batch) error {
	if err := j.reserve(len(b.rows)); err != nil {
		return err
	}
	j.fetch(b)
	for i := range b.rows {
		r := &b.rows[i]
		id, isNew := j.find(b, r)
		e := j.entry(id)
		e.flags |= hasTheirs
		if err := j.sum(id, e, &e.theirs, r.amount(b, i)); err != nil {
			return err
		}
		if isNew && j.by.Location {
			part, location, _ := j.split(e)
			if len(location) == 0 {
				j.unplaced[string(part)] = true
			}
			if j.places != nil && !j.places[string(location)] {
				j.places[string(location)] = true
			}
		}
	}
	return nil
}

// settlePlaces keeps in unplaced only the parts that have no located row at all.
func (j *join) settlePlaces() {
	if len(j.unplaced) == 0 {
		return
	}
	for i := range j.n {
		e := j.entry(uint32(i))
		if part, location, _ := j.split(e); len(location) > 0 {
			delete(j.unplaced, string(part))
		}
	}
}

func (j *join) loadOurs(b *batch) error {
	if err := j.reserve(len(b.rows)); err != nil {
		return err
	}
	j.fetch(b)
	for i := range b.rows {
		r := &b.rows[i]
		id, isNew := j.find(b, r)
		e := j.entry(id)
		e.flags |= hasOurs
		if err := j.sum(id, e, &e.ours, r.amount(b, i)); err != nil {
			return err
		}
		if isNew && j.places != nil {
			if _, location, _ := j.split(e); !j.places[string(location)] {
				e.flags |= outOfScope
			}
		}
	}
	return nil
}
