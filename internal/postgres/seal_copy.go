package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// What seals and verifications read: whole rows, as bytes, in fixed columns of a fixed order (seal.Format). COPY takes
// no parameters, so the range comes from settings of the transaction. These columns are never changed: a new column of
// a table begins a new format.
const (
	copyEvents = `COPY (SELECT position, sequence, kind, entity_id, known_at, is_late, payload
		FROM sga.event_log WHERE position BETWEEN current_setting('nexo.low')::bigint AND current_setting('nexo.high')::bigint ORDER BY position)
		TO STDOUT (FORMAT binary)`

	movementTuple = `COPY (SELECT sequence, movement_id, movement_type, movement_on, recorded_at, part_number_key, project_key, source_location_key,
		destination_location_key, source_condition, condition, quantity, released, delivery_location_key, reservation_id, reversal_of, source_version,
		destination_version, actor_id, actor_kind, on_behalf_of, autonomy_level, confidence, operation, rule, review, task_id, approved_by, approved_at,
		nf_number, nf_date, nf_key, ticket, reference_document, reason, reason_code, evidence_ids, count_id FROM sga.movements `
	copyMovements     = movementTuple + inRange
	copyLateMovements = movementTuple + inList

	assetTuple = `COPY (SELECT sequence, asset_key, version, movement_id, recorded_at, event_on, from_status, to_status, from_location_key, to_location_key,
		from_condition, to_condition, from_project_key, to_project_key, from_reservation_id, to_reservation_id, is_active, actor_id, reason
		FROM sga.asset_events `
	copyAssetEvents     = assetTuple + inRangeOfAssets
	copyLateAssetEvents = assetTuple + inListOfAssets

	copyAudit = `COPY (SELECT audit_id, recorded_at, actor_id, actor_kind, subject, on_behalf_of, client_id, door, session, operation, result, rule,
		sequence, entity_id, arguments, change, origin
		FROM sga.audit_log WHERE audit_id BETWEEN current_setting('nexo.low')::bigint AND current_setting('nexo.high')::bigint ORDER BY audit_id)
		TO STDOUT (FORMAT binary)`

	between         = `WHERE sequence BETWEEN current_setting('nexo.low')::bigint AND current_setting('nexo.high')::bigint `
	inSingles       = `WHERE sequence = ANY (current_setting('nexo.list')::bigint[]) `
	inRange         = between + `ORDER BY sequence) TO STDOUT (FORMAT binary)`
	inList          = inSingles + `ORDER BY sequence) TO STDOUT (FORMAT binary)`
	inRangeOfAssets = between + `ORDER BY sequence, asset_key, version) TO STDOUT (FORMAT binary)`
	inListOfAssets  = inSingles + `ORDER BY sequence, asset_key, version) TO STDOUT (FORMAT binary)`
)

const (
	sqlCopyRange = `SELECT set_config('nexo.low', $1, true), set_config('nexo.high', $2, true)`
	sqlCopyList  = `SELECT set_config('nexo.list', $1, true)`
)

// idRange is a range of ids, both ends included.
type idRange struct{ low, high int64 }

// copyRange hands every tuple of a COPY over a range to each, in order. The bytes are only good during the call.
func copyRange(ctx context.Context, tx pgx.Tx, statement string, ids idRange, each func(tuple []byte) error) error {
	if _, err := tx.Exec(ctx, sqlCopyRange, strconv.FormatInt(ids.low, 10), strconv.FormatInt(ids.high, 10)); err != nil {
		return err
	}
	return copyTuples(ctx, tx, statement, each)
}

// copyList does the same for single ids.
func copyList(ctx context.Context, tx pgx.Tx, statement string, ids []int64, each func(tuple []byte) error) error {
	if len(ids) == 0 {
		return nil
	}
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = strconv.FormatInt(id, 10)
	}
	if _, err := tx.Exec(ctx, sqlCopyList, "{"+strings.Join(texts, ",")+"}"); err != nil {
		return err
	}
	return copyTuples(ctx, tx, statement, each)
}

