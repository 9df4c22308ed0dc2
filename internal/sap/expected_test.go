package sap_test

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/faiston/nexo/internal/reconcile"
	"github.com/faiston/nexo/internal/sap"
	"github.com/faiston/nexo/internal/sheet"
	gocmp "github.com/google/go-cmp/cmp"
)

// samples is the folder of real files, which are not part of the repository.
func samples(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("NEXO_SAMPLES")
	if dir == "" {
		t.Skip("NEXO_SAMPLES is not set: the SAP samples are not here")
	}
	return filepath.Join(dir, "sap")
}

func table(t *testing.T, path string) *sheet.Table {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	src, err := sheet.Open(f, info.Size(), filepath.Base(path))
	if err != nil {
		t.Fatal(err)
	}
	tab, err := sheet.NewTable(src)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

// planted is a difference of the EXPECTED file.
type planted struct {
	Material, Location string
	SAP, SGA, Delta    *int64
	Type               string
}

func expected(t *testing.T, dir string) []planted {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "EXPECTED-reconcile.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Differences []struct {
			Material, Centro, Deposito, Type string
			PartNumber                       string `json:"part_number"`
			SAP                              *int64 `json:"sap_total"`
			SGA                              *int64 `json:"sga"`
			Delta                            *int64 `json:"delta_sga_minus_sap"`
		}
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	var out []planted
	for _, d := range file.Differences {
		code := cmp.Or(d.Material, d.PartNumber)
		out = append(out, planted{Material: code, Location: d.Centro + "-" + d.Deposito, SAP: d.SAP, SGA: d.SGA, Delta: d.Delta, Type: d.Type})
	}
	sortPlanted(out)
	return out
}

func sortPlanted(p []planted) {
	slices.SortFunc(p, func(a, b planted) int {
		return cmp.Or(cmp.Compare(a.Material, b.Material), cmp.Compare(a.Location, b.Location))
	})
}

func TestExpectedDifferences(t *testing.T) {
	t.Parallel()
	dir := samples(t)
	// The EXPECTED file speaks of the XLSX. The text form holds one row with another value: SFP-10G-SR at
	// BR02-0001 is 1.250,000- there, a minus behind the number, and so it must come out as a difference.
	minus, ours, delta := int64(-1250), int64(1250), int64(2500)
	extra := planted{Material: "4002223", Location: "BR02-0001", SAP: &minus, SGA: &ours, Delta: &delta, Type: "SOBRA_SGA"}
	tests := []struct {
		file    string
		extra   []planted
		summary reconcile.Summary
	}{
		{"MB52_ptBR.xlsx", nil, reconcile.Summary{Matched: 57, Different: 6, OnlyTheirs: 4, OnlyOurs: 2}},
		{"MB52_en_spreadsheet.xls", nil, reconcile.Summary{Matched: 57, Different: 6, OnlyTheirs: 4, OnlyOurs: 2}},
		{"MB52_ptBR_nao_convertido.txt", []planted{extra}, reconcile.Summary{Matched: 56, Different: 7, OnlyTheirs: 4, OnlyOurs: 2}},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			theirs, err := sap.NewStock(table(t, filepath.Join(dir, tt.file)))
			if err != nil {
				t.Fatal(err)
			}
			ours, err := sheet.NewStock(table(t, filepath.Join(dir, "SGA_lado_nosso.csv")))
			if err != nil {
				t.Fatal(err)
			}
			codes, err := ours.Codes()
			if err != nil {
				t.Fatal(err)
			}
			res, err := reconcile.Compare(t.Context(), theirs.List(), ours.List(), reconcile.Options{Codes: codes})
			if err != nil {
				t.Fatal(err)
			}
			var got []planted
			for d := range res.Differences() {
				got = append(got, asPlanted(t, d))
			}
			sortPlanted(got)
			want := append(expected(t, dir), tt.extra...)
			sortPlanted(want)
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Errorf("differences (-expected +got):\n%s", diff)
			}
			if diff := gocmp.Diff(tt.summary, res.Summary); diff != "" {
				t.Errorf("summary (-want +got):\n%s", diff)
			}
			if diff := gocmp.Diff([]string{"part_number", "location"}, res.By); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// asPlanted puts a difference in the words of the EXPECTED file, which gives no delta where SAP has no row.
func asPlanted(t *testing.T, d reconcile.Difference) planted {
	t.Helper()
	p := planted{Material: cmp.Or(d.Material, d.Part), Location: d.Location, SAP: number(t, d.Theirs), SGA: number(t, d.Ours)}
	delta, _, ok := d.Difference.Int64(0)
	if !ok {
		t.Fatalf("difference %v is not whole", d.Difference)
	}
	if p.SAP != nil {
		p.Delta = &delta
	}
	p.Type = "SOBRA_SGA"
	if delta < 0 {
		p.Type = "FALTA_SGA"
	}
	return p
}

func number(t *testing.T, a reconcile.Amount) *int64 {
	t.Helper()
	if !a.Present {
		return nil
	}
	n, _, ok := a.Value.Int64(0)
	if !ok {
		t.Fatalf("%v is not whole", a.Value)
	}
	return &n
}
