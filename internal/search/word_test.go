package search

import (
	"slices"
	"testing"
)

func TestFold(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{"Saída": "saida", "AÇÃO": "acao", "ﬁo": "fio", "": "", "x１": "x1", "e\u0301": "e"} {
		if got := Fold(given); got != want {
			t.Errorf("Fold(%q) = %q, want %q", given, got, want)
		}
	}
}

func TestStemsMeetAcrossFormsAndAccents(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{
		{"movimentação", "movimentacoes"}, {"saída", "saidas"}, {"disponível", "disponiveis"}, {"histórico", "historicos"},
		{"conciliação", "conciliacao"}, {"columns", "column"}, {"shipping", "shipped"}, {"divergência", "divergencias"},
	} {
		a, b := stemmed(Fold(pair[0])), stemmed(Fold(pair[1]))
		if !a.same(b) {
			t.Errorf("%q (%q, %q) and %q (%q, %q) have no stem in common", pair[0], a.pt, a.en, pair[1], b.pt, b.en)
		}
	}
}

func TestDifferentWordsStayApart(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{{"saldo", "saida"}, {"table", "tarefa"}, {"contar", "contrato"}} {
		if stemmed(pair[0]).same(stemmed(pair[1])) {
			t.Errorf("%q and %q became one word", pair[0], pair[1])
		}
	}
}

func TestStopWordsDoNotHoldWhatAsks(t *testing.T) {
	t.Parallel()
	for _, asks := range []string{"onde", "quem", "quanto", "where", "who", "how", "why"} {
		if isStop(asks) || !isAsking(asks) && asks != "porque" {
			t.Errorf("%q must be kept: it is the shape of a question", asks)
		}
	}
	if !isStop("de") || !isStop("the") || slices.ContainsFunc([]string{"saldo", "table"}, isStop) {
		t.Error("the stop words are not those of a stop list")
	}
}
