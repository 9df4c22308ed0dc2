package postgres

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/maphash"
	"time"

	"github.com/faiston/nexo/internal/stock"
	"github.com/govalues/decimal"
	"github.com/jackc/pgx/v5"
)

// loggedMove is what the replay needs of a movement.
type loggedMove struct {
	sequence                           int64
	at                                 time.Time
	kind                               stock.MovementType
	part                               stock.PartKey
	project                            stock.ProjectKey
	source, destination                stock.LocationKey
	sourceCondition, condition         stock.Condition
	quantity, released                 decimal.Decimal
	sourceVersion, destinationVersion  int64
	nameless, selfApproved, halfTasked bool
}

// logChunk is a stretch of the log on its way through a verification.
type logChunk struct {
	eventChunk
	tallies tallies
	moves   []loggedMove // of events[i].move
	move    []int        // by event: index into moves; -1 for none
	isMove  []bool       // by event: it says that it is a movement
	known   []time.Time
	decoder *movementDecoder
}

// readLog is the reader of the stream: everything that can be done without knowing what came before is done here.
func readLog(seed maphash.Seed) func(ctx context.Context, tx pgx.Tx, low, high int64, c *logChunk) error {
	return func(ctx context.Context, tx pgx.Tx, low, high int64, c *logChunk) error {
		c.tallies = tallies{}
		c.moves, c.move, c.isMove, c.known = c.moves[:0], c.move[:0], c.isMove[:0], c.known[:0]
		c.seen = func(tuple []byte, asset bool) { c.tallies.saw(seed, tuple, asset, &c.scratch) }
		if err := c.read(ctx, tx, low, high); err != nil {
			return err
		}
		for i := range c.events {
			if err := c.decode(seed, &c.events[i]); err != nil {
				return err
			}
		}
		return nil
	}
}

// decode takes apart what the replay needs of an event.
func (c *logChunk) decode(seed maphash.Seed, e *sealedEvent) error {
	c.columns = columnsOf(c.bytes[e.row.from:e.row.to], c.columns)
	isMove := string(c.columns[2]) == "movement"
	c.isMove, c.known = append(c.isMove, isMove), append(c.known, momentOf(c.columns[4]))
	if isMove {
		c.tallies.events.add(seed, c.columns[1])
	}
	if e.movement.size() == 0 {
		c.move = append(c.move, -1)
		return nil
	}
	m, err := c.decoder.decode(c.bytes[e.movement.from:e.movement.to])
	c.move, c.moves = append(c.move, len(c.moves)), append(c.moves, m)
	return err
}

// saw counts a movement or an event of an asset.
func (t *tallies) saw(seed maphash.Seed, tuple []byte, asset bool, scratch *[]byte) {
	if !asset {
		const sequenceAndID = 6 + 8 + 4 + 16 // the first two columns, with the length of the second between them
		if len(tuple) >= sequenceAndID {
			t.ids.add(seed, tuple[6:sequenceAndID])
			t.movements.add(seed, tuple[6:6+8])
		}
		return
	}
	var fields [24][]byte
	f := columnsOf(tuple, fields[:0])
	if len(f) != 19 {
		return
	}
	t.to.add(seed, assetToken(scratch, f[1], int64Of(f[2]), f[7], f[9], f[11], f[13], f[15]))
	found := f[6] != nil || f[8] != nil || f[10] != nil || f[12] != nil || f[14] != nil
	if version := int64Of(f[2]); version != 1 || found { // the first event finds nothing
		t.from.add(seed, assetToken(scratch, f[1], version-1, f[6], f[8], f[10], f[12], f[14]))
	}
}

// assetToken is where an asset stands after a version of it: what one event must hand to the next.
func assetToken(scratch *[]byte, key []byte, version int64, state ...[]byte) []byte {
	b := append((*scratch)[:0], key...)
	b = binary.BigEndian.AppendUint64(b, uint64(version))
	for _, s := range state {
		b = append(append(b, byte(len(s))), s...)
	}
	*scratch = b
	return b
}

// momentOf reads a timestamptz: microseconds since 2000.
func momentOf(b []byte) time.Time {
	const epoch = 946_684_800 // 2000-01-01 in seconds since 1970
	return time.UnixMicro(int64Of(b) + epoch*1_000_000).UTC()
}

// movementDecoder reads the tuples of copyMovements. Its maps turn words of the database into those of the program
// without an allocation each.
type movementDecoder struct {
	columns    [][]byte
	kinds      map[string]stock.MovementType
	conditions map[string]stock.Condition
}

func newMovementDecoder() *movementDecoder {
	d := &movementDecoder{kinds: map[string]stock.MovementType{}, conditions: map[string]stock.Condition{}}
	for _, k := range stock.MovementTypes() {
		d.kinds[string(k)] = k
	}
	for _, c := range stock.Conditions() {
		d.conditions[string(c)] = c
	}
	return d
}

// Columns of copyMovements, by their place.
const (
	mvType, mvRecorded, mvPart, mvProject, mvSource, mvDestination = 2, 4, 5, 6, 7, 8
	mvSourceCondition, mvCondition, mvQuantity, mvReleased         = 9, 10, 11, 12
	mvSourceVersion, mvDestinationVersion, mvActor                 = 16, 17, 18
	mvOperation, mvRule, mvTask, mvApprovedBy, mvColumns           = 23, 24, 26, 27, 38
)

func (d *movementDecoder) decode(tuple []byte) (loggedMove, error) {
	d.columns = columnsOf(tuple, d.columns)
	f := d.columns
	if len(f) != mvColumns {
		return loggedMove{}, errCopyStream
	}
	m := loggedMove{sequence: int64Of(f[0]), at: momentOf(f[mvRecorded]), kind: d.kinds[string(f[mvType])],
		part: stock.PartKey(int32Of(f[mvPart])), project: stock.ProjectKey(int32Of(f[mvProject])),
		source: stock.LocationKey(int32Of(f[mvSource])), destination: stock.LocationKey(int32Of(f[mvDestination])),
		sourceCondition: d.conditions[string(f[mvSourceCondition])], condition: d.conditions[string(f[mvCondition])],
		sourceVersion: int64Of(f[mvSourceVersion]), destinationVersion: int64Of(f[mvDestinationVersion])}
	var nobody [16]byte
	m.nameless = bytes.Equal(f[mvActor], nobody[:]) || len(f[mvOperation]) == 0 || len(f[mvRule]) == 0
	m.selfApproved = f[mvApprovedBy] != nil && bytes.Equal(f[mvApprovedBy], f[mvActor])
	m.halfTasked = (f[mvTask] == nil) != (f[mvApprovedBy] == nil)
	var err error
	if m.quantity, err = parseNumeric(f[mvQuantity]); err == nil {
		m.released, err = parseNumeric(f[mvReleased])
	}
	return m, err
}
