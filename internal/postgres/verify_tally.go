package postgres

import "hash/maphash"

// tally is a sum over a set of rows that does not depend on their order: equal sets have equal tallies, and sets
// that differ have different ones, but for a chance of one in 2^64, which nobody can improve: the hash has a key of
// its own in every run.
type tally struct {
	count int64
	sum   uint64
}

func (t *tally) add(seed maphash.Seed, row []byte) {
	t.count++
	t.sum += maphash.Bytes(seed, row)
}

func (t *tally) plus(o tally) { t.count, t.sum = t.count+o.count, t.sum+o.sum }

// tallies are the sums of one stretch of the log.
type tallies struct {
	ids       tally // movements: sequence with movement_id
	movements tally // movements: sequence
	events    tally // events that say "movement": sequence
	to        tally // events of assets: where each left its asset
	from      tally // where each found it, but for those that made it
}

func (t *tallies) plus(o *tallies) {
	t.ids.plus(o.ids)
	t.movements.plus(o.movements)
	t.events.plus(o.events)
	t.to.plus(o.to)
	t.from.plus(o.from)
}
