package ops_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/ops"
)

// wrongFor lists values that a field must refuse, as they stand on the wire (S-02, S-03).
func wrongFor(f field) []string {
	long := `"` + strings.Repeat("x", 5000) + `"`
	switch f.kind() {
	case "string":
		out := []string{`1`, `true`, `{}`, `[]`, `"\ud800"`, `"\udc00x"`, "\"\xff\"", `NaN`, `1e400`, `"a`, `'a'`}
		if f.schema["format"] != nil || f.schema["enum"] != nil {
			return append(out, `"NOPE"`, long, `"2026-13-45"`, `"00000000-0000-0000-0000-00000000000g"`)
		}
		return append(out, long, `"a\u0000b"`)
	case "number":
		return []string{`"abc"`, `true`, `[1]`, `{}`, `NaN`, `Infinity`, `1e400`, `"1e3"`, `"1,5"`, `" 1"`, `"+1"`, `""`, `01`, `1.`, `.5`, `0x10`, `null`,
			`99999999999999999999`, `1.00000000000000000001`, `1e-30`, `"0.1234567890123456789012"`, `"` + strings.Repeat("9", 400) + `"`}
	case "integer":
		return []string{`1.5`, `"1"`, `1e400`, `-1`, `9007199254740993`, `99999999999999999999`, `true`, `[]`, `NaN`}
	case "boolean":
		return []string{`"true"`, `1`, `0`, `[]`, `True`}
	case "array":
		return []string{`"x"`, `1`, `{}`, `true`, `[1`}
	case "object":
		return []string{`"x"`, `1`, `[]`, `true`, `{"x"}`}
	}
	return nil
}

// S-02 and S-03: a wrong value in any field of any operation is refused with the field's name, and nothing
// is written.
func TestWrongValues(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, w *world, op *ops.Operation, base object) {
		before := w.rows()
		for _, f := range fieldsOf(t, op) {
			for _, raw := range wrongFor(f) {
				if raw == `null` && get(base, f.path) == nil {
					continue // null is the same as not given
				}
				if raw == `-1` && f.schema["minimum"] == nil {
					continue
				}
				args := splice(t, base, f, raw)
				_, err := w.ask(w.boss, op.Name, args)
				if fault.CodeOf(err) != fault.InvalidArgument {
					t.Errorf("%s = %.60s: got %v", f.name(), raw, err)
					continue
				}
				if got := fault.Of(err).Field; !names(got, f.name()) && !(got == "" && slices.Contains(malformed(), raw)) {
					t.Errorf("%s = %.60s: the refusal names %q: %v", f.name(), raw, got, err)
				}
			}
		}
		if after := w.rows(); after != before {
			t.Errorf("wrong values wrote: %s, %s", before, after)
		}
	})
}

// malformed is no JSON at all, so that there is no field to name.
func malformed() []string { return []string{`"a`, `01`, `0x10`, `1.`, `[1`, `{"x"}`, `True`} }

// names reports whether a refusal points at the field, at the object it stands in, or at something in it.
func names(got, field string) bool {
	return got == field || got != "" && (strings.HasPrefix(field, got) || strings.HasPrefix(got, field))
}

// S-02: repeated and differently cased names, and names that nobody declared.
func TestRepeatedAndUnknownNames(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, w *world, op *ops.Operation, base object) {
		before := w.rows()
		for _, f := range fieldsOf(t, op) {
			name := f.path[len(f.path)-1]
			if name == "[]" {
				continue
			}
			prefix := strings.TrimSuffix(f.name(), name)
			for _, again := range []string{name, strings.ToUpper(name), strings.ToUpper(name[:1]) + name[1:], name + " ", "x_" + name, "é" + name} {
				b := fault.Body{}
				if _, err := w.ask(w.boss, op.Name, twice(t, base, f, again)); fault.CodeOf(err) == fault.InvalidArgument {
					b = fault.Of(err).Wire()
				}
				if b.Field != prefix+again {
					t.Errorf("%s and %q: got %+v", f.name(), again, b)
				}
			}
		}
		if after := w.rows(); after != before {
			t.Errorf("repeated names wrote: %s, %s", before, after)
		}
	})
}