func copyTuples(ctx context.Context, tx pgx.Tx, statement string, each func(tuple []byte) error) error {
	r := tupleReader{each: each}
	if _, err := tx.Conn().PgConn().CopyTo(ctx, &r, statement); err != nil {
		return err
	}
	return r.end()
}

// tupleReader cuts the stream of COPY (FORMAT binary) into tuples (PostgreSQL 15, COPY, "Binary Format"). The server
// sends one in each message, but nothing says that it must.
type tupleReader struct {
	each    func(tuple []byte) error
	rest    []byte // of a tuple that is not whole yet
	started bool
	ended   bool
}

const (
	copySignature = "PGCOPY\n\xff\r\n\x00"
	copyHeader    = len(copySignature) + 4 + 4 // flags, and the length of an extension that there is none of
	maxTuple      = 64 << 20                   // a row holds at most 4 MiB of texts; more means that we have lost our place
)

var errCopyStream = errors.New("postgres: malformed COPY stream")

// Write implements io.Writer.
func (r *tupleReader) Write(b []byte) (int, error) {
	n := len(b)
	if len(r.rest) > 0 {
		r.rest = append(r.rest, b...)
		b = r.rest
	}
	left, err := r.take(b)
	if err != nil {
		return 0, err
	}
	if len(left) > maxTuple {
		return 0, errCopyStream
	}
	r.rest = append(r.rest[:0], left...)
	return n, nil
}

// take hands on every whole tuple of b and gives what is left.
func (r *tupleReader) take(b []byte) ([]byte, error) {
	if !r.started {
		if len(b) < copyHeader {
			return b, nil
		}
		if string(b[:len(copySignature)]) != copySignature || binary.BigEndian.Uint32(b[copyHeader-4:]) != 0 {
			return nil, errCopyStream
		}
		r.started, b = true, b[copyHeader:]
	}
	for len(b) >= 2 {
		if r.ended {
			return nil, errCopyStream
		}
		if binary.BigEndian.Uint16(b) == 0xffff {
			r.ended, b = true, b[2:]
			continue
		}
		size, err := tupleSize(b)
		if err != nil || size == 0 {
			return b, err
		}
		if err := r.each(b[:size]); err != nil {
			return nil, err
		}
		b = b[size:]
	}
	return b, nil
}

func (r *tupleReader) end() error {
	if !r.ended || len(r.rest) > 0 {
		return errCopyStream
	}
	return nil
}

// tupleSize is the length of the tuple that b begins with; 0 when it is not all there.
func tupleSize(b []byte) (int, error) {
	columns, at := int(binary.BigEndian.Uint16(b)), 2
	for range columns {
		if len(b) < at+4 {
			return 0, nil
		}
		size := int32(binary.BigEndian.Uint32(b[at:]))
		at += 4
		switch {
		case size > 0:
			at += int(size)
		case size < -1:
			return 0, errCopyStream
		}
		if len(b) < at {
			return 0, nil
		}
	}
	return at, nil
}

// columnsOf splits a whole tuple; a NULL is nil. It reuses into.
func columnsOf(tuple []byte, into [][]byte) [][]byte {
	into = into[:0]
	for at := 2; at+4 <= len(tuple); {
		size := int(int32(binary.BigEndian.Uint32(tuple[at:])))
		at += 4
		if size < 0 {
			into = append(into, nil)
			continue
		}
		into = append(into, tuple[at:at+size:at+size])
		at += size
	}
	return into
}

// Readers of columns that are known to have the type.
func int64Of(b []byte) int64 {
	if len(b) != 8 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(b))
}

func int32Of(b []byte) int32 {
	if len(b) != 4 {
		return 0
	}
	return int32(binary.BigEndian.Uint32(b))
}

func boolOf(b []byte) bool { return len(b) == 1 && b[0] != 0 }
