package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/reconcile"
	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"
)

// list reads "part|location|project|quantity" rows; a part that starts with # is a material. Its buffers are
// reused, as those of real lists are.
func list(t testing.TB, columns reconcile.Columns, rows ...string) reconcile.List {
	t.Helper()
	return reconcile.List{Columns: columns, Rows: func(yield func(reconcile.Row, error) bool) {
		var buf []byte
		for _, text := range rows {
			buf = append(buf[:0], text...)
			f := [4][]byte{}
			for i, s := range strings.SplitN(text, "|", 4) {
				at := strings.Index(string(buf), s)
				f[i] = buf[at : at+len(s)]
			}
			row := reconcile.Row{Part: f[0], Location: f[1], Project: f[2], Quantity: decimal.MustParse(string(f[3]))}
			if len(f[0]) > 0 && f[0][0] == '#' {
				row.Part, row.Material = nil, f[0][1:]
			}
			ok := yield(row, nil)
			clear(buf)
			if !ok {
				return
			}
		}
	}}
}

func all() reconcile.Columns { return reconcile.Columns{Location: true, Project: true} }

// show puts rows into words: kind part@location/project theirs:ours=difference.
func show(res *reconcile.Result) []string {
	var out []string
	for d := range res.Rows(reconcile.Matched, reconcile.Different, reconcile.OnlyTheirs, reconcile.OnlyOurs) {
		side := func(a reconcile.Amount) string {
			if !a.Present {
				return "-"
			}
			return a.Value.String()
		}
		out = append(out, fmt.Sprintf("%s %s@%s/%s %s:%s=%s", d.Kind, d.Part, d.Location, d.Project, side(d.Theirs), side(d.Ours), d.Difference))
	}
	return out
}

