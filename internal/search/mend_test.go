package search

import "testing"

func TestDistance(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b  string
		limit int
		want  int
	}{
		{"saldo", "saldo", 2, 0}, {"saudo", "saldo", 2, 1}, {"sadlo", "saldo", 2, 1},
		{"equipameto", "equipamento", 2, 1}, {"abc", "xyz", 1, 2}, {"abcdef", "uvwxyz", 2, 3}, {"saldos", "saldo", 1, 1},
	} {
		if got := distance(test.a, test.b, test.limit); got != test.want {
			t.Errorf("distance(%q, %q, %d) = %d, want %d", test.a, test.b, test.limit, got, test.want)
		}
	}
}

func TestMend(t *testing.T) {
	t.Parallel()
	var words []word
	for _, known := range []string{"saldo", "saida", "equipamento", "movimentacao", "manual"} {
		words = append(words, stemmed(known))
	}
	s := newSpeller(words)
	for given, want := range map[string]string{
		"saudo": "saldo", "equipameto": "equipamento", "eqiupamneto": "equipamento", "movimetacao": "movimentacao",
		"saldo": "saldo", "saldos": "saldos", "xyz": "xyz", "quarentena": "quarentena", "sa": "sa",
	} {
		got, guessed := s.mend(stemmed(given))
		if got.text != want || guessed != (given != want) {
			t.Errorf("mend(%q) = %q, %v; want %q", given, got.text, guessed, want)
		}
	}
}
