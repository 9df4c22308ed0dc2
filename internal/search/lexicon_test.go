package search

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func lexiconOf(t *testing.T, text string) *Lexicon {
	t.Helper()
	lexicon, err := ParseLexicon(text)
	if err != nil {
		t.Fatal(err)
	}
	return lexicon
}

func conceptsOf(lexicon *Lexicon, text string) []string {
	return lexicon.concepts(analyzer{}.analyze(text).words)
}

func TestLexiconConcepts(t *testing.T) {
	t.Parallel()
	lexicon := lexiconOf(t, "// places\nwhere: onde | em que lugar | where\npassed: por onde ~ passou\n\nsystem: mb52\n")
	for text, want := range map[string][]string{
		"Onde está?":                      {"@where"},
		"Em que lugar ficou":              {"@where"},
		"em qual lugar":                   nil,
		"por onde esse rádio já passou":   {"@passed"},
		"por onde passaram e onde estão?": {"@where", "@passed"},
		"por onde a b c d passou":         {"@where"},
		"compare este MB52":               {"@system"},
		"where where":                     {"@where"},
		"nada":                            nil,
	} {
		if diff := cmp.Diff(want, conceptsOf(lexicon, text)); diff != "" {
			t.Errorf("concepts of %q (-want +got):\n%s", text, diff)
		}
	}
}

func TestParseLexiconRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"no colon", ": x", "two words: x", "a: ", "a: x | | y", "a: ~ x", "a: x ~", "a: 1 2 3 4 5 6 7 8 9"} {
		if _, err := ParseLexicon("ok: fine\n" + text); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("ParseLexicon(%q) = %v, want an error that names line 2", text, err)
		}
	}
}

func TestWarehouseLexicon(t *testing.T) {
	t.Parallel()
	lexicon, err := Warehouse()
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"cadê o notebook": "@where", "sumiu um rádio": "@lost", "os números batem": "@compare", "who touched it": "@touched", "espera meu aval": "@approval",
	} {
		if got := strings.Join(conceptsOf(lexicon, text), " "); !strings.Contains(got, want) {
			t.Errorf("concepts of %q are %q, want %s among them", text, got, want)
		}
	}
	if strings.Contains(warehouseLexicon, "sga_") {
		t.Error("the lexicon names an operation: it says what words mean, not what they are for")
	}
}

func FuzzParseLexicon(f *testing.F) {
	f.Add("where: onde | em que ~ lugar")
	f.Add("a:~")
	f.Fuzz(func(t *testing.T, text string) {
		lexicon, err := ParseLexicon(text)
		if err == nil {
			conceptsOf(lexicon, text)
		}
	})
}
