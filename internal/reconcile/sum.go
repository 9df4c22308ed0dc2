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

// sum adds a to one side of the record at.
func (j *join) sum(at ref, s stored, side uint8, a amount) error {
	field, old := 0, s.theirs()
	if side == hasOurs {
		field, old = 8, s.ours()
	}
	if s.flags()&isWide == 0 && !a.wide {
		if sum, ok := addMillionths(old, a.millionths); ok {
			s.set(field, sum)
			return nil
		}
	}
	w := j.wide[at]
	if w == nil {
		w = &sums{theirs: fromMillionths(s.theirs()), ours: fromMillionths(s.ours())}
		j.wide[at] = w
		s.mark(isWide)
	}
	total := &w.theirs
	if side == hasOurs {
		total = &w.ours
	}
	sum, err := total.AddExact(a.decimal(), max(total.Scale(), a.decimal().Scale()))
	if err != nil || sum.Prec()-sum.Scale() > maxWhole {
		part, _, _ := s.split()
		return fault.InvalidArgument.With("A soma das quantidades de %s não cabe em %d algarismos.",
			"The quantities of %s add up to more than %d digits.", part, maxWhole).On("quantity").Because(err)
	}
	*total = sum
	return nil
}

// quantities gives both sums of a record as decimals.
func (j *join) quantities(at ref, s stored) (theirs, ours decimal.Decimal) {
	if s.flags()&isWide != 0 {
		w := j.wide[at]
		return w.theirs, w.ours
	}
	return fromMillionths(s.theirs()), fromMillionths(s.ours())
}

// equal says whether both sums are the same; an absent side's sum is 0.
func (j *join) equal(at ref, s stored) bool {
	if s.flags()&isWide != 0 {
		w := j.wide[at]
		return w.theirs.Equal(w.ours)
	}
	return s.theirs() == s.ours()
}

func (j *join) kind(at ref, s stored) Kind {
	switch {
	case s.flags()&moved != 0:
		return elsewhere
	case s.flags()&outOfScope != 0:
		return outside
	case s.flags()&hasOurs == 0:
		return OnlyTheirs
	case s.flags()&hasTheirs == 0:
		return OnlyOurs
	case j.equal(at, s):
		return Matched
	}
	return Different
}

func (j *join) summary() Summary {
	var counts [elsewhere + 1]int
	empty := 0
	j.each(func(at ref, s stored) bool {
		k := j.kind(at, s)
		counts[k]++
		// One side is absent and its sum is 0, so equal means that the other is 0 too.
		if (k == OnlyTheirs || k == OnlyOurs) && j.equal(at, s) {
			empty++
		}
		return true
	})
	return Summary{Matched: counts[Matched], Different: counts[Different], OnlyTheirs: counts[OnlyTheirs],
		OnlyOurs: counts[OnlyOurs], Empty: empty, OutOfScope: counts[outside]}
}
