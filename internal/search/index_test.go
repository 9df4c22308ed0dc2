package search

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func documents() []Document {
	return []Document{
		{ID: "balance", Fields: []Field{{Weight: 2, Texts: []string{"Consultar saldo"}}, {Weight: 1, Texts: []string{"Quantos temos do C9200L-24P-4G?"}, Examples: true}}},
		{ID: "transfer", Fields: []Field{{Weight: 2, Texts: []string{"Lançar transferência"}}, {Weight: 1, Texts: []string{"Transfira 3 rádios para Recife", "Mande 2 rádios"}, Examples: true}}},
		{ID: "movements", Fields: []Field{{Weight: 2, Texts: []string{"Listar transferências"}}, {Weight: 1, Texts: []string{"Que transferências houve ontem?"}, Examples: true}}},
		{ID: "locate", Fields: []Field{{Weight: 2, Texts: []string{"Localizar equipamento"}}, {Weight: 1, Texts: []string{"Onde está o serial FCW2140L0GH?"}, Examples: true}}},
	}
}

func indexOf(t testing.TB) *Index {
	t.Helper()
	lexicon, err := Warehouse()
	if err != nil {
		t.Fatal(err)
	}
	index, err := Build(documents(), Options{Lexicon: lexicon})
	if err != nil {
		t.Fatal(err)
	}
	return index
}

func TestSearch(t *testing.T) {
	t.Parallel()
	index := indexOf(t)
	for query, want := range map[string]string{
		"SALDO":                          "balance",
		"qual o saudo":                   "balance",
		"how many are left":              "balance",
		"cadê o rádio FOC2236X0AB":       "locate",
		"where is serial X9":             "locate",
		"transfira 9 rádios":             "transfer",
		"quais transferências de março?": "movements",
		"transferencias de ontem":        "movements",
		"por gentileza, localise o item": "locate",
	} {
		result := index.Search(query, 10)
		if len(result.Hits) == 0 || result.Hits[0].ID != want {
			t.Errorf("Search(%q) = %v, want %s first", query, result.Hits, want)
			continue
		}
		for _, hit := range result.Hits {
			if hit.Score <= 0 || hit.Score > 1 {
				t.Errorf("Search(%q): score of %s is %v", query, hit.ID, hit.Score)
			}
		}
	}
}

func TestSearchBounds(t *testing.T) {
	t.Parallel()
	index := indexOf(t)
	if result := index.Search("transferência", 1); len(result.Hits) != 1 || result.Margin >= 1 {
		t.Errorf("limit 1 gave %+v; the margin is measured before the cut", result)
	}
	for _, query := range []string{"", "   ", "???", "de a o"} {
		if result := index.Search(query, 5); result.Margin != 0 && len(result.Hits) == 0 {
			t.Errorf("Search(%q) = %+v", query, result)
		}
	}
	if got := index.Search(strings.Repeat("ã", maxQuery)+" saldo", -1); len(got.Hits) != 0 {
		t.Errorf("negative limit gave %v", got.Hits)
	}
	if got := beginning(strings.Repeat("ã", maxQuery)); len(got) > maxQuery || strings.ContainsRune(got, '�') {
		t.Errorf("a long query was cut inside a character: %d bytes", len(got))
	}
}

func TestBuildRefusesRepeatedIDs(t *testing.T) {
	t.Parallel()
	for _, given := range [][]Document{{{ID: ""}}, {{ID: "a"}, {ID: "a"}}} {
		if _, err := Build(given, Options{}); err == nil {
			t.Errorf("Build(%v) was accepted", given)
		}
	}
	if index, err := Build(nil, Options{}); err != nil || len(index.Search("x", 5).Hits) != 0 {
		t.Errorf("an empty index: %v", err)
	}
}

func TestSearchIsTheSameEachTimeAndInParallel(t *testing.T) {
	t.Parallel()
	index, other := indexOf(t), indexOf(t)
	want := index.Search("transferências de rádios para Recife", 10)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for _, x := range []*Index{index, other} {
				if diff := cmp.Diff(want, x.Search("transferências de rádios para Recife", 10)); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
	all.Wait()
}

func TestFieldWeightsDecide(t *testing.T) {
	t.Parallel()
	index, err := Build([]Document{
		{ID: "low", Fields: []Field{{Weight: 0.2, Texts: []string{"etiqueta nova"}}}},
		{ID: "high", Fields: []Field{{Weight: 2, Texts: []string{"etiqueta velha"}}}},
		{ID: "off", Fields: []Field{{Weight: 0, Texts: []string{"etiqueta"}}}},
	}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	hits, err := index.Rank(context.Background(), "etiqueta")
	if err != nil || len(hits) != 2 || hits[0].ID != "high" {
		t.Errorf("Rank = %v, %v", hits, err)
	}
}

func TestFuseAndMargin(t *testing.T) {
	t.Parallel()
	got := Fuse([]Hit{{"a", 9}, {"b", 8}}, []Hit{{"b", 0.7}, {"a", 0.6}, {"c", 0.1}}, []Hit{{"a", 3}})
	var ids []string
	for _, hit := range got {
		ids = append(ids, hit.ID)
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, ids); diff != "" {
		t.Error(diff)
	}
	if one := Fuse([]Hit{{"a", 5}}, []Hit{{"a", 1}}); one[0].Score != 1 {
		t.Errorf("first everywhere scores %v, want 1", one[0].Score)
	}
	for _, test := range []struct {
		hits []Hit
		want float64
	}{{nil, 0}, {[]Hit{{"a", 0.5}}, 1}, {[]Hit{{"a", 1}, {"b", 0.75}}, 0.25}, {[]Hit{{"a", 1}, {"b", 1}}, 0}, {[]Hit{{"a", 0}}, 0}} {
		if got := Margin(test.hits); got != test.want {
			t.Errorf("Margin(%v) = %v, want %v", test.hits, got, test.want)
		}
	}
}

func FuzzSearch(f *testing.F) {
	index := indexOf(f)
	for _, seed := range []string{"saldo", "FOC2236X0AB?", "é\xff\xfe", "a_b_c", "-_/.:", "serial", "2 racks", "ẞﬁ"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		for _, hit := range index.Search(query, 10).Hits {
			if hit.Score <= 0 || hit.Score > 1.000001 {
				t.Errorf("score %v", hit.Score)
			}
		}
	})
}