func TestCompare(t *testing.T) {
	t.Parallel()
	located := reconcile.Columns{Location: true}
	tests := []struct {
		name         string
		theirs, ours reconcile.List
		want         []string
		summary      reconcile.Summary
	}{
		{"each kind, in the order of their rows and then of ours",
			list(t, all(), "B|L1|P|2", "A|L1|P|5", "C|L1|P|1"), list(t, all(), "Z|L9|P|4", "A|L1|P|5", "B|L1|P|3"),
			[]string{"different B@L1/P 2:3=1", "matched A@L1/P 5:5=0", "only_theirs C@L1/P 1:-=-1", "only_ours Z@L9/P -:4=4"},
			reconcile.Summary{Matched: 1, Different: 1, OnlyTheirs: 1, OnlyOurs: 1}},
		{"repeated rows are added up on both sides, in any order",
			list(t, all(), "A|L|P|2", "B|L|P|1", "A|L|P|3"), list(t, all(), "A|L|P|4", "A|L|P|1", "B|L|P|0.5", "B|L|P|0.5"),
			[]string{"matched A@L/P 5:5=0", "matched B@L/P 1:1=0"}, reconcile.Summary{Matched: 2}},
		{"projects do not overwrite each other",
			list(t, all(), "A|L|P1|2", "A|L|P2|3"), list(t, all(), "A|L|P2|2", "A|L|P1|3"),
			[]string{"different A@L/P1 2:3=1", "different A@L/P2 3:2=-1"}, reconcile.Summary{Different: 2}},
		{"an empty project is the general one",
			list(t, all(), "A|L||2"), list(t, all(), "A|L|GERAL|2"), []string{"matched A@L/GERAL 2:2=0"}, reconcile.Summary{Matched: 1}},
		{"a list without projects is compared with ours over all projects",
			list(t, located, "A|L||5"), list(t, all(), "A|L|P1|2", "A|L|P2|3"), []string{"matched A@L/ 5:5=0"}, reconcile.Summary{Matched: 1}},
		{"a list without locations is compared over all locations",
			list(t, reconcile.Columns{Project: true}, "A||P|5"), list(t, all(), "A|L1|P|2", "A|L2|P|3"), []string{"matched A@/P 5:5=0"}, reconcile.Summary{Matched: 1}},
		{"a part without location in a located list is compared over all of ours",
			list(t, all(), "A||P|5", "B|L1|P|1"), list(t, all(), "A|L1|P|2", "A|L2|P|3", "B|L1|P|1"),
			[]string{"matched A@/P 5:5=0", "matched B@L1/P 1:1=0"}, reconcile.Summary{Matched: 2}},
		{"beside located rows an empty location is a place of its own",
			list(t, all(), "A||P|5", "A|L1|P|2"), list(t, all(), "A|L1|P|2"),
			[]string{"only_theirs A@/P 5:-=-5", "matched A@L1/P 2:2=0"}, reconcile.Summary{Matched: 1, OnlyTheirs: 1}},
		{"absent is not zero",
			list(t, all(), "A|L|P|0", "B|L|P|0"), list(t, all(), "B|L|P|0", "C|L|P|0"),
			[]string{"only_theirs A@L/P 0:-=0", "matched B@L/P 0:0=0", "only_ours C@L/P -:0=0"},
			reconcile.Summary{Matched: 1, OnlyTheirs: 1, OnlyOurs: 1, Empty: 2}},
		{"the parts of a key do not run together",
			list(t, all(), "AB|C|P|1"), list(t, all(), "A|BC|P|1"),
			[]string{"only_theirs AB@C/P 1:-=-1", "only_ours A@BC/P -:1=1"}, reconcile.Summary{OnlyTheirs: 1, OnlyOurs: 1}},
		{"surrounding spaces are no part of a code",
			list(t, all(), " A |L | P|1"), list(t, all(), "A|L|P|1"), []string{"matched A@L/P 1:1=0"}, reconcile.Summary{Matched: 1}},
		{"fractions are exact, negatives allowed",
			list(t, all(), "A|L|P|0.1", "A|L|P|0.2", "B|L|P|-3"), list(t, all(), "A|L|P|0.3", "B|L|P|1.500"),
			[]string{"matched A@L/P 0.3:0.3=0", "different B@L/P -3:1.5=4.5"}, reconcile.Summary{Matched: 1, Different: 1}},
		{"quantities beyond millionths are exact too",
			list(t, all(), "A|L|P|0.0000001", "A|L|P|2", "B|L|P|900000000000000000", "B|L|P|1"),
			list(t, all(), "A|L|P|2.0000001", "B|L|P|900000000000000000"),
			[]string{"matched A@L/P 2.0000001:2.0000001=0", "different B@L/P 900000000000000001:900000000000000000=-1"},
			reconcile.Summary{Matched: 1, Different: 1}},
		{"sums that outgrow 64 bits",
			list(t, all(), "A|L|P|9000000000000", "A|L|P|9000000000000"), list(t, all(), "A|L|P|18000000000000"),
			[]string{"matched A@L/P 18000000000000:18000000000000=0"}, reconcile.Summary{Matched: 1}},
		{"nothing on either side", list(t, all()), list(t, all()), nil, reconcile.Summary{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			res, err := reconcile.Compare(t.Context(), tt.theirs, tt.ours, reconcile.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, show(res)); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.summary, res.Summary); diff != "" {
				t.Errorf("summary (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBy(t *testing.T) {
	t.Parallel()
	tests := []struct {
		theirs, ours reconcile.Columns
		want         []string
	}{
		{all(), all(), []string{"part_number", "location", "project"}},
		{reconcile.Columns{Location: true}, all(), []string{"part_number", "location"}},
		{all(), reconcile.Columns{Project: true}, []string{"part_number", "project"}},
		{reconcile.Columns{Location: true}, reconcile.Columns{Project: true}, []string{"part_number"}},
	}
	for _, tt := range tests {
		res, err := reconcile.Compare(t.Context(), list(t, tt.theirs), list(t, tt.ours), reconcile.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, res.By); diff != "" {
			t.Errorf("%+v with %+v (-want +got):\n%s", tt.theirs, tt.ours, diff)
		}
	}
}

func TestCodes(t *testing.T) {
	t.Parallel()
	codes := reconcile.NewCodes()
	for _, c := range [][2]string{{"000000000004096861", "EX2300"}, {"777", "EX2300"}, {"X1", "PX"}, {"55", "P1"}, {"55", "P2"}, {"55", "P1"}, {"", "NONE"}, {"9", ""}} {
		if err := codes.Add(c[0], c[1]); err != nil {
			t.Fatal(err)
		}
	}
	if got := codes.Ambiguous(); got != 1 {
		t.Errorf("Ambiguous() = %d, want 1: material 55 was claimed by two parts", got)
	}
	theirs := list(t, all(), "#4096861|L|P|1", "#0000777|L|P|2", "#55|L|P|3", "#404|L|P|4", "#000|L|P|5")
	ours := list(t, all(), "EX2300|L|P|3", "P1|L|P|3")
	res, err := reconcile.Compare(t.Context(), theirs, ours, reconcile.Options{Codes: codes})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"matched EX2300@L/P 3:3=0", "only_theirs 55@L/P 3:-=-3", "only_theirs 404@L/P 4:-=-4",
		"only_theirs 000@L/P 5:-=-5", "only_ours P1@L/P -:3=3"}
	if diff := cmp.Diff(want, show(res)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	var materials []string
	for d := range res.Rows(reconcile.Matched, reconcile.OnlyTheirs, reconcile.OnlyOurs) {
		materials = append(materials, d.Material)
	}
	if diff := cmp.Diff([]string{"4096861", "55", "404", "000", ""}, materials); diff != "" {
		t.Errorf("materials (-want +got):\n%s", diff)
	}
}

func TestOnlyTheirPlaces(t *testing.T) {
	t.Parallel()
	theirs := list(t, all(), "A|L1|P|1", "B|L2|P|2")
	ours := list(t, all(), "A|L1|P|1", "C|L2|P|7", "D|L3|P|9")
	res, err := reconcile.Compare(t.Context(), theirs, ours, reconcile.Options{OnlyTheirPlaces: true})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"matched A@L1/P 1:1=0", "only_theirs B@L2/P 2:-=-2", "only_ours C@L2/P -:7=7"}
	if diff := cmp.Diff(want, show(res)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if res.Summary.OutOfScope != 1 {
		t.Errorf("OutOfScope = %d, want 1", res.Summary.OutOfScope)
	}
}

func TestAccuracy(t *testing.T) {
	t.Parallel()
	tests := []struct {
		s    reconcile.Summary
		want string
	}{
		{reconcile.Summary{}, "100"},
		{reconcile.Summary{OnlyOurs: 5}, "100"},
		{reconcile.Summary{Matched: 57, Different: 6, OnlyTheirs: 4, OnlyOurs: 2}, "85.07"},
		{reconcile.Summary{Matched: 1, OnlyTheirs: 2}, "33.33"},
		{reconcile.Summary{Matched: 2, OnlyTheirs: 1}, "66.67"},
		{reconcile.Summary{Different: 3}, "0.00"},
	}
	for _, tt := range tests {
		if got := tt.s.Accuracy().String(); got != tt.want {
			t.Errorf("%+v: Accuracy() = %s, want %s", tt.s, got, tt.want)
		}
	}
}

func TestCompareRefuses(t *testing.T) {
	t.Parallel()
	broken := errors.New("the source broke")
	failing := reconcile.List{Columns: all(), Rows: func(yield func(reconcile.Row, error) bool) {
		if yield(reconcile.Row{Part: []byte("A")}, nil) {
			yield(reconcile.Row{}, broken)
		}
	}}
	huge := "900000000000000000"
	tests := []struct {
		name         string
		theirs, ours reconcile.List
		want         error
	}{
		{"their list fails", failing, list(t, all()), broken},
		{"our list fails", list(t, all()), failing, broken},
		{"a row without part", list(t, all(), "|L|P|1"), list(t, all()), fault.InvalidArgument.With("", "")},
		{"a code that is too long", list(t, all(), strings.Repeat("x", reconcile.MaxCode+1)+"|L|P|1"), list(t, all()), fault.InvalidArgument.With("", "")},
		{"a sum that does not fit", list(t, all(), "A|L|P|"+huge, "A|L|P|"+huge), list(t, all()), fault.InvalidArgument.With("", "")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := reconcile.Compare(t.Context(), tt.theirs, tt.ours, reconcile.Options{}); !errors.Is(err, tt.want) {
				t.Errorf("error = %v, want %v", err, tt.want)
			}
		})
	}
}

func TestCompareStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	endless := reconcile.List{Columns: all(), Rows: func(yield func(reconcile.Row, error) bool) {
		defer close(stopped)
		for n := 0; yield(reconcile.Row{Part: []byte("A")}, nil); n++ {
			if n == 10_000 {
				cancel()
			}
		}
	}}
	if _, err := reconcile.Compare(ctx, endless, list(t, all()), reconcile.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want context.Canceled", err)
	}
	<-stopped
}

// TestAgainstMaps compares random lists, larger than several batches and growths of the table, with two maps.
func TestAgainstMaps(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(1, seed))
		sums := [2]map[string]int64{{}, {}}
		var rows [2][]string
		for side := range rows {
			for range 30_000 {
				key := fmt.Sprintf("PN%d|L%d|P%d", rng.IntN(300), rng.IntN(9), rng.IntN(5))
				q := int64(rng.IntN(4))
				sums[side][key] += q
				rows[side] = append(rows[side], fmt.Sprintf("%s|%d", key, q))
			}
		}
		var want reconcile.Summary
		for key, q := range sums[0] {
			switch ours, ok := sums[1][key]; {
			case !ok:
				want.OnlyTheirs++
				if q == 0 {
					want.Empty++
				}
			case ours == q:
				want.Matched++
			default:
				want.Different++
			}
		}
		for key, q := range sums[1] {
			if _, ok := sums[0][key]; !ok {
				want.OnlyOurs++
				if q == 0 {
					want.Empty++
				}
			}
		}
		res, err := reconcile.Compare(t.Context(), list(t, all(), rows[0]...), list(t, all(), rows[1]...), reconcile.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, res.Summary); diff != "" {
			t.Errorf("seed %d (-want +got):\n%s", seed, diff)
		}
		for d := range res.Rows(reconcile.Matched, reconcile.Different, reconcile.OnlyTheirs, reconcile.OnlyOurs) {
			key := d.Part + "|" + d.Location + "|" + d.Project
			theirs, _, _ := d.Theirs.Value.Int64(0)
			ours, _, _ := d.Ours.Value.Int64(0)
			if theirs != sums[0][key] || ours != sums[1][key] {
				t.Fatalf("seed %d, %s: %d and %d, want %d and %d", seed, key, theirs, ours, sums[0][key], sums[1][key])
			}
		}
	}
}

