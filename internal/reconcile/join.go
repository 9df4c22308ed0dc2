package reconcile

import (
	"bytes"
	"hash/maphash"

	"github.com/faiston/nexo/internal/fault"
	"github.com/govalues/decimal"
)

const (
	// MaxKeys bounds memory: 20 million keys are about 1.7 GB, four times the largest stock planned for.
	MaxKeys = 20_000_000
	// firstSlots is the hash table of a small list.
	firstSlots = 1 << 12
	// ahead is how many rows are fetched before they are joined: what they touch fits the first-level cache.
	ahead = 128
)

// sums are the exact quantities of a key that do not fit millionths.
type sums struct{ theirs, ours decimal.Decimal }

// join is an open-addressing table over bytes. A slot holds 32 bits of hash and the reference of a record.
type join struct {
	arena
	by       Columns
	seed     maphash.Seed // random, and never seen in a result: records keep the order of the rows
	slots    []uint64
	mask     uint32
	wide     map[ref]*sums
	unplaced map[string]bool // parts with a row without location
	places   map[string]bool // their locations, when ours are limited to them
	warm     uint64
}

func newJoin(by Columns, onlyTheirPlaces bool) *join {
	j := &join{by: by, seed: maphash.MakeSeed(), slots: make([]uint64, firstSlots), mask: firstSlots - 1,
		wide: map[ref]*sums{}, unplaced: map[string]bool{}}
	if onlyTheirPlaces && by.Location {
		j.places = map[string]bool{}
	}
	return j
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

// fetch touches what rows will need, so that their cache misses overlap instead of queueing behind each other.
func (j *join) fetch(rows []record) {
	var refs [ahead]ref
	for i := range rows {
		refs[i] = ref(j.slots[rows[i].hash&j.mask])
	}
	for _, r := range refs[:len(rows)] {
		if r != 0 {
			j.warm += uint64(j.at(r)[header])
		}
	}
}

// find gives the row's record, made when it is new.
func (j *join) find(key []byte, r *record) (at ref, s stored, isNew bool) {
	for i := r.hash & j.mask; ; i = (i + 1) & j.mask {
		slot := j.slots[i]
		if slot == 0 {
			at = j.next(len(key))
			j.slots[i] = uint64(r.hash)<<32 | uint64(at)
			j.add(r, key)
			return at, j.at(at), true
		}
		if uint32(slot>>32) != r.hash {
			continue
		}
		s = j.at(ref(slot))
		if s.lengths() == r.lengths() && bytes.Equal(s[header:header+len(key)], key) {
			return ref(slot), s, false
		}
	}
}

// load adds a batch to one side.
func (j *join) load(b *batch, side uint8) error {
	if err := j.reserve(len(b.rows)); err != nil {
		return err
	}
	for from := 0; from < len(b.rows); from += ahead {
		rows := b.rows[from:min(from+ahead, len(b.rows))]
		j.fetch(rows)
		for i := range rows {
			at, s, isNew := j.find(rows[i].key(b), &rows[i])
			s.mark(side)
			if err := j.sum(at, s, side, rows[i].amount(b, from+i)); err != nil {
				return err
			}
			if isNew && j.by.Location {
				j.place(s, side)
			}
		}
	}
	return nil
}

// place keeps what the location of a new key is needed for.
func (j *join) place(s stored, side uint8) {
	part, location, _ := s.split()
	if side == hasTheirs && len(location) == 0 {
		j.unplaced[string(part)] = true
	}
	switch {
	case j.places == nil:
	case side == hasOurs && !j.places[string(location)]:
		s.mark(outOfScope)
	case side == hasTheirs && !j.places[string(location)]:
		j.places[string(location)] = true
	}
}

// settlePlaces keeps in unplaced only the parts that have no located row at all.
func (j *join) settlePlaces() {
	if len(j.unplaced) == 0 {
		return
	}
	j.each(func(_ ref, s stored) bool {
		if part, location, _ := s.split(); len(location) > 0 {
			delete(j.unplaced, string(part))
		}
		return true
	})
}
