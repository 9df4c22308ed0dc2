package ops_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/ops"
)

// field is one argument of an operation, found in its published schema.
type field struct {
	path   []string // names of objects; "[]" is the first element of a list
	schema object
}

// name is how refusals spell the field: movements[0].quantity.
func (f field) name() string {
	return strings.ReplaceAll(strings.ReplaceAll(strings.Join(f.path, "."), ".[]", "[0]"), "[]", "[0]")
}

func (f field) kind() string { return text(f.schema["type"]) }

func (f field) last() string {
	if n := len(f.path); f.path[n-1] == "[]" {
		return f.path[n-2]
	}
	return f.path[len(f.path)-1]
}

// fieldsOf lists every argument of an operation, those inside objects and lists too.
func fieldsOf(t testing.TB, op *ops.Operation) []field {
	t.Helper()
	return walk(parse(t, op.Input.JSON).(object), nil)
}

func walk(schema object, path []string) (out []field) {
	props, _ := schema["properties"].(object)
	for _, name := range slices.Sorted(maps.Keys(props)) {
		at := append(slices.Clone(path), name)
		p := props[name].(object)
		out = append(out, field{at, p})
		out = append(out, walk(p, at)...)
		if items, ok := p["items"].(object); ok {
			at = append(slices.Clone(at), "[]")
			out = append(out, field{at, items})
			out = append(out, walk(items, at)...)
		}
	}
	return out
}

// set puts a value at the path, in a copy, and makes what lies on the way.
func set(base any, path []string, v any) any {
	if len(path) == 0 {
		return v
	}
	if path[0] == "[]" {
		list, _ := base.([]any)
		if len(list) == 0 {
			return []any{set(nil, path[1:], v)}
		}
		list = slices.Clone(list)
		list[0] = set(list[0], path[1:], v)
		return list
	}
	o, _ := base.(object)
	o = maps.Clone(o)
	if o == nil {
		o = object{}
	}
	o[path[0]] = set(o[path[0]], path[1:], v)
	return o
}

// get is what a copy of the arguments holds at the path; nil when it holds nothing.
func get(base any, path []string) any {
	for _, name := range path {
		switch v := base.(type) {
		case object:
			base = v[name]
		case []any:
			if len(v) == 0 {
				return nil
			}
			base = v[0]
		default:
			return nil
		}
	}
	return base
}

const mark = "@@HERE@@"

// splice writes arguments with raw text, which may be no JSON at all, in the place of a field's value.
func splice(t testing.TB, base object, f field, raw string) []byte {
	t.Helper()
	b, err := json.Marshal(set(base, f.path, mark))
	if err != nil {
		t.Fatal(err)
	}
	return []byte(strings.Replace(string(b), `"`+mark+`"`, raw, 1))
}

// twice writes a field two times, the second time under another spelling of its name.
func twice(t testing.TB, base object, f field, again string) []byte {
	t.Helper()
	v, err := json.Marshal(sample(base, f))
	if err != nil {
		t.Fatal(err)
	}
	return splice(t, base, f, string(v)+`,"`+again+`":`+string(v))
}

// sample is a value of the right type for a field.
func sample(base object, f field) any {
	if v := get(base, f.path); v != nil {
		return v
	}
	if words, ok := f.schema["enum"].([]any); ok {
		return words[0]
	}
	switch f.kind() {
	case "number", "integer":
		return 1
	case "boolean":
		return true
	case "array":
		return []any{}
	case "object":
		return object{}
	}
	switch f.schema["format"] {
	case "date":
		return "2026-01-31"
	case "date-time":
		return "2026-01-31T10:00:00-03:00"
	case "uuid":
		return newID().String()
	}
	return "x"
}

// eachOperation runs a test over every operation with arguments that are right, one after the other in one world.
func eachOperation(t *testing.T, test func(t *testing.T, w *world, op *ops.Operation, base object)) {
	t.Helper()
	table, company := policy(), openWorld(t).stocked()
	for _, op := range company.reg.All() {
		t.Run(op.Name, func(t *testing.T) {
			row, ok := table[op.Name]
			if !ok {
				t.Fatalf("%s has no row in the policy table", op.Name)
			}
			w := *company
			w.t = t
			defer func() { company.n = w.n }()
			test(t, &w, op, parse(t, marshal(t, row.args(&w, w.boss, here()))).(object))
		})
	}
}

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSplice(t *testing.T) {
	t.Parallel()
	base := object{"a": []any{object{"b": json.Number("1")}}, "c": "x"}
	f := field{path: []string{"a", "[]", "b"}, schema: object{"type": "number"}}
	if got := string(splice(t, base, f, "NaN")); got != `{"a":[{"b":NaN}],"c":"x"}` {
		t.Error(got)
	}
	if got := string(twice(t, base, f, "B")); got != `{"a":[{"b":1,"B":1}],"c":"x"}` {
		t.Error(got)
	}
	if f.name() != "a[0].b" || get(base, f.path) != json.Number("1") {
		t.Error(f.name(), get(base, f.path))
	}
}
