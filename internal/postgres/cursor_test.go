package postgres

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

type sampleFilter struct {
	Part string
	At   []int
}

func TestCursorRoundTrip(t *testing.T) {
	t.Parallel()
	id := uuid.MustParse("01890a5d-ac96-774b-bcce-b302099a8057")
	at := time.Date(2026, 3, 31, 23, 59, 59, 123456000, time.UTC)
	f := sampleFilter{"ISR4331", []int{1, 2}}
	c, err := encodeCursor("x", f, "a\x00ç", "", cursorInt(int64(-7)), id.String(), cursorTime(at))
	if err != nil {
		t.Fatal(err)
	}
	v, err := decodeCursor("x", f, c, 5)
	if err != nil {
		t.Fatal(err)
	}
	n, err1 := v.integer(2)
	gotID, err2 := v.id(3)
	gotAt, err3 := v.time(4)
	if err1 != nil || err2 != nil || err3 != nil || v[0] != "a\x00ç" || v[1] != "" || n != -7 || gotID != id || !gotAt.Equal(at) {
		t.Errorf("decoded %q: %d %v %v (%v %v %v)", v, n, gotID, gotAt, err1, err2, err3)
	}
	if none, err := decodeCursor("x", f, "", 5); none != nil || err != nil {
		t.Errorf("no cursor gave %v, %v", none, err)
	}
}

func TestCursorRefused(t *testing.T) {
	t.Parallel()
	f := sampleFilter{Part: "ISR4331"}
	good, err := encodeCursor("x", f, "10", "abc")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw { // every single bit of it matters
		for bit := range 8 {
			edited := append([]byte(nil), raw...)
			edited[i] ^= 1 << bit
			if _, err := decodeCursor("x", f, base64.RawURLEncoding.EncodeToString(edited), 2); fault.CodeOf(err) != fault.InvalidArgument {
				t.Fatalf("byte %d bit %d edited: %v", i, bit, err)
			}
		}
	}
	for name, tc := range map[string]struct {
		list   string
		filter any
		cursor string
		n      int
	}{
		"other list":      {"y", f, good, 2},
		"other filter":    {"x", sampleFilter{Part: "ISR4332"}, good, 2},
		"other size":      {"x", f, good, 3},
		"not base64":      {"x", f, "!!", 2},
		"trailing":        {"x", f, good + "A", 2},
		"padded":          {"x", f, good + "=", 2},
		"too long":        {"x", f, strings.Repeat("A", maxCursor+1), 2},
		"SQL":             {"x", f, "'; DROP TABLE sga.movements; --", 2},
		"shorter than it": {"x", f, "AAAA", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := decodeCursor(tc.list, tc.filter, tc.cursor, tc.n)
			if got := fault.Of(err); got == nil || got.Code != fault.InvalidArgument || got.Field != "cursor" {
				t.Errorf("got %v, want invalid_argument on cursor", err)
			}
		})
	}
}

func TestCursorValuesAreTyped(t *testing.T) {
	t.Parallel()
	v := cursorValues{"x", "12.5", "9223372036854775808"}
	for i := range v {
		if _, err := v.integer(i); fault.CodeOf(err) != fault.InvalidArgument {
			t.Errorf("%q as a number: %v", v[i], err)
		}
		if _, err := v.id(i); fault.CodeOf(err) != fault.InvalidArgument {
			t.Errorf("%q as an id: %v", v[i], err)
		}
	}
}

func FuzzCursor(f *testing.F) {
	good, err := encodeCursor("x", nil, "1", "b")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add("")
	f.Fuzz(func(t *testing.T, cursor string) {
		v, err := decodeCursor("x", nil, cursor, 2)
		if err != nil || v == nil {
			return
		}
		again, err := encodeCursor("x", nil, v...)
		if diff := cmp.Diff(cursor, again); err != nil || diff != "" {
			t.Errorf("a cursor that is accepted is the one that was made: %v %s", err, diff)
		}
	})
}
