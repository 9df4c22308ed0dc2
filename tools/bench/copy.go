package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// copyBlock is how much text goes to the server at once.
const copyBlock = 256 << 10

// rowWriter writes rows in the text form of COPY (PostgreSQL 15, COPY, "Text Format"). Our texts have no
// tabs, line breaks or backslashes.
type rowWriter struct {
	to  io.Writer
	buf []byte
	err error
}

func (w *rowWriter) sep() {
	if n := len(w.buf); n > 0 && w.buf[n-1] != '\n' {
		w.buf = append(w.buf, '\t')
	}
}

func (w *rowWriter) text(s string) *rowWriter {
	w.sep()
	w.buf = append(w.buf, s...)
	return w
}

func (w *rowWriter) null() *rowWriter { return w.text(`\N`) }

func (w *rowWriter) int(n int) *rowWriter {
	w.sep()
	w.buf = strconv.AppendInt(w.buf, int64(n), 10)
	return w
}

func (w *rowWriter) id(id uuid.UUID) *rowWriter {
	w.sep()
	var b [36]byte
	text, _ := id.MarshalText()
	copy(b[:], text)
	w.buf = append(w.buf, b[:]...)
	return w
}

func (w *rowWriter) time(t time.Time) *rowWriter {
	w.sep()
	w.buf = t.UTC().AppendFormat(w.buf, "2006-01-02 15:04:05.000000Z")
	return w
}

// day writes the date of t in São Paulo.
func (w *rowWriter) day(t time.Time) *rowWriter {
	w.sep()
	w.buf = t.UTC().Add(saoPauloSecs*time.Second).AppendFormat(w.buf, time.DateOnly)
	return w
}

// end ends the row.
func (w *rowWriter) end() error {
	w.buf = append(w.buf, '\n')
	if len(w.buf) >= copyBlock {
		w.flush()
	}
	return w.err
}

func (w *rowWriter) flush() {
	if w.err == nil {
		_, w.err = w.to.Write(w.buf)
	}
	w.buf = w.buf[:0]
}

// table is one COPY.
type table struct {
	name    string
	columns string
	rows    func(*rowWriter) error
}

// copyTable sends the rows of t.
func copyTable(ctx context.Context, conn *pgx.Conn, t table) error {
	from, to := io.Pipe()
	go func() {
		w := &rowWriter{to: to, buf: make([]byte, 0, copyBlock+4096)}
		err := t.rows(w)
		if err == nil {
			w.flush()
			err = w.err
		}
		to.CloseWithError(err)
	}()
	_, err := conn.PgConn().CopyFrom(ctx, from, "COPY "+t.name+" ("+t.columns+") FROM STDIN")
	from.CloseWithError(io.ErrClosedPipe)
	if err != nil {
		return fmt.Errorf("copy %s: %w", t.name, err)
	}
	return nil
}

const sqlIndexes = `SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
	WHERE i.indrelid = $1::text::regclass AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid) ORDER BY 1`

// withoutIndexes drops the plain indexes of tables, loads, and makes them again: sorted at once they take
// a tenth of the time.
func withoutIndexes(ctx context.Context, conn *pgx.Conn, names []string, load func() error) error {
	var again []string
	for _, name := range names {
		rows, err := conn.Query(ctx, sqlIndexes, name)
		if err != nil {
			return err
		}
		var index, definition string
		var drop []string
		if _, err := pgx.ForEachRow(rows, []any{&index, &definition}, func() error {
			drop, again = append(drop, index), append(again, definition)
			return nil
		}); err != nil {
			return err
		}
		if len(drop) > 0 {
			if _, err := conn.Exec(ctx, "DROP INDEX "+strings.Join(drop, ", ")); err != nil {
				return err
			}
		}
	}
	if err := load(); err != nil {
		return err
	}
	for _, definition := range again {
		if _, err := conn.Exec(ctx, definition); err != nil {
			return fmt.Errorf("%s: %w", definition, err)
		}
	}
	return nil
}
