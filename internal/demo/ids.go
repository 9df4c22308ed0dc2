package demo

import (
	"encoding/binary"
	"hash/fnv"
	"math/rand/v2"

	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
)

// newRand makes a generator of its own for each part of the load, so that one does not move another.
func newRand(seed uint64, of string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(of)) //nolint:errcheck // a hash never fails
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// ids makes UUIDs of version 7 that depend on a seed alone.
type ids struct{ rand *rand.Rand }

func newIDs(seed uint64, of string) *ids { return &ids{newRand(seed, "ids "+of)} }

// next is an id of a day (RFC 9562, section 5.7: 48 bits of milliseconds, version, random bits).
func (g *ids) next(day stock.Date) uuid.UUID {
	const dayMillis = 24 * 60 * 60 * 1000
	var id uuid.UUID
	ms := uint64(day.Time().UnixMilli()) + g.rand.Uint64N(dayMillis)
	binary.BigEndian.PutUint64(id[:8], ms<<16|g.rand.Uint64()&0xffff)
	binary.BigEndian.PutUint64(id[8:], g.rand.Uint64())
	id[6], id[8] = id[6]&0x0f|0x70, id[8]&0x3f|0x80
	return id
}
