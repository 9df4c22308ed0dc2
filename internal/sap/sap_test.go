package sap_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/sap"
	"github.com/faiston/nexo/internal/sheet"
	gocmp "github.com/google/go-cmp/cmp"
)

func text(t *testing.T, s string) *sheet.Table {
	t.Helper()
	src, err := sheet.Open(strings.NewReader(s), int64(len(s)), "x.txt")
	if err != nil {
		t.Fatal(err)
	}
	tab, err := sheet.NewTable(src)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

func TestRecognise(t *testing.T) {
	t.Parallel()
	tests := []struct {
		header string
		want   sap.Report
	}{
		{"Depósito;Centro;Material;Utilização livre", sap.MB52},
		{"MATERIAL;CEN.;DEP.;UTILIZ.LIVRE", sap.MB52},
		{"Material;Plant;Storage location;Unrestricted", sap.MB52},
		{"Material;Plnt;SLoc;Unrestricted", sap.MB52},
		{"Material;Centro;Almacén;Libre utilización", sap.MB52},
		{"Material;Centro;Depósito;Tipo de movimento;Documento material", sap.MB51},
		{"Material;Plnt;SLoc;MvT;Mat. Doc.;Quantity", sap.MB51},
		{"Material;Centro;Almacén;Clase de movimiento;Documento material", sap.MB51},
		{"Storage Type;Storage Bin;Material;Total Stock", sap.LX03},
		{"Tipo almacén;Ubicación;Material", sap.LX03},
		{"Serial number;Material;Equipment;Plant", sap.IQ09},
		{"Número de serie;Material;Equipo", sap.IQ09},
		{"part_number;location;quantity", ""},
	}
	for _, tt := range tests {
		n := strings.Count(tt.header, ";")
		got, ok := sap.Recognise(text(t, tt.header+"\n"+strings.Repeat("1;", n)+"2\n"))
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("%s: %q, %v, want %q", tt.header, got, ok, tt.want)
		}
	}
}

// TestSamplesByName: every SAP sample is known, and what is no stock list is refused by its name.
func TestSamplesByName(t *testing.T) {
	t.Parallel()
	dir := samples(t)
	for file, want := range map[string]sap.Report{
		"MB52_ptBR.xlsx": sap.MB52, "MB52_ptBR_nao_convertido.txt": sap.MB52, "MB52_en_spreadsheet.xls": sap.MB52,
		"MB51_ptBR.xlsx": sap.MB51, "MB51_ptBR_nao_convertido.txt": sap.MB51, "LX03_ptBR_nao_convertido.txt": sap.LX03,
		"IQ09_ptBR.xlsx": sap.IQ09, "MMBE_ptBR.txt": sap.MMBE, "SGA_lado_nosso.csv": "",
	} {
		tab := table(t, filepath.Join(dir, file))
		if got, _ := sap.Recognise(tab); got != want {
			t.Errorf("%s: %q, want %q", file, got, want)
		}
		_, err := sap.NewStock(tab)
		if (err == nil) != (want == sap.MB52) {
			t.Errorf("%s: error = %v", file, err)
		}
		if err != nil && (fault.CodeOf(err) != fault.InvalidArgument || !strings.Contains(fault.Of(err).Message, string(want)) || !strings.Contains(fault.Of(err).Message, "MB52")) {
			t.Errorf("%s: error = %v, want one that names %q and what to export", file, err, want)
		}
	}
}

func show(t *testing.T, s *sap.Stock) []string {
	t.Helper()
	var out []string
	for row, err := range s.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%d %s %s-%s %s=%s", row.Number, row.Material, row.Plant, row.Storage, row.Batch, row.Quantity.Trim(0)))
	}
	return out
}