func TestPage(t *testing.T) {
	t.Parallel()
	var rows []string
	for i := range 25 {
		rows = append(rows, fmt.Sprintf("PN%02d|L|P|1", i))
	}
	res, err := reconcile.Compare(t.Context(), list(t, all(), rows...), list(t, all()), reconcile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var parts []string
	for offset, more := 0, true; more; offset += 10 {
		var page []reconcile.Difference
		if page, more, err = res.Page(offset, 10, reconcile.OnlyTheirs); err != nil {
			t.Fatal(err)
		}
		for _, d := range page {
			parts = append(parts, d.Part+"|L|P|1")
		}
	}
	if diff := cmp.Diff(rows, parts); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	for _, bad := range [][2]int{{-1, 10}, {0, 0}, {0, reconcile.MaxPage + 1}} {
		if _, _, err := res.Page(bad[0], bad[1]); fault.CodeOf(err) != fault.InvalidArgument {
			t.Errorf("Page(%d, %d): error = %v, want invalid_argument", bad[0], bad[1], err)
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	codes := reconcile.NewCodes()
	if err := codes.Add("4096861", `A"1`); err != nil {
		t.Fatal(err)
	}
	theirs := list(t, reconcile.Columns{Location: true}, "#4096861|BR01-0001||1.50", "é|L||12.000", "Z|L||9007199254740993")
	res, err := reconcile.Compare(t.Context(), theirs, list(t, all()), reconcile.Options{Codes: codes})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for d := range res.Differences() {
		got = append(got, string(d.AppendJSON(nil)))
	}
	tail := `"cause":"unexplained","score":null,"proof":[],"kind":"only_theirs","material":`
	want := []string{
		`{"part_number":"A\"1","location":"BR01-0001","project":null,"serial":null,"theirs":"1.5","ours":null,"difference":"-1.5",` + tail + `"4096861"}`,
		`{"part_number":"é","location":"L","project":null,"serial":null,"theirs":12,"ours":null,"difference":-12,` + tail + `"é"}`,
		`{"part_number":"Z","location":"L","project":null,"serial":null,"theirs":"9007199254740993","ours":null,"difference":"-9007199254740993",` + tail + `"Z"}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestMaterial(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"000000000004096861": "4096861", " 41 ": "41", "0A1": "0A1", "0000": "0000", "": ""} {
		if got := string(reconcile.Material([]byte(in))); got != want {
			t.Errorf("Material(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestRowsEnds checks that a range over rows can be left early.
func TestRowsEnds(t *testing.T) {
	t.Parallel()
	res, err := reconcile.Compare(t.Context(), list(t, all(), "A|L|P|1", "B|L|P|1"), list(t, all()), reconcile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	for d := range res.Differences() {
		seen = append(seen, d.Part)
		break
	}
	if !slices.Equal(seen, []string{"A"}) {
		t.Errorf("seen = %v, want [A]", seen)
	}
}
