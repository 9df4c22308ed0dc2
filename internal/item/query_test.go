package item

import (
	"encoding/base64"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/faiston/nexo/internal/fault"
)

func TestCursor(t *testing.T) {
	t.Parallel()
	inv := Inventory()
	for _, q := range []Query{{Partition: "p"}, {Partition: "p", Index: ByDate, Prefix: "a"}, {Partition: "é", From: "a", To: "b", Descending: true}} {
		want := Place{Sort: "é#1", Key: Key{"MOVE#\x01", "METADATA"}}
		q.Cursor = q.CursorAfter(inv, want)
		got, err := q.After(inv)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&want, got); diff != "" {
			t.Error(diff)
		}
		for i := range q.Cursor { // no character of it can be another one
			edited := q
			c := byte('A')
			if q.Cursor[i] == 'A' {
				c = 'B'
			}
			edited.Cursor = q.Cursor[:i] + string(c) + q.Cursor[i+1:]
			if p, err := edited.After(inv); err == nil && *p == want || err != nil && fault.Of(err).Field != "cursor" {
				t.Errorf("edited at %d: %v, %v", i, p, err)
			} else if err == nil {
				t.Errorf("edited at %d: taken for %v", i, p)
			}
		}
	}
	if p, err := (&Query{Partition: "p"}).After(inv); p != nil || err != nil {
		t.Errorf("no cursor: %v, %v", p, err)
	}
	longest := Query{Partition: strings.Repeat("p", MaxPartition)}
	longest.Cursor = longest.CursorAfter(inv, Place{strings.Repeat("s", MaxSort), Key{strings.Repeat("p", MaxPartition), strings.Repeat("s", MaxSort)}})
	if _, err := longest.After(inv); err != nil {
		t.Errorf("the longest place: %v", err)
	}
}

func FuzzCursor(f *testing.F) {
	q, inv := Query{Partition: "p"}, Inventory()
	f.Add(q.CursorAfter(inv, Place{"s", Key{"p", "s"}}))
	f.Add("")
	f.Add(base64.RawURLEncoding.EncodeToString(make([]byte, 40)))
	f.Fuzz(func(t *testing.T, cursor string) {
		q := Query{Partition: "p", Cursor: cursor}
		p, err := q.After(inv)
		if err != nil || p == nil {
			return
		}
		if again := q.CursorAfter(inv, *p); again != cursor {
			t.Errorf("%q and %q are the same place", cursor, again)
		}
	})
}

func TestRange(t *testing.T) {
	t.Parallel()
	for length := range 12 {
		prefix := strings.Repeat("x", MaxSort-length)
		_, high := (&Query{Prefix: prefix}).Range()
		if len(high) != MaxSort || !utf8.ValidString(high) || !strings.HasPrefix(high, prefix) {
			t.Errorf("%d bytes left: %d bytes, %q", length, len(high), high[len(prefix):])
		}
		for _, r := range []string{"\x01", "\u007f", "\u07ff", "\uffff", "\U0010ffff"} {
			for n := 1; n*len(r) <= length; n++ {
				if prefix+strings.Repeat(r, n) > high {
					t.Errorf("%d times %q comes after the last", n, r)
				}
			}
		}
	}
	if low, high := (&Query{From: "a"}).Range(); low != "a" || high != strings.Repeat("\U0010ffff", MaxSort/4) {
		t.Errorf("%q %q", low, high)
	}
	if low, high := (&Query{To: "a"}).Range(); low != "" || high != "a" {
		t.Errorf("%q %q", low, high)
	}
}
