package postgres

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"strconv"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/google/uuid"
)

const (
	cursorVersion = 1
	cursorSum     = 12 // bytes of SHA-256: enough that an edited cursor never passes by chance
	// maxCursor is far above what the longest key takes (a part number of 100 characters and a code of 50).
	maxCursor = 1024
)

// encodeCursor makes an opaque place in a list: after the row whose sort key is values. filter is
// everything that decides which rows the list has and in which order, without limit and cursor; it is
// hashed as JSON together with name, so that a cursor only continues the list that made it. A cursor
// carries no right: the scope is applied again to every page.
func encodeCursor(name string, filter any, values ...string) (string, error) {
	body := []byte{cursorVersion}
	for _, v := range values {
		body = binary.AppendUvarint(body, uint64(len(v)))
		body = append(body, v...)
	}
	sum, err := cursorHash(name, filter, body)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(append(sum, body...)), nil
}

// decodeCursor gives the values of a cursor of the same list. No cursor gives nil; one that was edited,
// belongs to another list or filter, or has not exactly n values is invalid_argument on "cursor".
func decodeCursor(name string, filter any, cursor string, n int) (cursorValues, error) {
	if cursor == "" {
		return nil, nil
	}
	if len(cursor) > maxCursor {
		return nil, badCursor()
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(raw) <= cursorSum || raw[cursorSum] != cursorVersion {
		return nil, badCursor()
	}
	sum, err := cursorHash(name, filter, raw[cursorSum:])
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare(sum, raw[:cursorSum]) != 1 {
		return nil, badCursor()
	}
	values := make(cursorValues, 0, n)
	for rest := raw[cursorSum+1:]; len(rest) > 0; {
		size, used := binary.Uvarint(rest)
		if used <= 0 || size > uint64(len(rest)-used) {
			return nil, badCursor()
		}
		values = append(values, string(rest[used:used+int(size)]))
		rest = rest[used+int(size):]
	}
	if len(values) != n {
		return nil, badCursor()
	}
	return values, nil
}

func cursorHash(name string, filter any, body []byte) ([]byte, error) {
	f, err := json.Marshal([]any{name, filter})
	if err != nil {
		return nil, fault.Internal.With("Erro interno.", "Internal error.").Because(err)
	}
	h := sha256.New()
	h.Write(f)
	h.Write(body)
	return h.Sum(nil)[:cursorSum], nil
}

func badCursor() error {
	return fault.InvalidArgument.With("O cursor é inválido ou é de outra consulta; comece da primeira página.",
		"The cursor is invalid or belongs to another query; start from the first page.").On("cursor")
}

// cursorValues are the decoded values; nil is the first page.
type cursorValues []string

func (v cursorValues) integer(i int) (int64, error) {
	n, err := strconv.ParseInt(v[i], 10, 64)
	if err != nil {
		return 0, badCursor()
	}
	return n, nil
}

func (v cursorValues) id(i int) (uuid.UUID, error) {
	id, err := uuid.Parse(v[i])
	if err != nil {
		return uuid.Nil, badCursor()
	}
	return id, nil
}

// time reads what cursorTime wrote.
func (v cursorValues) time(i int) (time.Time, error) {
	n, err := v.integer(i)
	return time.UnixMicro(n).UTC(), err
}

// cursorTime keeps a timestamp exactly: PostgreSQL's have microseconds.
func cursorTime(t time.Time) string { return strconv.FormatInt(t.UnixMicro(), 10) }

func cursorInt[T ~int | ~int16 | ~int32 | ~int64](n T) string { return strconv.FormatInt(int64(n), 10) }
