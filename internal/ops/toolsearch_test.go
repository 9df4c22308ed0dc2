package ops

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/faiston/nexo/internal/search"
	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
)

// asked is one question with the tool that answers it. Kind is "hard" where it shares no
// telling word with the tool's text, "other" where the tool is not one of the eleven.
type asked struct {
	ID    string `json:"id"`
	Lang  string `json:"lang"`
	Kind  string `json:"kind"`
	Query string `json:"query"`
	Tool  string `json:"tool"`
}

// tally counts the questions of one set, the right tool first and among the first three, and
// the wrong answers of which the finder said that it was unsure.
type tally struct{ n, first, three, ambiguous, wrongAmbiguous int }

func (c tally) percent(part int) float64 { return 100 * float64(part) / float64(c.n) }

// TestToolSearch measures. "dev" was tuned on. "heldout" is the other half of what was written
// at the same time: never tuned on, but by the author of the lexicon, who had written it.
// "final" was written after everything was fixed and is the fairest figure for questions
// nobody has seen; nothing may be tuned on it: move it into dev and write another one.
func TestToolSearch(t *testing.T) {
	t.Parallel()
	type bar struct{ first, three float64 }
	bars := map[string]bar{ // over the eleven; the acceptance bar is 90 and 98
		"public/plain": {90, 98}, "dev/plain": {95, 98}, "dev/hard": {80, 92},
		"heldout/plain": {90, 98}, "heldout/hard": {80, 90}, "final/plain": {90, 98}, "final/hard": {40, 65},
	}
	for _, set := range []string{"public", "dev", "heldout", "final"} {
		t.Run(set, func(t *testing.T) {
			t.Parallel()
			questions := questionsOf(t, set)
			for _, kind := range []string{"plain", "hard", "other"} {
				eleven := measure(t, NewFinder(toolSearchDocs()[:theEleven]), questions, kind, kind == "other")
				all := measure(t, NewFinder(toolSearchDocs()), questions, kind, false)
				for scope, c := range map[string]tally{"eleven": eleven, "all": all} {
					if c.n == 0 {
						continue
					}
					t.Logf("%-7s %-6s %-5s n=%3d first %5.1f %% three %5.1f %% unsure %2d, of %2d wrong %2d", set, scope, kind,
						c.n, c.percent(c.first), c.percent(c.three), c.ambiguous, c.n-c.first, c.wrongAmbiguous)
				}
				want, ok := bars[set+"/"+kind]
				if ok && (eleven.percent(eleven.first) < want.first || eleven.percent(eleven.three) < want.three) {
					t.Errorf("%s %s over the eleven: first %.1f %%, want %.0f; three %.1f %%, want %.0f", set, kind,
						eleven.percent(eleven.first), want.first, eleven.percent(eleven.three), want.three)
				}
				if all.n > 0 && kind != "hard" && all.percent(all.three) < 95 {
					t.Errorf("%s %s over all: three %.1f %%, want 95", set, kind, all.percent(all.three))
				}
			}
		})
	}
}

// measure counts the questions of a kind; plain is everything that is not hard or other.
func measure(t *testing.T, finder Finder, questions []asked, kind string, none bool) tally {
	t.Helper()
	var c tally
	for _, q := range questions {
		plain := q.Kind != "hard" && q.Kind != "other"
		if none || (kind == "plain") != plain || (!plain && q.Kind != kind) {
			continue
		}
		matches, ambiguous, err := finder.Find(t.Context(), q.Query, 3)
		if err != nil {
			t.Fatal(err)
		}
		rank := slices.IndexFunc(matches, func(m Match) bool { return m.Name == q.Tool })
		c.n++
		if rank == 0 {
			c.first++
		} else if ambiguous {
			c.wrongAmbiguous++
		}
		if rank >= 0 {
			c.three++
		}
		if ambiguous {
			c.ambiguous++
		}
	}
	return c
}

// TestToolSearchTextsDoNotHoldTheAnswers keeps the measurement honest.
func TestToolSearchTextsDoNotHoldTheAnswers(t *testing.T) {
	t.Parallel()
	inTexts := map[string]string{}
	for _, row := range textTable() {
		for _, text := range slices.Concat(row.text().Questions, row.text().Keywords) {
			inTexts[search.Fold(text)] = row.name
		}
	}
	for _, set := range []string{"dev", "heldout", "final", "public"} {
		for _, q := range questionsOf(t, set) {
			if name, ok := inTexts[search.Fold(q.Query)]; ok && len(q.Query) > 24 {
				t.Errorf("%s %s %q is copied into the text of %s", set, q.ID, q.Query, name)
			}
		}
	}
}

