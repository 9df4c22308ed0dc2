package postgres

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/faiston/nexo/internal/stock"
	"github.com/google/go-cmp/cmp"
)

func sampleTerms(t testing.TB) *terms {
	t.Helper()
	c := newCatalog()
	for i, p := range []stock.Part{
		{Number: "WS-C2960", Description: "Switch 24 portas", Manufacturer: "Cisco", SupplierCodes: []string{"FOR-77"}, SAPMaterial: "000100"},
		{Number: "ISR-4331", Description: "Roteador de serviços", Category: "Rede", Manufacturer: "Cisco"},
		{Number: "ISR-4331/K9", Description: "Roteador com licença", Manufacturer: "Cisco"},
		{Number: "CABO", Description: "Cabo para switch", Model: "WS-C2960"},
	} {
		p.Key = stock.PartKey(i + 1)
		c.partByKey[p.Key] = &p
	}
	for i, l := range []stock.Location{
		{Code: "SP", Name: "Depósito Norte", City: "São Paulo", Type: stock.Warehouse},
		{Code: "TEC-1", Name: "João Araújo", City: "São Paulo", Type: stock.TechnicianPlace},
	} {
		l.Key = stock.LocationKey(i + 1)
		c.locationByKey[l.Key] = &l
	}
	return newTerms(c, nil)
}

func marks(list []ranked) []string {
	out := []string{}
	for _, r := range list {
		out = append(out, r.mark)
	}
	return out
}

func TestFindParts(t *testing.T) {
	t.Parallel()
	terms := sampleTerms(t)
	for _, c := range []struct {
		text string
		in   stock.SearchType
		want []string
	}{
		{"ISR-4331", stock.SearchAll, []string{"0ISR-4331", "1ISR-4331/K9"}},
		{"WS-C2960", stock.SearchAll, []string{"0WS-C2960", "2CABO"}},
		{"WS-C2960", stock.SearchPart, []string{"0WS-C2960"}},
		{"WS-C2960", stock.SearchDescription, []string{"2CABO"}},
		{"SWITCH", stock.SearchAll, []string{"2CABO", "2WS-C2960"}},
		{"CISCO ROTEADOR", stock.SearchDescription, []string{"2ISR-4331", "2ISR-4331/K9"}},
		{"CISCO SWITCH 24", stock.SearchAll, []string{"2WS-C2960"}},
		{"SERVICOS", stock.SearchDescription, []string{"2ISR-4331"}},
		{"FOR-77", stock.SearchAll, []string{"2WS-C2960"}},
		{"000100", stock.SearchAll, []string{"2WS-C2960"}},
		{"000100", stock.SearchPart, []string{}},
		{"PORTAS CISCO", stock.SearchPart, []string{}},
		{"", stock.SearchAll, []string{}},
		{"NADA", stock.SearchAll, []string{}},
	} {
		if diff := cmp.Diff(c.want, marks(terms.findParts(c.text, c.in))); diff != "" {
			t.Errorf("%s in %s (-want +got):\n%s", c.text, c.in, diff)
		}
	}
}

func TestFindPlaces(t *testing.T) {
	t.Parallel()
	terms := sampleTerms(t)
	for _, c := range []struct {
		text string
		in   stock.SearchType
		want []string
	}{
		{"SAO PAULO", stock.SearchLocation, []string{"2SP", "2TEC-1"}},
		{"SAO PAULO", stock.SearchPerson, []string{"2TEC-1"}},
		{"JOAO ARAUJO", stock.SearchPerson, []string{"0TEC-1"}},
		{"SP", stock.SearchLocation, []string{"0SP"}},
		{"ARAUJO PAULO", stock.SearchAll, []string{"2TEC-1"}},
		{"", stock.SearchAll, []string{}},
	} {
		if diff := cmp.Diff(c.want, marks(terms.findPlaces(c.text, c.in))); diff != "" {
			t.Errorf("%s in %s (-want +got):\n%s", c.text, c.in, diff)
		}
	}
}

