package ops

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
	"github.com/govalues/decimal"
)

// Number is an exact decimal on the wire: read from a JSON number or a decimal string without ever
// being a float; written as an integer when it is whole, else as a decimal string.
type Number struct {
	decimal.Decimal
	Set bool
}

// Num wraps a quantity for output.
func Num(q stock.Quantity) Number { return Number{q, true} }

// NumPtr wraps a quantity that may be absent.
func NumPtr(q *stock.Quantity) *Number {
	if q == nil {
		return nil
	}
	return &Number{*q, true}
}

// Ptr gives the quantity, or nil when none was given.
func (n *Number) Ptr() *stock.Quantity {
	if n == nil || !n.Set {
		return nil
	}
	return &n.Decimal
}

// UnmarshalJSONFrom reads a number or a decimal string, exactly.
func (n *Number) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	v, err := d.ReadValue()
	if err != nil {
		return err
	}
	text := string(v)
	switch v.Kind() {
	case '"':
		unquoted, err := jsontext.AppendUnquote(nil, v)
		if err != nil {
			return badNumber()
		}
		text = string(unquoted)
		if text == "" || strings.ContainsAny(text, "eE+ ") {
			return badNumber()
		}
	case '0':
	default:
		return badNumber()
	}
	const longest = 40 // more digits than any quantity or amount of money has
	if len(text) > longest {
		return badNumber()
	}
	q, err := decimal.Parse(text)
	if err != nil || !exact(text, q) {
		return badNumber()
	}
	n.Decimal, n.Set = q.Trim(0), true
	return nil
}

// exact reports whether q, as it was parsed, has every digit of text: the parser rounds what it cannot hold.
func exact(text string, q decimal.Decimal) bool {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	shift, err := strconv.Atoi(cmp.Or(exponent, "0"))
	if err != nil {
		return false
	}
	whole, fraction, _ := strings.Cut(strings.TrimLeft(mantissa, "+-"), ".")
	digits := strings.TrimRight(whole+fraction, "0")
	scale := len(fraction) - shift - (len(whole+fraction) - len(digits)) // decimals that text really has
	digits = strings.TrimLeft(digits, "0")
	kept := q.Trim(0)
	if digits == "" {
		return kept.IsZero()
	}
	return kept.Scale() == max(0, scale) && strings.TrimRight(strings.TrimLeft(strings.ReplaceAll(kept.Abs().String(), ".", ""), "0"), "0") == digits
}

func badNumber() error {
	return fault.InvalidArgument.With("Número inválido: use um número decimal exato.", "Invalid number: use an exact decimal number.")
}

// MarshalJSONTo writes whole numbers as JSON integers and others as decimal strings.
func (n Number) MarshalJSONTo(e *jsontext.Encoder) error {
	return e.WriteValue(n.appendJSON(e.AvailableBuffer()))
}

func (n Number) appendJSON(b []byte) []byte {
	q := n.Decimal.Trim(0)
	if q.Scale() == 0 {
		return append(b, q.String()...)
	}
	b = append(b, '"')
	b = append(b, q.String()...)
	return append(b, '"')
}

// Money is an amount in BRL on the wire: always a decimal string (contract.md, Numbers).
type Money struct{ decimal.Decimal }

// MoneyPtr wraps an amount that may be absent.
func MoneyPtr(q *stock.Quantity) *Money {
	if q == nil {
		return nil
	}
	return &Money{*q}
}

// MarshalJSONTo writes a decimal string.
func (m Money) MarshalJSONTo(e *jsontext.Encoder) error {
	return e.WriteToken(jsontext.String(m.Trim(2).String()))
}

// Date is a business day on the wire, YYYY-MM-DD.
type Date struct{ stock.Date }

// Day wraps a date for output; the zero date is left out by omitzero.
func Day(d stock.Date) Date { return Date{d} }

// UnmarshalJSONFrom reads YYYY-MM-DD.
func (d *Date) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	s, err := readString(dec)
	if err != nil || s == "" {
		return err
	}
	d.Date, err = stock.ParseDate(s, "")
	return err
}

// MarshalJSONTo writes YYYY-MM-DD.
func (d Date) MarshalJSONTo(e *jsontext.Encoder) error {
	return e.WriteToken(jsontext.String(d.String()))
}

// Time is an instant on the wire, RFC 3339 with offset.
type Time struct{ time.Time }

// UnmarshalJSONFrom reads RFC 3339; the offset is required.
func (t *Time) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	s, err := readString(dec)
	if err != nil || s == "" {
		return err
	}
	t.Time, err = time.Parse(time.RFC3339Nano, s)
	if err != nil || t.Year() < 1990 || t.Year() > 2200 {
		return fault.InvalidArgument.With("Data e hora inválidas: use RFC 3339 com fuso, como 2026-03-01T08:00:00-03:00.",
			"Invalid time: use RFC 3339 with an offset, such as 2026-03-01T08:00:00-03:00.")
	}
	return nil
}

// MarshalJSONTo writes RFC 3339 in America/Sao_Paulo's standard offset, to the millisecond.
func (t Time) MarshalJSONTo(e *jsontext.Encoder) error {
	return e.WriteToken(jsontext.String(t.In(saoPaulo()).Format("2006-01-02T15:04:05.000Z07:00")))
}

// saoPaulo is UTC−3 all year since 2019 (Decreto 9.772/2019); a fixed zone needs no zone files on the machine.
func saoPaulo() *time.Location { return time.FixedZone("America/Sao_Paulo", -3*60*60) }

// ID is a UUID on the wire.
type ID struct{ uuid.UUID }

// UnmarshalJSONFrom reads the 36-character form.
func (id *ID) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	s, err := readString(dec)
	if err != nil || s == "" {
		return err
	}
	if len(s) != 36 {
		return badID()
	}
	id.UUID, err = uuid.Parse(s)
	if err != nil {
		return badID()
	}
	return nil
}

func badID() error {
	return fault.InvalidArgument.With("Identificador inválido: use um UUID.", "Invalid identifier: use a UUID.")
}

// MarshalJSONTo writes the 36-character form, or null for none.
func (id ID) MarshalJSONTo(e *jsontext.Encoder) error {
	if id.UUID == uuid.Nil {
		return e.WriteToken(jsontext.Null)
	}
	return e.WriteToken(jsontext.String(id.String()))
}

func readString(dec *jsontext.Decoder) (string, error) {
	v, err := dec.ReadToken()
	if err != nil {
		return "", err
	}
	switch v.Kind() {
	case '"':
		return v.String(), nil
	case 'n':
		return "", nil
	}
	return "", fault.InvalidArgument.With("É preciso um texto.", "A string is needed.")
}

// Encode renders an output.
func Encode(v any) ([]byte, error) { return json.Marshal(v) }

func itoa(i int) string { return strconv.Itoa(i) }