func TestFinderAlwaysAnswers(t *testing.T) {
	t.Parallel()
	finder := NewFinder(toolSearchDocs())
	for _, query := range []string{"xyzzy", "?", "  ", "de a o", "💥", string(make([]byte, 5000))} {
		matches, ambiguous, err := finder.Find(t.Context(), query, 20)
		if err != nil || len(matches) != 20 || !ambiguous {
			t.Errorf("Find(%.20q) = %d matches, ambiguous %v, %v; want 20, true", query, len(matches), ambiguous, err)
		}
	}
	if matches, _, _ := finder.Find(t.Context(), "saldo", 0); len(matches) != 0 {
		t.Errorf("limit 0 gave %v", matches)
	}
}

func TestFinderSaysThatNamesAreRepeated(t *testing.T) {
	t.Parallel()
	if _, _, err := NewFinder([]ToolDoc{{Name: "a"}, {Name: "a"}}).Find(t.Context(), "x", 1); err == nil {
		t.Error("two operations of one name were accepted")
	}
}

// fixedRanker answers always the same, as a remote model would for one query.
type fixedRanker struct {
	hits []search.Hit
	err  error
}

func (f fixedRanker) Rank(context.Context, string) ([]search.Hit, error) { return f.hits, f.err }

func TestFinderFusesAnotherRanker(t *testing.T) {
	t.Parallel()
	const query = "Quantas unidades do ISR4331 ainda temos livres?"
	tests := []struct {
		name      string
		other     search.Ranker
		first     string
		ambiguous bool
	}{
		{"agrees", fixedRanker{hits: []search.Hit{{ID: "sga_get_balance", Score: 0.9}}}, "sga_get_balance", false},
		{"disagrees", fixedRanker{hits: []search.Hit{{ID: "sga_verify_ledger", Score: 0.9}, {ID: "sga_get_balance", Score: 0.8}}}, "sga_get_balance", true},
		{"names an operation that is gone", fixedRanker{hits: []search.Hit{{ID: "sga_get_balance"}, {ID: "sga_gone"}}}, "sga_get_balance", false},
		{"is down", fixedRanker{err: errors.New("no network")}, "sga_get_balance", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			matches, ambiguous, err := NewFinder(toolSearchDocs(), test.other).Find(t.Context(), query, 100)
			if err != nil || len(matches) != len(toolSearchDocs()) {
				t.Fatalf("%d matches, %v", len(matches), err)
			}
			if matches[0].Name != test.first || ambiguous != test.ambiguous {
				t.Errorf("first %s, ambiguous %v", matches[0].Name, ambiguous)
			}
		})
	}
}

func TestOwnSentences(t *testing.T) {
	t.Parallel()
	got := ownSentences("Lists the stock. For one part use sga_get_balance; see also. Pages are small.")
	if diff := cmp.Diff("Lists the stock. Pages are small.", got); diff != "" {
		t.Error(diff)
	}
}

// BenchmarkToolSearch: at most 1 ms a query with 60 tools is the bar.
func BenchmarkToolSearch(b *testing.B) {
	docs := toolSearchDocs()
	for i := len(docs); i < 60; i++ {
		docs = append(docs, ToolDoc{Name: fmt.Sprint("sga_more_", i), Text: docs[i-theEleven].Text})
	}
	finder := NewFinder(docs)
	for name, query := range map[string]string{
		"short":    "onde está o serial FOC2236X0AB?",
		"long":     "Bom dia, para a reunião de amanhã eu precisava da lista de todos os itens do projeto NTT que estão no depósito, separados por status",
		"mistyped": "qauis equipametos estao disponivies no deposto e quantso sobraramm em recfe",
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, _, err := finder.Find(b.Context(), query, 20); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func toolSearchDocs() []ToolDoc {
	var docs []ToolDoc
	for _, row := range textTable() {
		docs = append(docs, ToolDoc{Name: row.name, Text: row.text()})
	}
	return docs
}

func questionsOf(t *testing.T, set string) []asked {
	t.Helper()
	path := filepath.Join("testdata", "toolsearch-"+set+".jsonl")
	if set == "public" {
		samples := os.Getenv("NEXO_SAMPLES")
		if samples == "" {
			t.Skip("NEXO_SAMPLES is not set: the public questions were not measured")
		}
		path = filepath.Join(samples, "eval", "toolsearch-public.jsonl")
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var questions []asked
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var q asked
		if err := json.Unmarshal(lines.Bytes(), &q, json.RejectUnknownMembers(true)); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		questions = append(questions, q)
	}
	return questions
}
