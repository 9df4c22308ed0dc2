package reconcile

import (
	"github.com/faiston/nexo/internal/fault"
	"github.com/govalues/decimal"
)

// maxWhole leaves one digit of a decimal's 19 free, so that the difference of two sums always fits.
const maxWhole = 18

// amount is a row's quantity in one of its two forms.
type amount struct {
	millionths int64
	exact      decimal.Decimal
	wide       bool
}

func (r *record) amount(b *batch, i int) amount {
	if r.wide {
		return amount{exact: b.wide[i], wide: true}
	}
	return amount{millionths: r.millionths}
}

func (a amount) decimal() decimal.Decimal {
	if a.wide {
		return a.exact
	}
	return fromMillionths(a.millionths)
}

// sum adds a to one side of e, which field points to.
func (j *join) sum(id uint32, e *entry, field *int64, a amount) error {
	if e.flags&isWide == 0 && !a.wide {
		if s, ok := addMillionths(*field, a.millionths); ok {
			*field = s
			return nil
		}
	}
	w := j.wide[id]
	if w == nil {
		w = &sums{theirs: fromMillionths(e.theirs), ours: fromMillionths(e.ours)}
		j.wide[id] = w
		e.flags |= isWide
	}
	side := &w.ours
	if field == &e.theirs {
		side = &w.theirs
	}
	s, err := side.AddExact(a.decimal(), max(side.Scale(), a.decimal().Scale()))
	if err != nil || s.Prec()-s.Scale() > maxWhole {
		part, _, _ := j.split(e)
		return fault.InvalidArgument.With("A soma das quantidades de %s não cabe em %d algarismos.",
			"The quantities of %s add up to more than %d digits.", part, maxWhole).On("quantity").Because(err)
	}
	*side = s
	return nil
}

// quantities gives both sums of an entry as decimals.
func (j *join) quantities(id uint32, e *entry) (theirs, ours decimal.Decimal) {
	if e.flags&isWide != 0 {
		w := j.wide[id]
		return w.theirs, w.ours
	}
	return fromMillionths(e.theirs), fromMillionths(e.ours)
}

// equal says whether both sums are the same; an absent side's sum is 0.
func (j *join) equal(id uint32, e *entry) bool {
	if e.flags&isWide != 0 {
		w := j.wide[id]
		return w.theirs.Equal(w.ours)
	}
	return e.theirs == e.ours
}

func (j *join) kind(id uint32, e *entry) Kind {
	switch {
	case e.flags&outOfScope != 0:
		return outside
	case e.flags&hasOurs == 0:
		return OnlyTheirs
	case e.flags&hasTheirs == 0:
		return OnlyOurs
	case j.equal(id, e):
		return Matched
	}
	return Different
}

func (j *join) summary() Summary {
	var counts [outside + 1]int
	empty := 0
	for i := range j.n {
		id := uint32(i)
		e := j.entry(id)
		k := j.kind(id, e)
		counts[k]++
		// One side is absent and its sum is 0, so equal means that the other is 0 too.
		if (k == OnlyTheirs || k == OnlyOurs) && j.equal(id, e) {
			empty++
		}
	}
	return Summary{Matched: counts[Matched], Different: counts[Different], OnlyTheirs: counts[OnlyTheirs],
		OnlyOurs: counts[OnlyOurs], Empty: empty, OutOfScope: counts[outside]}
}