func TestMB52(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		want     []string
		hidden   int
		totals   int
	}{
		{"free, quality and blocked add up; transit, returns and restricted do not",
			"Material;Centro;Depósito;Lote;Utilização livre;Controle qualidade;Bloqueado;Trânsito e TE;Devoluções\n" +
				"000000000004096861;BR01;0001;L1;1.250,000;3,000;2,000;500,000;9,000\n", []string{"2 4096861 BR01-0001 L1=1255"}, 0, 0},
		{"in English, in another order", "SLoc\tPlnt\tMaterial\tBlocked\tUnrestricted\tIn Quality Insp.\n0002\tBR01\tAB-1\t1.000\t1,250.500\t0.000\n",
			[]string{"2 AB-1 BR01-0002 =1251.5"}, 0, 0},
		{"in Spanish, with a minus behind", "Material;Centro;Almacén;Libre utilización;Inspecc.de calidad;Bloqueado\n7;C1;A1;10,000-;0,000;1,000\n",
			[]string{"2 7 C1-A1 =-9"}, 0, 0},
		{"columns that the layout hides", "Material;Centro;Depósito;Utilização livre\n7;C1;0001;10\n", []string{"2 7 C1-0001 =10"}, 2, 0},
		{"subtotals and blanks", "Material;Centro;Depósito;Utilização livre;Controle qualidade;Bloqueado\n7;C1;0001;10;;\n*;C1;;10;;\n;;;10;;\n**;;;10;0;0\n",
			[]string{"2 7 C1-0001 =10"}, 0, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, err := sap.NewStock(text(t, tt.in))
			if err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(tt.want, show(t, s)); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			if len(s.Hidden) != tt.hidden || s.Totals != tt.totals {
				t.Errorf("hidden %v, totals %d, want %d and %d", s.Hidden, s.Totals, tt.hidden, tt.totals)
			}
		})
	}
}

func TestMB52Refuses(t *testing.T) {
	t.Parallel()
	if _, err := sap.NewStock(text(t, "Material;Centro;Utilização livre\n7;C1;10\n")); fault.CodeOf(err) != fault.InvalidArgument || !strings.Contains(err.Error(), "storage location") {
		t.Errorf("without storage location: error = %v", err)
	}
	s, err := sap.NewStock(text(t, "Material;Centro;Depósito;Utilização livre\n7;C1;0001;dez\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range s.List().Rows {
		if fault.CodeOf(err) != fault.InvalidArgument || !strings.Contains(err.Error(), "dez") {
			t.Errorf("a text for a quantity: error = %v", err)
		}
	}
}

func TestAppendLocation(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ plant, storage, want string }{
		{"BR01", "0001", "BR01-0001"}, {"BR01", "1", "BR01-0001"}, {"BR01", "MANU", "BR01-MANU"}, {"BR01", "A1", "BR01-A1"}, {"BR01", "", "BR01"},
	} {
		if got := sap.AppendLocation([]byte("x"), []byte(tt.plant), []byte(tt.storage)); !bytes.Equal(got, []byte("x"+tt.want)) {
			t.Errorf("%s, %s: %s, want x%s", tt.plant, tt.storage, got, tt.want)
		}
	}
}

// FuzzStock: any text is read as MB52 or refused with a clear fault.
func FuzzStock(f *testing.F) {
	f.Add("7;C1;0001;L;1.250,000-;0,000;1,000")
	f.Add("*;;;;;;\n;;;;1;;")
	f.Add("7;\"C1;0001;L;1,5;1.5;x")
	f.Fuzz(func(t *testing.T, rows string) {
		in := "Material;Centro;Depósito;Lote;Utilização livre;Controle qualidade;Bloqueado\n" + rows
		src, err := sheet.Open(strings.NewReader(in), int64(len(in)), "x")
		if err != nil {
			return
		}
		tab, err := sheet.NewTable(src)
		if err != nil {
			return
		}
		s, err := sap.NewStock(tab)
		if err == nil {
			for _, err = range s.List().Rows {
				if err != nil {
					break
				}
			}
		}
		if err != nil && fault.CodeOf(err) != fault.InvalidArgument {
			t.Fatalf("error = %v, want invalid_argument", err)
		}
	})
}
