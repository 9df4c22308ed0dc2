package stock

import (
	"github.com/faiston/nexo/internal/fault"
	"github.com/govalues/decimal"
)

// Quantity is an exact count of a part's unit. Money uses the same type.
type Quantity = decimal.Decimal

// MaxScale is how many decimals a quantity may have: NF-e quantities (qCom) have at most four, and
// conversions of unit two more (NF-e manual 7.0, field I10).
const MaxScale = 6

// maxWhole bounds one movement: a billion units of one part is a typing error in any warehouse, and
// the sums of a lifetime stay far inside the 19 digits of the type.
const maxWhole = 1_000_000_000

// Whole makes a quantity of n units.
func Whole(n int64) Quantity { return decimal.MustNew(n, 0) }

// checkQuantity refuses what no movement can have: zero, less, too much, or a fraction of a part
// that is counted in whole units.
func checkQuantity(q Quantity, part *Part) error {
	if !q.IsPos() {
		return fault.InvalidArgument.With("A quantidade deve ser maior que zero.", "The quantity must be greater than zero.").On("quantity")
	}
	if q.Cmp(Whole(maxWhole)) > 0 {
		return fault.InvalidArgument.With("A quantidade é grande demais.", "The quantity is too large.").On("quantity").Detail("maximum", maxWhole)
	}
	scale := q.Trim(0).Scale()
	if scale > 0 && !part.Fractional {
		return fault.InvalidArgument.With("%s é contado em unidades inteiras (%s).", "%s is counted in whole units (%s).",
			part.Number, part.Unit).On("quantity")
	}
	if scale > MaxScale {
		return fault.InvalidArgument.With("Use no máximo %d casas decimais.", "Use at most %d decimals.", MaxScale).On("quantity")
	}
	return nil
}

// add and sub work on quantities that checkQuantity has bounded, far from the type's 19 digits; an
// overflow would be a broken invariant, so it is an internal error and the command is refused.
func add(a, b Quantity) (Quantity, error) {
	s, err := a.Add(b)
	if err != nil {
		return Quantity{}, fault.Internal.With("Erro interno.", "Internal error.").Because(err)
	}
	return s, nil
}

func sub(a, b Quantity) (Quantity, error) { return add(a, b.Neg()) }
