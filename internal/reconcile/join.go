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
	unplaced map[string]bool // parts that have a row of theirs without location
	warm     uint64
}

func newJoin(by Columns) *join {
	return &join{by: by, seed: maphash.MakeSeed(), slots: make([]uint64, firstSlots), mask: firstSlots - 1,
		wide: map[ref]*sums{}, unplaced: map[string]bool{}}
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
func (j *join) find(key []byte, r *record) (at ref, s stored) {
	for i := r.hash & j.mask; ; i = (i + 1) & j.mask {
		slot := j.slots[i]
		if slot == 0 {
			at = j.next(len(key))
			j.slots[i] = uint64(r.hash)<<32 | uint64(at)
			j.add(r, key)
			return at, j.at(at)
		}
		if uint32(slot>>32) != r.hash {
			continue
		}
		s = j.at(ref(slot))
		if s.lengths() == r.lengths() && bytes.Equal(s[header:header+len(key)], key) {
			return ref(slot), s
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
			at, s := j.find(rows[i].key(b), &rows[i])
			s.mark(side)
			if err := j.sum(at, s, side, rows[i].amount(b, from+i)); err != nil {
				return err
			}
			if side == hasTheirs && rows[i].location == 0 && j.by.Location {
				part, _, _ := s.split()
				j.unplaced[string(part)] = true
			}
		}
	}
	return nil
}

// placeOurs adds our stock of a part over all locations where none of their rows of that part has a location.
func (j *join) placeOurs() error {
	if len(j.unplaced) == 0 {
		return nil
	}
	j.each(func(_ ref, s stored) bool {
		if part, location, _ := s.split(); len(location) > 0 && s.flags()&hasTheirs != 0 {
			delete(j.unplaced, string(part))
		}
		return true
	})
	var err error
	j.each(func(at ref, s stored) bool {
		if part, location, _ := s.split(); len(location) > 0 && j.unplaced[string(part)] {
			err = j.moveOurs(at, s)
		}
		return err == nil
	})
	return err
}

// moveOurs adds our sum of a record to the record of the same part and project without location.
func (j *join) moveOurs(from ref, s stored) error {
	if err := j.reserve(1); err != nil {
		return err
	}
	part, _, project := s.split()
	key := append(append([]byte(nil), part...), project...)
	r := record{hash: uint32(maphash.Bytes(j.seed, key)), part: uint16(len(part)), project: uint16(len(project))}
	at, to := j.find(key, &r)
	to.mark(hasOurs)
	s.mark(moved)
	a := amount{millionths: s.ours()}
	if s.flags()&isWide != 0 {
		a = amount{exact: j.wide[from].ours, wide: true}
	}
	return j.sum(at, to, hasOurs, a)
}

// limitPlaces leaves out what is ours alone in a location that no row of theirs names.
func (j *join) limitPlaces() {
	places := map[string]bool{}
	j.each(func(_ ref, s stored) bool {
		if _, location, _ := s.split(); s.flags()&hasTheirs != 0 && !places[string(location)] {
			places[string(location)] = true
		}
		return true
	})
	j.each(func(_ ref, s stored) bool {
		if _, location, _ := s.split(); s.flags()&hasTheirs == 0 && !places[string(location)] {
			s.mark(outOfScope)
		}
		return true
	})
}
