package stock

import (
	"strings"
	"testing"
	"time"
)

func TestWhatWasProvedInOneSentence(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		v      Verification
		pt, en string
	}{
		"signed":   {Verification{Events: 18, Balances: 2, Blocks: 6, CheckpointAt: now.Add(-90 * time.Second)}, "assinados fora do banco pela última vez há 1m30s.", "last signed outside the database 1m30s ago."},
		"ahead":    {Verification{CheckpointAt: now.Add(time.Hour)}, "há 0s.", " 0s ago."},
		"unsigned": {Verification{Events: 18}, "nenhum foi assinado fora do banco.", "18 events replayed from zero"},
		"wrong":    {Verification{Findings: []Finding{{Message: "A linha 4.", MessageEN: "Row 4."}}}, "1 coisa(s) errada(s); a primeira é: A linha 4.", "the first is: Row 4."},
	} {
		if pt, en := tc.v.Sentence(now); !strings.Contains(pt, tc.pt) || !strings.Contains(en, tc.en) {
			t.Errorf("%s: %q, %q", name, pt, en)
		}
	}
	two := []Finding{{}, {}}
	for _, tc := range []struct {
		v    Verification
		want bool
	}{{Verification{}, false}, {Verification{Findings: two}, false}, {Verification{Findings: two, Setbacks: make([]Setback, 1)}, false}, {Verification{Findings: two, Setbacks: make([]Setback, 2)}, true}} {
		if tc.v.OnlySetBack() != tc.want {
			t.Errorf("%+v", tc.v)
		}
	}
}
