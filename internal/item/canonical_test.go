package item

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/faiston/nexo/internal/fault"
)

func TestCanonical(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ in, want string }{
		{`{}`, `{}`},
		{" {\t\"a\" :\r\n1 , \"b\": [ ] } ", `{"a":1,"b":[]}`},
		{`{"b":1,"a":{"d":[true,false,null],"c":"x"},"A":2}`, `{"A":2,"a":{"c":"x","d":[true,false,null]},"b":1}`},
		{`{"a":-0,"b":9223372036854775807,"c":-9223372036854775808}`, `{"a":0,"b":9223372036854775807,"c":-9223372036854775808}`},
		{`{"a":"\u0041\/\u00e9\ud83d\ude00\u2028<&>\u007f"}`, "{\"a\":\"A/é😀\u2028<&>\u007f\"}"},
		{`{"a":"\b\f\n\r\t\"\\\u0000\u001F"}`, `{"a":"\b\f\n\r\t\"\\\u0000\u001f"}`},
		{`{"\"":1,"A":2,"!":3}`, `{"!":3,"\"":1,"A":2}`}, // by what the names mean, not by how they are written
		{`{"é":1,"z":2,"😀":3,"￿":4}`, `{"z":2,"é":1,"￿":4,"😀":3}`},
	} {
		got, err := Canonical([]byte(tt.in))
		if err != nil {
			t.Errorf("%s: %v", tt.in, err)
			continue
		}
		if diff := cmp.Diff(tt.want, string(got)); diff != "" {
			t.Errorf("%s: %s", tt.in, diff)
		}
	}
}

func TestCanonicalRefuses(t *testing.T) {
	t.Parallel()
	for what, in := range map[string]string{
		"nothing": ``, "a list": `[]`, "a string": `"a"`, "two": `{}{}`, "open": `{"a":1`, "open list": `{"a":[1}`, "comma": `{"a":1,}`, "no comma": `{"a":1 "b":2}`,
		"list comma": `{"a":[1,]}`, "no colon": `{"a" 1}`, "no value": `{"a":}`, "no name": `{1:2}`, "word": `{"a":nul}`, "other word": `{"a":True}`,
		"fraction": `{"a":1.5}`, "whole fraction": `{"a":1.0}`, "exponent": `{"a":1e3}`, "too large": `{"a":9223372036854775808}`, "leading zero": `{"a":01}`,
		"plus": `{"a":+1}`, "only minus": `{"a":-}`, "minus zero and more": `{"a":-01}`, "hex": `{"a":0x1}`,
		"control": "{\"a\":\"\x01\"}", "control after an escape": "{\"a\":\"\\n\x01\"}", "no UTF-8": "{\"a\":\"\xff\"}", "escape": `{"a":"\x"}`, "half an escape": `{"a":"\u12"}`,
		"no hex": `{"a":"\u12g4"}`, "lone surrogate": `{"a":"\ud800"}`, "wrong pair": `{"a":"\ud800\u0041"}`, "pair of the wrong order": `{"a":"\udc00\ud800"}`,
		"open string": `{"a":"`, "open escape": `{"a":"\`, "repeated": `{"a":1,"b":2,"a":3}`, "repeated by an escape": `{"a":1,"\u0061":2}`,
		"repeated deep": `{"x":[{"a":1,"a":1}]}`, "empty name": `{"":1}`, "deep": strings.Repeat(`{"a":`, MaxDepth+2) + `1` + strings.Repeat(`}`, MaxDepth+2),
	} {
		if got, err := Canonical([]byte(in)); fault.CodeOf(err) != fault.InvalidArgument {
			t.Errorf("%s: got %s, %v", what, got, err)
		}
	}
	deep := strings.Repeat(`{"a":`, MaxDepth) + `1` + strings.Repeat(`}`, MaxDepth)
	if _, err := Canonical([]byte(deep)); err != nil {
		t.Errorf("%d levels: %v", MaxDepth, err)
	}
}

// What is accepted is JSON of the same meaning, and its canonical form stays as it is.
func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{`{}`, `{"b":[1,-2,"\u00e9\ud83d\ude00"],"a":{"c":null,"b":true}}`, `{"a":1.5}`, `{"a":"\u0000","a":1}`, "{\"\xff\":1}", `{"é":"<&>"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		out, err := Canonical(in)
		if err != nil {
			if fault.CodeOf(err) != fault.InvalidArgument {
				t.Fatalf("%q: %v", in, err)
			}
			return
		}
		again, err := Canonical(out)
		if err != nil || !bytes.Equal(out, again) || !utf8.Valid(out) {
			t.Fatalf("%q became %q and then %q, %v", in, out, again, err)
		}
		if _, err := isCanonical(nil, out, nil); err != nil {
			t.Fatalf("%q: %v", out, err)
		}
		var before, after any
		if err := json.Unmarshal(in, &before); err != nil {
			t.Fatalf("%q was accepted, but %v", in, err)
		}
		if err := json.Unmarshal(out, &after); err != nil {
			t.Fatalf("%q: %v", out, err)
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Fatalf("%q: %s", in, diff)
		}
	})
}

func BenchmarkCheckerItem(b *testing.B) {
	t, c := Inventory(), new(Checker)
	it := Item{Key: Key{"MOVE#1", "METADATA"}, Version: 1, Body: []byte(`{"actor":"00000000-0000-7000-8000-0000000000aa","condition":"NEW","created_at":"2026-11-23T00:00:00Z",` +
		`"destination":"SP-A","movement_type":"ENTRADA","operation":"sga_create_movement","part_number":"ISR4331","project":"NTT","quantity":"12","source":"EXTERNO"}`)}
	for b.Loop() {
		if err := c.Item(t, &it); err != nil {
			b.Fatal(err)
		}
	}
}
