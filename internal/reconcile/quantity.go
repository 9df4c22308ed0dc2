package reconcile

import (
	"math"
	"math/bits"
	"strconv"

	"github.com/govalues/decimal"
)

// places is the precision of the fast path. SAP keeps quantities with three decimals and we with six at
// most; what does not fit is added up exactly as decimals instead.
const places = 6

// toMillionths gives d × 10^6, and whether that is exact and fits.
func toMillionths(d decimal.Decimal) (int64, bool) {
	scale := d.Scale()
	if scale > places {
		if d = d.Trim(places); d.Scale() > places {
			return 0, false
		}
		scale = places
	}
	coef := d.Coef()
	if scale < places {
		hi, lo := bits.Mul64(coef, pow10(places-scale))
		if hi != 0 {
			return 0, false
		}
		coef = lo
	}
	if coef > math.MaxInt64 {
		return 0, false
	}
	if d.IsNeg() {
		return -int64(coef), true
	}
	return int64(coef), true
}

func pow10(n int) uint64 {
	p := uint64(1)
	for range n {
		p *= 10
	}
	return p
}

func fromMillionths(n int64) decimal.Decimal {
	return decimal.MustNew(n, places).Trim(0)
}

func addMillionths(a, b int64) (int64, bool) {
	sum := a + b
	return sum, (sum > a) == (b > 0)
}

// Amount is a quantity that may be absent, which is not zero.
type Amount struct {
	Value   decimal.Decimal
	Present bool
}

// MarshalJSON gives null when absent, a JSON integer when the quantity is whole and exact in every
// reader (below 2^53), else a decimal string: never a float.
func (a Amount) MarshalJSON() ([]byte, error) { return a.append(nil), nil }

func (a Amount) append(dst []byte) []byte {
	if !a.Present {
		return append(dst, "null"...)
	}
	return appendQuantity(dst, a.Value)
}

func appendQuantity(dst []byte, d decimal.Decimal) []byte {
	d = d.Trim(0)
	if whole, _, ok := d.Int64(0); ok && d.Scale() == 0 && whole < 1<<53 && whole > -1<<53 {
		return strconv.AppendInt(dst, whole, 10)
	}
	return strconv.AppendQuote(dst, d.String())
}
