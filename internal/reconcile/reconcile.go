// Package reconcile compares two stocks: theirs (a SAP export, a count, any list) with ours.
//
// Both sides are lists of rows (part, location, project, quantity). Rows that repeat a key are added
// up; the two sums of a key are then equal or not, or only one side has the key. Absent is not zero:
// a key that only one side has is never a match, even where its quantity is 0.
//
// The comparison uses the columns that both sides have. When their list has no project (SAP's MB52 has
// none), ours is summed over projects; when it has no location, over locations. Inside a list that has
// locations, a part whose rows all leave it empty is compared over all of our locations; an empty
// location beside filled ones is a place of its own, because it cannot be told apart otherwise.
package reconcile

import (
	"context"
	"iter"

	"github.com/govalues/decimal"
)

// DefaultProject is the reserved project of stock that names none (contract, "Tools").
const DefaultProject = "GERAL"

// Row is one line of a list. Its byte slices may be reused by the list after the row was taken.
type Row struct {
	Part     []byte // part number; empty where the list knows only Material
	Material []byte // the code that SAP or a supplier uses; used when Part is empty
	Location []byte // location code
	Project  []byte // project code; empty means DefaultProject
	Quantity decimal.Decimal
}

// Columns says which parts of the key a list has.
type Columns struct{ Location, Project bool }

// Both gives the columns that two lists have in common: what they can be compared on.
func (c Columns) Both(o Columns) Columns {
	return Columns{Location: c.Location && o.Location, Project: c.Project && o.Project}
}

// Names lists the key as the contract names it: part_number, then location, then project.
func (c Columns) Names() []string {
	by := []string{"part_number"}
	if c.Location {
		by = append(by, "location")
	}
	if c.Project {
		by = append(by, "project")
	}
	return by
}

// List is one side. Rows is ranged over once, from a goroutine of its own that ends before Compare returns; both
// lists are read at the same time, so they must not share a cursor.
type List struct {
	Columns Columns
	Rows    iter.Seq2[Row, error]
}

// Options of a comparison.
type Options struct {
	// Codes joins their materials to our part numbers; nil means that both sides use part numbers.
	Codes *Codes
	// OnlyTheirPlaces leaves out our stock in locations that their list never names: a SAP export is
	// often filtered by plant, and the rest of our stock is then no divergence. What is left out is counted.
	OnlyTheirPlaces bool
}

// Summary counts keys, not rows.
type Summary struct {
	Matched    int `json:"matched"`
	Different  int `json:"different"`
	OnlyTheirs int `json:"only_theirs"`
	OnlyOurs   int `json:"only_ours"`
	// Empty is how many of OnlyTheirs and OnlyOurs have quantity 0: neither match nor difference, and
	// nothing to act on. They stay in the two counts, because absent is not zero.
	Empty int `json:"empty"`
	// OutOfScope is how many of our keys Options.OnlyTheirPlaces left out.
	OutOfScope int `json:"out_of_scope"`
}

// Accuracy is matched / keys of their side × 100 with two decimals, and 100 when their side is empty.
func (s Summary) Accuracy() decimal.Decimal {
	keys := s.Matched + s.Different + s.OnlyTheirs
	if keys == 0 {
		return decimal.MustNew(100, 0)
	}
	// Half up: counts are far below the 2^63 / 10^4 at which this would overflow.
	hundredths := (int64(s.Matched)*10_000*2 + int64(keys)) / (2 * int64(keys))
	return decimal.MustNew(hundredths, 2)
}

// Result is a finished comparison. It keeps the keys and sums of both sides in memory, about 80 bytes a
// key, until it is dropped.
type Result struct {
	By        []string // the key that was used: part_number, location, project, or the first ones of these
	Summary   Summary
	TheirRows int // rows read, before adding up
	OurRows   int
	join      *join
	codes     *Codes
}

// Compare reads both lists side by side and counts. It fails with the first error of a list, with
// invalid_argument for a row without part or with a code above MaxCode bytes, and with the context's error.
func Compare(ctx context.Context, theirs, ours List, opt Options) (*Result, error) {
	by := theirs.Columns.Both(ours.Columns)
	j := newJoin(by)
	res := &Result{By: by.Names(), join: j, codes: opt.Codes}
	if err := res.read(ctx, theirs, ours); err != nil {
		return nil, err
	}
	if err := j.placeOurs(); err != nil {
		return nil, err
	}
	if opt.OnlyTheirPlaces && by.Location {
		j.limitPlaces()
	}
	res.Summary = j.summary()
	return res, nil
}

// read takes a batch of theirs and a batch of ours in turn, so that the same lists give the same order of keys.
func (r *Result) read(ctx context.Context, theirs, ours List) error {
	ctx, stop := context.WithCancel(ctx)
	keys := keyer{by: r.join.by, codes: r.codes, seed: r.join.seed}
	a, b := startFeeder(ctx, theirs.Rows, keys), startFeeder(ctx, ours.Rows, keys)
	defer func() { stop(); <-a.done; <-b.done }()
	var err error
	for moreTheirs, moreOurs := true, true; moreTheirs || moreOurs; {
		if moreTheirs {
			if moreTheirs, err = a.pass(func(b *batch) error { return r.join.load(b, hasTheirs) }); err != nil {
				return err
			}
		}
		if moreOurs {
			if moreOurs, err = b.pass(func(b *batch) error { return r.join.load(b, hasOurs) }); err != nil {
				return err
			}
		}
	}
	r.TheirRows, r.OurRows = a.rows, b.rows
	return context.Cause(ctx)
}
