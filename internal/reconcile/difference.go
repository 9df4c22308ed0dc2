package reconcile

import (
	"encoding/json"
	"iter"
	"unicode/utf8"

	"github.com/faiston/nexo/internal/fault"
	"github.com/govalues/decimal"
)

// Kind says how the two sides of a key stand to each other.
type Kind uint8

// The kinds of the summary.
const (
	Matched    Kind = iota // both sides have the key, with the same sum
	Different              // both sides have it, with other sums
	OnlyTheirs             // absent from ours
	OnlyOurs               // absent from theirs
	outside                // ours, in a place that their list does not cover
	elsewhere              // ours, counted with a row of theirs that has no location
)

// String is the name of the kind in the summary of the contract.
func (k Kind) String() string {
	return [...]string{"matched", "different", "only_theirs", "only_ours", "out_of_scope", "elsewhere"}[k]
}

// Unexplained is the cause of a difference for which no movement has been found.
const Unexplained = "unexplained"

// Difference is one key of the comparison, with the fields of the contract's row.
type Difference struct {
	Kind     Kind
	Part     string // our part number; their material code when no part of ours is known for it
	Material string // their code; empty when the lists are joined on part numbers
	Location string // empty when the lists were not compared by location
	Project  string
	Theirs   Amount
	Ours     Amount
	// Difference is ours − theirs; an absent side counts as nothing here, so that a list of differences adds up.
	Difference decimal.Decimal
}

// AppendJSON appends the row of the contract ("nexo reconcile", --rows) without a line break. What is
// absent or was not compared is null. kind and material are ours to add.
func (d *Difference) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"part_number":`...)
	dst = appendString(dst, d.Part)
	dst = append(dst, `,"location":`...)
	dst = appendOptional(dst, d.Location)
	dst = append(dst, `,"project":`...)
	dst = appendOptional(dst, d.Project)
	dst = append(dst, `,"serial":null,"theirs":`...)
	dst = d.Theirs.append(dst)
	dst = append(dst, `,"ours":`...)
	dst = d.Ours.append(dst)
	dst = append(dst, `,"difference":`...)
	dst = appendQuantity(dst, d.Difference)
	dst = append(dst, `,"cause":"`+Unexplained+`","score":null,"proof":[],"kind":"`...)
	dst = append(dst, d.Kind.String()...)
	dst = append(dst, `","material":`...)
	dst = appendOptional(dst, d.Material)
	return append(dst, '}')
}

func appendOptional(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, "null"...)
	}
	return appendString(dst, s)
}

func appendString(dst []byte, s string) []byte {
	for i := range len(s) {
		if s[i] < ' ' || s[i] == '"' || s[i] == '\\' || s[i] >= utf8.RuneSelf {
			quoted, err := json.Marshal(s)
			if err != nil { // a string always marshals
				return append(dst, `""`...)
			}
			return append(dst, quoted...)
		}
	}
	return append(append(append(dst, '"'), s...), '"')
}

// Differences yields what does not match: first what their list has, then what only ours has.
func (r *Result) Differences() iter.Seq[Difference] {
	return r.Rows(Different, OnlyTheirs, OnlyOurs)
}

// Rows yields the keys of the given kinds, first those of their list, then those of ours alone. The order is the
// same for the same lists; it is that of the rows for lists of up to 2,048 rows, and mixes batches of these beyond.
func (r *Result) Rows(kinds ...Kind) iter.Seq[Difference] {
	var want [elsewhere + 1]bool
	for _, k := range kinds {
		want[k] = true
	}
	return func(yield func(Difference) bool) {
		more := true
		for _, alone := range []bool{false, true} {
			r.join.each(func(at ref, s stored) bool {
				k := r.join.kind(at, s)
				if more && want[k] && (k >= OnlyOurs) == alone {
					more = yield(r.row(at, s, k))
				}
				return more
			})
		}
	}
}

// MaxPage bounds one page of a stored or answered result.
const MaxPage = 1000

// Page gives up to limit rows of the kinds, after skipping offset of them, and whether more follow.
func (r *Result) Page(offset, limit int, kinds ...Kind) ([]Difference, bool, error) {
	if offset < 0 || limit < 1 || limit > MaxPage {
		return nil, false, fault.InvalidArgument.With("A página vai de 1 a %d linhas.", "A page has 1 to %d rows.", MaxPage).On("limit")
	}
	var page []Difference
	for d := range r.Rows(kinds...) {
		if offset > 0 {
			offset--
			continue
		}
		if len(page) == limit {
			return page, true, nil
		}
		page = append(page, d)
	}
	return page, false, nil
}

func (r *Result) row(at ref, s stored, k Kind) Difference {
	part, location, project := s.split()
	theirs, ours := r.join.quantities(at, s)
	d := Difference{Kind: k, Part: string(part), Location: string(location), Project: string(project),
		Theirs: Amount{Value: theirs, Present: s.flags()&hasTheirs != 0},
		Ours:   Amount{Value: ours, Present: s.flags()&hasOurs != 0}}
	d.Material = r.codes.material(d.Part, d.Theirs.Present)
	// Never an error, since sums have at most maxWhole digits before the point; beyond 19 digits in all, Sub
	// rounds the last decimal place.
	if diff, err := ours.Sub(theirs); err == nil {
		d.Difference = diff.Trim(0)
	}
	return d
}
