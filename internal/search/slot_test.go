package search

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMarkers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"Onde está o equipamento de série FOC2236X0AB?": {markSerial, markAsk},
		"histórico SN 8XK22":                            {markSerial},
		"serial number 9FTX220":                         {markSerial},
		"saldo de C9200L-24P-4G":                        {markPart},
		"preço do ISR4331":                              {markPart},
		"patrimônio PAT-00981":                          {markTag},
		"material 100234":                               {markNumber},
		"chamado 45821":                                 {markTicket},
		"saídas de 01/05/2026":                          {markDate},
		"estoque em 2026-03-31":                         {markDate},
		"o que entrou ontem":                            {markDate, markAsk},
		"tipo de serial_number":                         {markIdentifier},
		"transfira 2 racks":                             {markQuantity, markOrder},
		"chegaram três rádios":                          {markQuantity, markOrder},
		"quantos temos de 3 metros":                     {markQuantity, markAsk},
		"Can you move it to Recife?":                    nil,
		"Is it in stock":                                {markAsk},
		"":                                              nil,
	} {
		var got []string
		for _, token := range tokens(text) {
			if token.marker != "" {
				got = append(got, token.marker)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("markers of %q (-want +got):\n%s", text, diff)
		}
	}
}

func TestIdentifiersAreAlsoWords(t *testing.T) {
	t.Parallel()
	var texts []string
	for _, token := range tokens("movement_type") {
		texts = append(texts, token.text)
	}
	if !slices.Equal(texts, []string{"movement_type", "movement", "type"}) {
		t.Errorf("tokens of movement_type: %q", texts)
	}
}
