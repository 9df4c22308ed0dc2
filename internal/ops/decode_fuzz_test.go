package ops

import (
	"bytes"
	"errors"
	"testing"
	"unicode/utf8"

	"github.com/faiston/nexo/internal/fault"
	"github.com/go-json-experiment/json"
)

// FuzzDecode feeds any bytes to the decoder of every operation: what is refused is refused in words that
// can be written, and what is accepted means the same when it is written and read again, so that an
// idempotency key is bound to meaning and not to spelling.
func FuzzDecode(f *testing.F) {
	list := New(Deps{}).All()
	for i := range list {
		for _, seed := range []string{`{}`, `{"quantity":1e400}`, `{"movements":[{"quantity":"1.50","part_number":"a"}]}`, `{"results":[{"counted_quantity":0}]}`,
			`{"movement_type":"ENTRADA","part_number":"P","quantity":-0,"nf_date":"2026-01-31","expires_at":"2026-01-31T10:00:00.123456-03:00"}`,
			`{"task_id":"00000000-0000-7000-8000-000000000001","fingerprint":"x","reason":"\ud83d\ude00"}`, `{"a":1,"a":2}`, `{"policies":{"conditions":["NEW"]}}`,
			`{"project_code":"A","project_name":"B","start_date":""}`, `{"min_stock_level":"0.0000001"}`, "{\"\xff\":1}", `[`, `null`} {
			f.Add(i, []byte(seed))
		}
	}
	f.Fuzz(func(t *testing.T, which int, raw []byte) {
		if which < 0 || which >= len(list) {
			return
		}
		op := list[which]
		in, err := op.read(raw)
		if err != nil {
			checkRefusal(t, err)
			return
		}
		first := canonical(t, in)
		again, err := op.read(first)
		if err != nil {
			t.Fatalf("%s: %s was accepted, and %s is not: %v", op.Name, raw, first, err)
		}
		if second := canonical(t, again); !bytes.Equal(first, second) {
			t.Errorf("%s: %s is read as %s and then as %s", op.Name, raw, first, second)
		}
	})
}

func checkRefusal(t *testing.T, err error) {
	t.Helper()
	var own *fault.Error
	if !errors.As(err, &own) || own.Code != fault.InvalidArgument || !utf8.ValidString(own.Field+own.Message+own.MessageEN) || len(own.Field) > 200 {
		t.Errorf("bad refusal: %#v", err)
	}
	if _, err := Encode(own.Wire()); err != nil {
		t.Errorf("the refusal cannot be written: %v", err)
	}
}

func canonical(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
