package approval

import (
	"testing"

	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
	"github.com/govalues/decimal"
)

func q(s string) *stock.Quantity { d := decimal.MustParse(s); return &d }

func yes(b bool) *bool { return &b }

// Every condition of a rule narrows it; the empty one matches anything.
func TestRuleConditions(t *testing.T) {
	t.Parallel()
	base := Facts{Operation: "sga_create_movement", MovementType: stock.Saida, ReasonCode: stock.ReasonLost, ActorKind: identity.Agent,
		Projects: []string{"P1"}, Locations: []string{"CD", "RJ"}, Restricted: true, HasTicket: true, Quantity: stock.Whole(10), Value: q("500"), Confidence: q("0.8")}
	tests := []struct {
		name string
		rule Rule
		want bool
	}{
		{"anything", Rule{}, true},
		{"type", Rule{MovementTypes: []string{"SAIDA"}}, true},
		{"other type", Rule{MovementTypes: []string{"ENTRADA"}}, false},
		{"operation", Rule{Operations: []string{"sga_reverse_movement"}}, false},
		{"kind", Rule{ActorKinds: []string{"person"}}, false},
		{"reason", Rule{ReasonCodes: []string{"EXTRAVIO"}}, true},
		{"one of its places", Rule{Locations: []string{"RJ"}}, true},
		{"none of its places", Rule{Locations: []string{"SP"}}, false},
		{"project", Rule{Projects: []string{"P2"}}, false},
		{"restricted", Rule{Restricted: yes(true)}, true},
		{"not restricted", Rule{Restricted: yes(false)}, false},
		{"closed", Rule{ClosedPeriod: yes(true)}, false},
		{"master data", Rule{MasterData: yes(true)}, false},
		{"by admin", Rule{ByAdmin: yes(true)}, false},
		{"evidence", Rule{HasEvidence: yes(true)}, false},
		{"ticket", Rule{HasTicket: yes(true)}, true},
		{"value above", Rule{MinValue: q("499")}, true},
		{"value at the limit is not above it", Rule{MinValue: q("500")}, false},
		{"quantity from", Rule{MinQuantity: q("10")}, true},
		{"quantity below", Rule{MinQuantity: q("10.5")}, false},
		{"confidence from", Rule{MinConfidence: q("0.80")}, true},
		{"confidence below", Rule{MaxConfidence: q("0.80")}, false},
	}
	for _, tc := range tests {
		tc.rule.Action = Execute
		p := Policy{Rules: []Rule{tc.rule}}
		if got := p.Judge(base).Action == Execute; got != tc.want {
			t.Errorf("%s: matched %v, want %v", tc.name, got, tc.want)
		}
	}
}

func TestUnknownFiguresMatchNoLimit(t *testing.T) {
	t.Parallel()
	for _, r := range []Rule{{MinValue: q("1")}, {MinConfidence: q("0")}, {MaxConfidence: q("1")}} {
		if r.matches(Facts{}) {
			t.Errorf("%+v matches although nothing is known", r)
		}
	}
}

func TestTheFirstRuleDecidesAndSilenceWaits(t *testing.T) {
	t.Parallel()
	p := Policy{Rules: []Rule{{Name: "a", MovementTypes: []string{"SAIDA"}, Action: Wait}, {Name: "b", Action: Execute}}}
	if got := p.Judge(Facts{MovementType: stock.Saida}); got.Name != "a" {
		t.Errorf("got %s", got.Name)
	}
	if got := p.Judge(Facts{MovementType: stock.Entrada}); got.Name != "b" {
		t.Errorf("got %s", got.Name)
	}
	if got := (&Policy{}).Judge(Facts{}); got.Action != Wait || got.Reason == "" || got.ReasonEN == "" {
		t.Errorf("no rule must wait: %+v", got)
	}
}

func TestVocabularies(t *testing.T) {
	t.Parallel()
	if len(TaskTypes()) != 10 || len(TaskStatuses()) != 6 || len(Priorities()) != 4 {
		t.Error("the vocabularies of the contract")
	}
	if Priorities()[0] != Low || Priorities()[3] != Urgent {
		t.Error("priorities go from low to urgent")
	}
}
