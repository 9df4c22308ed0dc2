package reconcile

import (
	"bytes"
	"context"
	"hash/maphash"
	"iter"

	"github.com/faiston/nexo/internal/fault"
	"github.com/govalues/decimal"
)

const (
	// MaxCode is the longest part, location or project code in bytes: SAP's longest is 40 characters.
	MaxCode = 512
	// batchRows keeps a batch (keys and records, about 120 kB) inside a core's second-level cache.
	batchRows = 2048
	// batches in flight: one being filled, one being joined, and slack for uneven speed.
	batches = 4
)

// record is one row whose key lies in the batch's buffer.
type record struct {
	millionths              int64
	hash                    uint32
	at                      uint32 // start of part|location|project in batch.keys
	part, location, project uint16 // their lengths
	wide                    bool   // the quantity does not fit millionths: it is in batch.wide, by record number
}

type batch struct {
	keys []byte
	rows []record
	wide map[int]decimal.Decimal
	err  error
}

func (r *record) key(b *batch) []byte {
	return b.keys[r.at : int(r.at)+int(r.part)+int(r.location)+int(r.project)]
}

// keyer turns rows into keys.
type keyer struct {
	by    Columns
	codes *Codes
	seed  maphash.Seed
}

// feeder reads one list in a goroutine of its own, so that parsing both lists and joining them share the cores.
type feeder struct {
	full, free chan *batch
	done       chan struct{}
	rows       int
}

func startFeeder(ctx context.Context, rows iter.Seq2[Row, error], k keyer) *feeder {
	f := &feeder{full: make(chan *batch), free: make(chan *batch, batches), done: make(chan struct{})}
	for range batches {
		f.free <- &batch{rows: make([]record, 0, batchRows)}
	}
	go func() {
		defer close(f.done)
		defer close(f.full)
		k.fill(ctx, rows, f.full, f.free)
	}()
	return f
}

// pass gives the next batch to sink; more is false at the end of the list.
func (f *feeder) pass(sink func(*batch) error) (more bool, err error) {
	b, more := <-f.full
	if !more {
		return false, nil
	}
	if err := sink(b); err != nil {
		return false, err
	}
	f.rows += len(b.rows)
	if b.err != nil {
		return false, b.err
	}
	f.free <- b
	return true, nil
}

func (k *keyer) fill(ctx context.Context, rows iter.Seq2[Row, error], full, free chan *batch) {
	next := func() *batch {
		select {
		case b := <-free:
			b.keys, b.rows, b.wide = b.keys[:0], b.rows[:0], nil
			return b
		case <-ctx.Done():
			return nil
		}
	}
	send := func(b *batch) bool {
		select {
		case full <- b:
			return true
		case <-ctx.Done():
			return false
		}
	}
	b := next()
	for row, err := range rows {
		if b == nil {
			return
		}
		if err == nil {
			err = k.add(b, &row)
		}
		if b.err = err; err != nil {
			break
		}
		if len(b.rows) < batchRows {
			continue
		}
		if !send(b) {
			return
		}
		b = next()
	}
	if b != nil {
		send(b)
	}
}

func (k *keyer) add(b *batch, row *Row) error {
	part := bytes.TrimSpace(row.Part)
	if len(part) == 0 {
		part = k.codes.part(row.Material)
	}
	if len(part) == 0 {
		return fault.InvalidArgument.With("Há uma linha com quantidade e sem part number.", "A row has a quantity and no part number.").On("part_number")
	}
	r := record{at: uint32(len(b.keys))}
	var location, project []byte
	if k.by.Location {
		location = bytes.TrimSpace(row.Location)
	}
	if k.by.Project {
		if project = bytes.TrimSpace(row.Project); len(project) == 0 {
			project = []byte(DefaultProject)
		}
	}
	if len(part) > MaxCode || len(location) > MaxCode || len(project) > MaxCode {
		return fault.InvalidArgument.With("Um código passa de %d bytes.", "A code is longer than %d bytes.", MaxCode)
	}
	r.part, r.location, r.project = uint16(len(part)), uint16(len(location)), uint16(len(project))
	b.keys = append(append(append(b.keys, part...), location...), project...)
	r.hash = uint32(maphash.Bytes(k.seed, b.keys[r.at:]))
	var fits bool
	if r.millionths, fits = toMillionths(row.Quantity); !fits {
		r.wide = true
		if b.wide == nil {
			b.wide = map[int]decimal.Decimal{}
		}
		b.wide[len(b.rows)] = row.Quantity
	}
	b.rows = append(b.rows, r)
	return nil
}