// S-01 and S-02: bodies that are no object of arguments at all, or a flood.
func TestHostileBodies(t *testing.T) {
	t.Parallel()
	many := bytes.NewBufferString(`{`)
	for i := range 300_000 {
		fmt.Fprintf(many, `"k%d":1,`, i)
	}
	many.WriteString(`"z":1}`)
	bodies := map[string][]byte{
		"trailing value": []byte(`{} {}`), "trailing text": []byte(`{}x`), "BOM": []byte("\xef\xbb\xbf{}"), "array": []byte(`[]`), "text": []byte(`"x"`),
		"number": []byte(`1`), "null": []byte(`null`), "half": []byte(`{"a":`), "space": []byte(` `), "comment": []byte(`{/**/}`),
		"surrogate name": []byte(`{"\ud800":1}`), "bad UTF-8 name": []byte("{\"\xff\":1}"), "NUL": {0},
		"deep array": []byte(`{"a":` + strings.Repeat("[", 200_000)), "deep object": []byte(strings.Repeat(`{"a":`, 200_000)),
		"many names": many.Bytes(), "huge": []byte(`{"a":"` + strings.Repeat("x", ops.MaxArguments) + `"}`),
		"long name": []byte(`{"` + strings.Repeat("é", 70) + `":1}`), "pointer name": []byte(`{"a/b~c":1}`),
	}
	w := openWorld(t)
	before := w.rows()
	for _, op := range w.reg.All() {
		for name, body := range bodies {
			began := time.Now()
			if _, err := w.ask(w.boss, op.Name, body); fault.CodeOf(err) != fault.InvalidArgument {
				t.Errorf("%s, %s: got %.200v", op.Name, name, err)
			}
			t.Logf("%s, %s: %v", op.Name, name, time.Since(began)) // refused at the first bad byte; a busy machine is no defect
		}
	}
	if after := w.rows(); after != before {
		t.Errorf("hostile bodies wrote: %s, %s", before, after)
	}
}

// S-03: what is not refused is exact.
func TestQuantitiesAreExact(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	tests := []struct {
		part, quantity string
		want           string // balance after; or the code of the refusal
	}{
		{"CABO-UTP", `0.000001`, "0.000001"}, {"CABO-UTP", `"1.500000"`, "1.500001"}, {"CABO-UTP", `1e2`, "101.500001"}, {"CABO-UTP", `25E-1`, "104.000001"},
		{"CABO-UTP", `123456789.123456`, "123456893.123457"}, {"CABO-UTP", `0.0000001`, "invalid_argument"}, {"CABO-UTP", `9007199254740993`, "invalid_argument"},
		{"CABO-UTP", `0`, "invalid_argument"}, {"CABO-UTP", `-0`, "invalid_argument"}, {"CABO-UTP", `-1`, "invalid_argument"}, {"CABO-UTP", `"-0.0"`, "invalid_argument"},
		{"ISR4331", `1.5`, "invalid_argument"}, {"ISR4331", `"2.000"`, "2"}, {"ISR4331", `3e0`, "5"}, {"ISR4331", `1000000001`, "invalid_argument"},
	}
	for _, tc := range tests {
		args := `{"movement_type":"ENTRADA","part_number":"` + tc.part + `","quantity":` + tc.quantity + `,"destination_location_id":"SP-A"}`
		out, err := w.ask(w.boss, "sga_create_movement", []byte(args))
		got := string(fault.CodeOf(err))
		if err == nil {
			got = fmt.Sprint(out["balances"].([]any)[0].(object)["quantity_total"])
		} else if f := fault.Of(err).Field; f != "quantity" {
			t.Errorf("%s: the refusal names %q", tc.quantity, f)
		}
		if got != tc.want {
			t.Errorf("%s of %s: got %s (%v), want %s", tc.quantity, tc.part, got, err, tc.want)
		}
	}
}
