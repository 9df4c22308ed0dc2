package postgres

import (
	"testing"

	"github.com/govalues/decimal"
	"github.com/jackc/pgx/v5/pgtype"
)

func TestDecimalCodec(t *testing.T) {
	t.Parallel()
	m := pgtype.NewMap()
	registerDecimal(m)
	for _, text := range []string{"0", "5", "-5", "0.000001", "-0.5", "10000", "100000000", "12.34", "999999999999.999999",
		"1000000000000", "9223372036854775807", "0.0001", "0.00010", "5.000000", "1000.10"} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			var n pgtype.Numeric
			if err := n.Scan(text); err != nil {
				t.Fatal(err)
			}
			raw, err := m.Encode(pgtype.NumericOID, pgtype.BinaryFormatCode, n, nil)
			if err != nil {
				t.Fatal(err)
			}
			var got decimal.Decimal
			if err := m.Scan(pgtype.NumericOID, pgtype.BinaryFormatCode, raw, &got); err != nil {
				t.Fatal(err)
			}
			if want := decimal.MustParse(text).Trim(0); got.CmpTotal(want) != 0 {
				t.Errorf("got %s, want %s", got, want)
			}
			var maybe decimal.NullDecimal
			if err := m.Scan(pgtype.NumericOID, pgtype.BinaryFormatCode, raw, &maybe); err != nil || !maybe.Valid || maybe.Decimal != got {
				t.Errorf("nullable: %v, %v", maybe, err)
			}
		})
	}
}

func TestDecimalCodecRefuses(t *testing.T) {
	t.Parallel()
	m := pgtype.NewMap()
	registerDecimal(m)
	var d decimal.Decimal
	if err := m.Scan(pgtype.NumericOID, pgtype.BinaryFormatCode, nil, &d); err == nil {
		t.Error("NULL became a decimal")
	}
	n := decimal.NullDecimal{Valid: true}
	if err := m.Scan(pgtype.NumericOID, pgtype.BinaryFormatCode, nil, &n); err != nil || n.Valid {
		t.Errorf("NULL = %v, %v", n, err)
	}
	for name, raw := range map[string][]byte{
		"short":           {0, 1},
		"NaN":             {0, 0, 0, 0, 0xc0, 0, 0, 0},
		"digits missing":  {0, 2, 0, 0, 0, 0, 0, 0, 0, 1},
		"digit too large": {0, 1, 0, 0, 0, 0, 0, 0, 0xff, 0xff},
		"too large":       {0, 1, 0, 9, 0, 0, 0, 0, 0, 9},
		"too small":       {0, 1, 0xff, 0, 0, 0, 0, 0, 0, 9},
	} {
		if err := m.Scan(pgtype.NumericOID, pgtype.BinaryFormatCode, raw, &d); err == nil {
			t.Errorf("%s became %s", name, d)
		}
	}
}

func FuzzParseNumeric(f *testing.F) {
	m := pgtype.NewMap()
	f.Add([]byte{0, 1, 0, 0, 0, 0, 0, 0, 0, 5})
	f.Add([]byte{0, 2, 0, 1, 0x40, 0, 0, 6, 0, 1, 0, 2})
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := parseNumeric(raw)
		if err != nil {
			return
		}
		var want pgtype.Numeric
		if err := m.Scan(pgtype.NumericOID, pgtype.BinaryFormatCode, raw, &want); err != nil {
			t.Fatalf("accepted %s, the driver says %v", got, err)
		}
		text, err := want.Value()
		if err != nil {
			t.Fatal(err)
		}
		const longest = 60 // the display scale may ask for thousands of zeros, which are no part of the value
		if len(text.(string)) > longest {
			return
		}
		if w, err := decimal.Parse(text.(string)); err != nil || w.Cmp(got) != 0 {
			t.Errorf("%x = %s, want %s (%v)", raw, got, text, err)
		}
	})
}