func TestTermsAreRebuiltFromWhatDidNotChange(t *testing.T) {
	t.Parallel()
	old := sampleTerms(t)
	next := old.of.clone()
	next.partByKey[9] = &stock.Part{Key: 9, Number: "AAA", Description: "Antena"}
	delete(next.partByKey, 1)
	got := newTerms(next, old)
	if diff := cmp.Diff(marks(newTerms(next, nil).findParts("CISCO", stock.SearchAll)), marks(got.findParts("CISCO", stock.SearchAll))); diff != "" {
		t.Errorf("(-fresh +rebuilt):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"2AAA"}, marks(got.findParts("ANTENA", stock.SearchAll))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"2CABO"}, marks(got.findParts("SWITCH", stock.SearchAll))); diff != "" {
		t.Error(diff)
	}
}

func TestSerialVariants(t *testing.T) {
	t.Parallel()
	for typed, meant := range map[string]string{
		"FCW2140LOGH":  "FCW2140L0GH", // letter for digit
		"FCW2141L0GH":  "FCW2140L0GH", // digit for digit
		"FCW240L0GH":   "FCW2140L0GH", // one dropped
		"FCW21140L0GH": "FCW2140L0GH", // one doubled
		"FCW1240L0GH":  "FCW2140L0GH", // two swapped
		"FCW2140L0G":   "FCW2140L0GH", // last one missing
		"CW2140L0GH":   "FCW2140L0GH", // first one missing
		"SN-1234":      "SN1234",
	} {
		if !slices.Contains(serialVariants(typed), meant) {
			t.Errorf("%s does not lead to %s", typed, meant)
		}
	}
	for _, typed := range []string{"", "A1", "SWITCH", strings.Repeat("1", longestSerial+1)} {
		if got := serialVariants(typed); got != nil {
			t.Errorf("%q has %d variants", typed, len(got))
		}
	}
	const bounded = 3000 // look-ups at most, for the longest serial
	if n := len(serialVariants(strings.Repeat("A1", longestSerial/2))); n > bounded {
		t.Errorf("%d variants", n)
	}
}

func TestMend(t *testing.T) {
	t.Parallel()
	terms := sampleTerms(t)
	for text, want := range map[string]string{
		"ROTEADRO":       "ROTEADOR",
		"SWICH CISCO":    "SWITCH CISCO",
		"CABO":           "",
		"XYZW":           "",
		"R2D2":           "",
		"ABC":            "",
		"SWITHC ROTEDOR": "SWITCH ROTEADOR",
	} {
		got, mended := terms.mend(text)
		if mended != (want != "") || mended && got != want {
			t.Errorf("%s is mended to %q (%v), want %q", text, got, mended, want)
		}
	}
}

func TestSlips(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want int
	}{{"ABC", "ABC", 0}, {"ABC", "ABD", 1}, {"ABC", "AC", 1}, {"ABC", "ABCD", 1}, {"ABC", "ACB", 1}, {"ABCD", "BADC", 2}, {"", "AB", 2}, {"ABCDEF", "XYZ", 3}} {
		if got := slips(c.a, c.b, 3); got != c.want {
			t.Errorf("slips(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
	if long := strings.Repeat("A", 65); slips(long, long, 2) != 2 {
		t.Error("a code of 65 characters was compared")
	}
}

func TestHasTrigram(t *testing.T) {
	t.Parallel()
	for piece, want := range map[string]bool{"ABC": true, "AB": false, "A-B": true, "---": false, "%%%": false, "-A": true, "A-": false, "AB-": true, "ÇÃO": false, "ÇA": false, "A-ÇB": false, "Ç-A": true} {
		if got := hasTrigram(piece); got != want {
			t.Errorf("hasTrigram(%q) = %v", piece, got)
		}
	}
}

func FuzzWindow(f *testing.F) {
	for _, s := range []string{"FCW2140L0GH", "AB1000000", "------A--", "ÇÇÇÇÇÇÇÇ", "A", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, key string) {
		w := window(key)
		if !strings.Contains(key, w) || key != "" && w == "" {
			t.Errorf("%q is no piece of %q", w, key)
		}
		if utf8.ValidString(key) && (!utf8.ValidString(w) || hasTrigram(key) && len(key) < 6 && !hasTrigram(w)) {
			t.Errorf("%q cannot be looked for", w)
		}
	})
}

func BenchmarkFindParts(b *testing.B) {
	c := newCatalog()
	for i := range 10_000 {
		c.partByKey[stock.PartKey(i+1)] = &stock.Part{Key: stock.PartKey(i + 1), Number: fmt.Sprintf("PN-%05d", i),
			Description: []string{"Switch gerenciável", "Roteador industrial", "Notebook"}[i%3] + fmt.Sprintf(" modelo %d", i)}
	}
	t := newTerms(c, nil)
	for _, text := range []string{"NADA", "SWITCH", "PN-00"} {
		b.Run(text, func(b *testing.B) {
			for b.Loop() {
				t.findParts(text, stock.SearchAll)
			}
		})
	}
}
