package dynamo

import (
	"github.com/faiston/nexo/internal/item"
)

// expression is a condition in DynamoDB's language with its names and values. All names are aliased, so
// that no reserved word of the language is in the way.
type expression struct {
	text   *string
	names  map[string]string
	values attributes
}

// conditionOf says a condition; written is the version that IfNewer compares. Always says nothing.
func (s *Store) conditionOf(t *item.Table, c item.Condition, written int64) expression {
	e := expression{names: map[string]string{}, values: attributes{}}
	ended, living := "", ""
	if t.Expires != "" && c.Kind != item.Always {
		e.names["#end"], e.values[":now"] = t.Expires, number(s.clock())
		ended, living = " OR #end <= :now", " AND (attribute_not_exists(#end) OR #end > :now)"
	}
	var said string
	switch c.Kind {
	case item.IfAbsent:
		e.names["#key"] = t.Partition
		said = "attribute_not_exists(#key)" + ended
	case item.IfPresent:
		e.names["#key"] = t.Partition
		said = "attribute_exists(#key)" + living
	case item.IfVersion:
		e.names["#version"], e.values[":version"] = item.AttributeVersion, number(c.Version)
		said = "#version = :version" + living
	case item.IfNewer:
		e.names["#key"], e.names["#version"], e.values[":version"] = t.Partition, item.AttributeVersion, number(written)
		said = "attribute_not_exists(#key) OR #version < :version" + ended
	}
	return e.saying(said)
}

// saying finishes an expression: DynamoDB refuses lists of names or values that are empty.
func (e expression) saying(said string) expression {
	if said != "" {
		e.text = &said
	}
	if len(e.names) == 0 {
		e.names = nil
	}
	if len(e.values) == 0 {
		e.values = nil
	}
	return e
}

// rangeOf says which keys a query wants, and what of them has not ended.
func (s *Store) rangeOf(t *item.Table, q *item.Query) (keys expression, filter *string) {
	partition, sort := t.Partition, t.Sort
	if x := t.IndexOf(q.Index); x != nil && q.Index != "" {
		partition, sort = x.Partition, x.Sort
	}
	e := expression{names: map[string]string{"#p": partition}, values: attributes{":p": text(q.Partition)}}
	said := "#p = :p"
	if q.Prefix != "" || q.From != "" || q.To != "" {
		e.names["#s"] = sort
	}
	switch {
	case q.Prefix != "" || q.From != "" && q.To != "": // dynoxide's begins_with takes "a" for "A"
		low, high := q.Range()
		e.values[":from"], e.values[":to"] = text(low), text(high)
		said += " AND #s BETWEEN :from AND :to"
	case q.From != "":
		e.values[":from"] = text(q.From)
		said += " AND #s >= :from"
	case q.To != "":
		e.values[":to"] = text(q.To)
		said += " AND #s <= :to"
	}
	if t.Expires != "" {
		e.names["#end"], e.values[":now"] = t.Expires, number(s.clock())
		lives := "attribute_not_exists(#end) OR #end > :now"
		filter = &lives
	}
	return e.saying(said), filter
}
