package stock

import (
	"strings"
	"testing"
	"testing/quick"
)

func TestFold(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"":                      "",
		"CD-01":                 "CD-01",
		"  depósito   central":  "DEPOSITO CENTRAL",
		"EXPEDIÇÃO":             "EXPEDICAO",
		"expedic\u0327a\u0303o": "EXPEDICAO", // decomposed
		"São João\tdel-Rei":     "SAO JOAO DEL-REI",
		"ñandú":                 "NANDU",
		"日本":                    "日本",
	}
	for in, want := range tests {
		if got := Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
	stable := func(s string) bool { return Fold(Fold(s)) == Fold(s) }
	if err := quick.Check(stable, nil); err != nil {
		t.Error(err)
	}
}

func TestSerialKey(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"foc2236x0ab", " FOC 2236 X0AB", "Foc2236x0áb"} {
		if got := SerialKey(s); got != "FOC2236X0AB" {
			t.Errorf("%q: %q", s, got)
		}
	}
}

func TestParseAcceptsAccentsAndAliases(t *testing.T) {
	t.Parallel()
	movement := map[string]MovementType{"EXPEDIÇÃO": Expedicao, "saída": Saida, " Entrada ": Entrada, "ajuste_positivo": AjustePositivo}
	for in, want := range movement {
		if got, err := Parse(MovementTypes(), in, "movement_type"); err != nil || got != want {
			t.Errorf("%q: %s, %v", in, got, err)
		}
	}
	status := map[string]AssetStatus{"INSTALLED": InUse, "DEFECTIVE": Bad, "disposed": Disposal, "IN_USE": InUse}
	for in, want := range status {
		if got, err := Parse(AssetStatuses(), in, "status"); err != nil || got != want {
			t.Errorf("%q: %s, %v", in, got, err)
		}
	}
	if got, err := Parse(Conditions(), "defective", "condition"); err != nil || got != Defective {
		t.Errorf("%s, %v", got, err)
	}
	for _, in := range []string{"", "ENTRY", "ENTRADA;DROP", strings.Repeat("X", 1000)} {
		_, err := Parse(MovementTypes(), in, "movement_type")
		if refusal(err) != "invalid_argument movement_type" || len(err.Error()) > 300 {
			t.Errorf("%.20q: %v", in, err)
		}
	}
}

func TestCleanSerials(t *testing.T) {
	t.Parallel()
	part := &Part{Key: router, Serialized: true}
	keys, err := CleanSerials(part, []string{"b 2", "a1"})
	if err != nil || len(keys) != 2 || keys[0] != (AssetKey{router, "B2"}) {
		t.Errorf("got %v, %v", keys, err)
	}
	for _, bad := range [][]string{{""}, {"  "}, {"a\x00b"}, {strings.Repeat("9", 101)}, {"a1", "A 1"}} {
		if _, err := CleanSerials(part, bad); refusal(err) != "invalid_argument serial_numbers" {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	d, err := ParseDate("2026-02-28", "f")
	if err != nil || d.AddDays(1).String() != "2026-03-01" || !d.Before(d.AddDays(1)) || d.Before(d) {
		t.Errorf("%v %v", d, err)
	}
	for _, bad := range []string{"2026-02-30", "28/02/2026", "2026-2-8", "", "0001-01-01", "9999-12-31"} {
		if _, err := ParseDate(bad, "f"); refusal(err) != "invalid_argument f" {
			t.Errorf("%q: %v", bad, err)
		}
	}
	var back Date
	text, _ := d.MarshalText()
	if err := back.UnmarshalText(text); err != nil || back != d {
		t.Errorf("%v %v", back, err)
	}
	if err := back.UnmarshalText(nil); err != nil || !back.IsZero() || back.String() != "" {
		t.Errorf("%v %v", back, err)
	}
}

func TestScope(t *testing.T) {
	t.Parallel()
	s := Scope{Projects: []ProjectKey{itau}, Locations: []LocationKey{cd}}
	if !s.SeesProject(itau) || s.SeesProject(general) || !s.SeesLocation(cd) || s.SeesLocation(shop) || !s.SeesLocation(TransitKey) || !s.SeesLocation(OutsideKey) {
		t.Error("a scope sees what it names, the road and the outside")
	}
	if (Scope{}).SeesProject(general) || !Unlimited().SeesLocation(shop) || !Unlimited().SeesProject(general) {
		t.Error("the zero scope sees nothing, the unlimited one everything")
	}
	if !(Moment{}).IsNow() || (Moment{AsOf: Date{2026, 1, 1}}).IsNow() {
		t.Error("the zero moment is now")
	}
}
