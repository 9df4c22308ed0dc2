package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/binary"

	"github.com/faiston/nexo/internal/seal"
	"github.com/jackc/pgx/v5"
)

// sqlEventFloor is the highest sequence in order before a position.
const sqlEventFloor = `SELECT coalesce((SELECT sequence FROM sga.event_log WHERE position < $1 AND NOT is_late ORDER BY position DESC LIMIT 1), 0)`

// span is a stretch of a chunk's bytes.
type span struct{ from, to int }

func (s span) size() int { return s.to - s.from }

// sealedEvent is an event with all that its leaf covers: its row of the log, its movement, what happened to assets.
type sealedEvent struct {
	position, sequence int64
	late               bool // it has a lower sequence than an event before it, or says so
	flagged            bool // it says so
	row                span
	movement           span // empty: none
	assets             span // tuples one behind the other; empty: none
	leaf               seal.Hash
}

// looseRow is a row that lies in the range of a chunk and that none of its events names.
type looseRow struct {
	sequence int64
	asset    bool
}

// eventChunk is a stretch of the log by position, read whole. It is used again and again: what it holds is good until
// the next read.
type eventChunk struct {
	events  []sealedEvent
	loose   []looseRow
	ceiling int64 // the highest sequence in order up to its end
	bytes   []byte
	scratch []byte
	columns [][]byte
	// seen is told of every movement and, with asset, of every event of an asset in the ranges of chunks: of each
	// exactly once, whether an event names it or not. nil: nobody asks.
	seen func(tuple []byte, asset bool)
}

// maxLoose bounds what is remembered of rows without an event: a sound ledger has a few, where events came late.
const maxLoose = 10_000

// read fills the chunk with the events of positions low to high and everything that belongs to them.
//
// Nearly all sequences grow with the positions, so their movements are one range of the primary key. The ranges of
// chunks touch: every movement lies in exactly one, also if no event names it. The few events that came late are
// looked up one by one.
func (c *eventChunk) read(ctx context.Context, tx pgx.Tx, low, high int64) error {
	c.events, c.loose, c.bytes = c.events[:0], c.loose[:0], c.bytes[:0]
	var floor int64
	if err := tx.QueryRow(ctx, sqlEventFloor, low).Scan(&floor); err != nil {
		return err
	}
	c.ceiling = floor
	var late []int64
	lateAt := map[int64]int{}
	if err := copyRange(ctx, tx, copyEvents, idRange{low, high}, func(tuple []byte) error {
		e := c.event(tuple)
		if e.flagged || e.sequence <= c.ceiling { // the flag may have been tampered with; order is what counts here
			late, lateAt[e.sequence] = append(late, e.sequence), len(c.events)
			e.late = true
		} else {
			c.ceiling = e.sequence
		}
		c.events = append(c.events, e)
		return nil
	}); err != nil {
		return err
	}
	if err := c.attach(ctx, tx, floor); err != nil {
		return err
	}
	if err := c.attachLate(ctx, tx, late, lateAt); err != nil {
		return err
	}
	for i := range c.events {
		c.events[i].leaf = c.leaf(&c.events[i])
	}
	return nil
}

// event keeps a row of the log.
func (c *eventChunk) event(tuple []byte) sealedEvent {
	c.columns = columnsOf(tuple, c.columns)
	e := sealedEvent{row: c.keep(tuple)}
	if len(c.columns) == 7 {
		e.position, e.sequence, e.flagged = int64Of(c.columns[0]), int64Of(c.columns[1]), boolOf(c.columns[5])
	}
	return e
}

func (c *eventChunk) keep(tuple []byte) span {
	from := len(c.bytes)
	c.bytes = append(c.bytes, tuple...)
	return span{from, len(c.bytes)}
}

// firstInt is the bigint that a tuple begins with.
func firstInt(tuple []byte) int64 {
	const at = 2 + 4
	if len(tuple) < at+8 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(tuple[at:]))
}

// attach reads the movements and asset events above floor and up to the chunk's ceiling. Both come in the order of
// the events, so one step forward finds the event or shows that there is none.
func (c *eventChunk) attach(ctx context.Context, tx pgx.Tx, floor int64) error {
	if c.ceiling <= floor {
		return nil
	}
	at := 0
	find := func(sequence int64) *sealedEvent {
		for at < len(c.events) && (c.events[at].late || c.events[at].sequence < sequence) {
			at++
		}
		if at < len(c.events) && c.events[at].sequence == sequence {
			return &c.events[at]
		}
		return nil
	}
	if err := copyRange(ctx, tx, copyMovements, idRange{floor + 1, c.ceiling}, func(tuple []byte) error {
		sequence := firstInt(tuple)
		c.tell(tuple, false)
		if e := find(sequence); e != nil {
			e.movement = c.keep(tuple)
		} else if len(c.loose) < maxLoose {
			c.loose = append(c.loose, looseRow{sequence, false})
		}
		return nil
	}); err != nil {
		return err
	}
	at = 0
	return copyRange(ctx, tx, copyAssetEvents, idRange{floor + 1, c.ceiling}, func(tuple []byte) error {
		sequence := firstInt(tuple)
		c.tell(tuple, true)
		if e := find(sequence); e != nil {
			c.addAsset(e, tuple)
		} else if len(c.loose) < maxLoose {
			c.loose = append(c.loose, looseRow{sequence, true})
		}
		return nil
	})
}

func (c *eventChunk) tell(tuple []byte, asset bool) {
	if c.seen != nil {
		c.seen(tuple, asset)
	}
}

// addAsset appends a tuple to those of the event, which come together.
func (c *eventChunk) addAsset(e *sealedEvent, tuple []byte) {
	s := c.keep(tuple)
	if e.assets.size() > 0 {
		s.from = e.assets.from
	}
	e.assets = s
}

func (c *eventChunk) attachLate(ctx context.Context, tx pgx.Tx, late []int64, at map[int64]int) error {
	if err := copyList(ctx, tx, copyLateMovements, late, func(tuple []byte) error {
		c.events[at[firstInt(tuple)]].movement = c.keep(tuple)
		return nil
	}); err != nil {
		return err
	}
	return copyList(ctx, tx, copyLateAssetEvents, late, func(tuple []byte) error {
		c.addAsset(&c.events[at[firstInt(tuple)]], tuple)
		return nil
	})
}

// whole gives the bytes that the leaf of an event covers. They are only good until the next call.
func (c *eventChunk) whole(e *sealedEvent) []byte {
	c.scratch = append(c.scratch[:0], c.bytes[e.row.from:e.row.to]...)
	c.scratch = append(c.scratch, c.bytes[e.movement.from:e.movement.to]...)
	c.scratch = append(c.scratch, c.bytes[e.assets.from:e.assets.to]...)
	return c.scratch
}

func (c *eventChunk) leaf(e *sealedEvent) seal.Hash {
	if e.movement.size() == 0 && e.assets.size() == 0 {
		return sha256.Sum256(c.bytes[e.row.from:e.row.to])
	}
	return sha256.Sum256(c.whole(e))
}
