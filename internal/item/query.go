package item

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"strings"

	"github.com/faiston/nexo/internal/fault"
)

// DefaultPage is the limit of a query that names none.
const DefaultPage = 100

const (
	cursorVersion = 1
	cursorSum     = 12 // bytes of SHA-256: enough that an edited cursor never passes by chance
	maxCursor     = 4 * (cursorSum + 16 + 2*MaxSort + MaxPartition) / 3
)

// Check refuses a query that a table cannot answer.
func (q *Query) Check(t *Table) error {
	switch {
	case q.Index != "" && t.IndexOf(q.Index) == nil:
		return invalid("index", "A tabela %s não tem o índice %s.", "Table %s has no index %s.", t.ID, q.Index)
	case q.Partition == "" || len(q.Partition) > MaxPartition:
		return invalid("partition", "A chave de partição deve ter de 1 a %d bytes.", "The partition key must have 1 to %d bytes.", MaxPartition)
	case q.Prefix != "" && (q.From != "" || q.To != ""):
		return invalid("prefix", "Use um prefixo ou um intervalo, não os dois.", "Use a prefix or a range, not both.")
	case q.To != "" && q.From > q.To:
		return invalid("to", "O intervalo termina antes de começar.", "The range ends before it begins.")
	case max(len(q.Prefix), len(q.From), len(q.To)) > MaxSort:
		return invalid("sort", "A chave de ordenação tem no máximo %d bytes.", "A sort key has at most %d bytes.", MaxSort)
	case q.Index == "" && t.Sort == "" && q.Prefix+q.From+q.To != "":
		return invalid("sort", "A tabela %s não tem chave de ordenação.", "Table %s has no sort key.", t.ID)
	case q.Limit < 0 || q.Limit > MaxPage:
		return invalid("limit", "O limite vai de 1 a %d.", "The limit goes from 1 to %d.", MaxPage)
	}
	return checkText(q.Partition, q.Prefix, q.From, q.To)
}

// Size is the limit, or the default.
func (q *Query) Size() int {
	if q.Limit == 0 {
		return DefaultPage
	}
	return q.Limit
}

// Place is where an item stands in what a query reads: its key in the table, and in the index if there is one.
type Place struct {
	Sort string // in the index; empty for the table itself
	Key  Key
}

// PlaceOf gives the place of an item that the query found.
func (q *Query) PlaceOf(it *Item) Place {
	return Place{Sort: it.Index[q.Index].Sort, Key: it.Key}
}

// CursorAfter makes the cursor of the page that begins after p. It is bound to the query, but carries no right.
func (q *Query) CursorAfter(t *Table, p Place) string {
	body := []byte{cursorVersion}
	for _, s := range []string{p.Sort, p.Key.Partition, p.Key.Sort} {
		body = binary.AppendUvarint(body, uint64(len(s)))
		body = append(body, s...)
	}
	return base64.RawURLEncoding.EncodeToString(append(q.sum(t, body), body...))
}

// After reads the query's cursor; nil when it has none. One that was edited or made by another query is
// invalid_argument on cursor.
func (q *Query) After(t *Table) (*Place, error) {
	if q.Cursor == "" {
		return nil, nil
	}
	if len(q.Cursor) > maxCursor {
		return nil, badCursor()
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(q.Cursor)
	if err != nil || len(raw) <= cursorSum || raw[cursorSum] != cursorVersion ||
		subtle.ConstantTimeCompare(raw[:cursorSum], q.sum(t, raw[cursorSum:])) != 1 {
		return nil, badCursor()
	}
	var p Place
	rest := raw[cursorSum+1:]
	for _, into := range []*string{&p.Sort, &p.Key.Partition, &p.Key.Sort} {
		size, used := binary.Uvarint(rest)
		if used <= 0 || size > uint64(len(rest)-used) {
			return nil, badCursor()
		}
		*into, rest = string(rest[used:used+int(size)]), rest[used+int(size):]
	}
	if len(rest) > 0 || p.Key.Check(t) != nil {
		return nil, badCursor()
	}
	return &p, nil
}

// sum binds a cursor to everything of the query that decides which items come, and in which order.
func (q *Query) sum(t *Table, body []byte) []byte {
	h := sha256.New()
	order := "up"
	if q.Descending {
		order = "down"
	}
	for _, s := range []string{t.ID, q.Index, q.Partition, q.Prefix, q.From, q.To, order} {
		h.Write(binary.AppendUvarint(nil, uint64(len(s))))
		h.Write([]byte(s))
	}
	h.Write(body)
	return h.Sum(nil)[:cursorSum]
}

func badCursor() error {
	return fault.InvalidArgument.With("O cursor é inválido ou é de outra consulta; comece da primeira página.",
		"The cursor is invalid or belongs to another query; start from the first page.").On("cursor")
}

// Range gives the smallest and the largest sort key that the query may meet, both included. Prefixes
// become ranges for both sides, so that no server's notion of a prefix is asked for.
func (q *Query) Range() (low, high string) {
	switch {
	case q.Prefix != "":
		return q.Prefix, lastSort(q.Prefix)
	case q.To != "":
		return q.From, q.To
	}
	return q.From, lastSort("")
}

// lastSort is the last sort key that begins with a prefix: the largest code points that fit.
func lastSort(prefix string) string {
	left := MaxSort - len(prefix)
	return prefix + strings.Repeat("\U0010ffff", left/4) + []string{"", "\u007f", "\u07ff", "\uffff"}[left%4]
}
