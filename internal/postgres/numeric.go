package postgres

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/govalues/decimal"
	"github.com/jackc/pgx/v5/pgtype"
)

// decimalCodec reads numeric columns straight into decimals. The driver's own way goes through a big
// integer and a string, which costs more than the rest of a balance query. Trailing zeros are dropped.
type decimalCodec struct{ pgtype.NumericCodec }

// registerDecimal makes a connection use the codec.
func registerDecimal(m *pgtype.Map) {
	m.RegisterType(&pgtype.Type{Name: "numeric", OID: pgtype.NumericOID, Codec: decimalCodec{}})
}

// PlanScan implements pgtype.Codec.
func (c decimalCodec) PlanScan(m *pgtype.Map, oid uint32, format int16, target any) pgtype.ScanPlan {
	if format == pgtype.BinaryFormatCode {
		switch target.(type) {
		case *decimal.Decimal:
			return scanDecimal{}
		case *decimal.NullDecimal:
			return scanNullDecimal{}
		}
	}
	return c.NumericCodec.PlanScan(m, oid, format, target)
}

type scanDecimal struct{}

func (scanDecimal) Scan(src []byte, dst any) error {
	if src == nil {
		return fmt.Errorf("cannot scan NULL into a decimal")
	}
	d, err := parseNumeric(src)
	if err == nil {
		*dst.(*decimal.Decimal) = d
	}
	return err
}

type scanNullDecimal struct{}

func (scanNullDecimal) Scan(src []byte, dst any) error {
	to := dst.(*decimal.NullDecimal)
	if src == nil {
		*to = decimal.NullDecimal{}
		return nil
	}
	d, err := parseNumeric(src)
	*to = decimal.NullDecimal{Decimal: d, Valid: err == nil}
	return err
}

var errNumeric = errors.New("numeric out of the range of a decimal")

// Signs of the binary form of numeric (PostgreSQL source, numeric_send): other values are NaN and infinities.
const (
	numericPositive = 0x0000
	numericNegative = 0x4000
)

// parseNumeric reads PostgreSQL's binary numeric: the number of digits in base 10,000, the weight of the
// first one, the sign and the display scale, 16 bits each, then the digits. It fails where a decimal of
// 19 digits cannot hold the value exactly.
func parseNumeric(src []byte) (decimal.Decimal, error) {
	if len(src) < 8 {
		return decimal.Decimal{}, fmt.Errorf("numeric of %d bytes", len(src))
	}
	n := int(binary.BigEndian.Uint16(src))
	weight := int(int16(binary.BigEndian.Uint16(src[2:])))
	sign := binary.BigEndian.Uint16(src[4:])
	if len(src) != 8+2*n || sign != numericPositive && sign != numericNegative {
		return decimal.Decimal{}, fmt.Errorf("numeric with sign %#x and %d digits in %d bytes", sign, n, len(src))
	}
	for n > 0 && n-1 > weight && src[6+2*n] == 0 && src[7+2*n] == 0 {
		n-- // zeros after the point
	}
	var coef uint64
	scale := 4 * (n - 1 - weight)
	for i := range n {
		digit, base := uint64(binary.BigEndian.Uint16(src[8+2*i:])), uint64(10_000)
		if digit > 9999 {
			return decimal.Decimal{}, errNumeric
		}
		// The zeros that end the last digit are left out at once: with them 12 digits and 6 decimals would not fit.
		for ; i == n-1 && scale > 0 && digit%10 == 0 && base > 1; scale-- {
			digit, base = digit/10, base/10
		}
		if coef > (math.MaxInt64-digit)/base {
			return decimal.Decimal{}, errNumeric
		}
		coef = coef*base + digit
	}
	for ; scale < 0 && coef != 0; scale++ {
		if coef > math.MaxInt64/10 {
			return decimal.Decimal{}, errNumeric
		}
		coef *= 10
	}
	if coef == 0 {
		return decimal.Decimal{}, nil
	}
	value := int64(coef)
	if sign == numericNegative {
		value = -value
	}
	return decimal.New(value, scale)
}
