package sheet_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/reconcile"
	"github.com/faiston/nexo/internal/sheet"
	"github.com/google/go-cmp/cmp"
)

func tableOf(t testing.TB, data []byte) *sheet.Table {
	t.Helper()
	table, err := sheet.NewTable(source(t, data, "x"))
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// numbers reads the second column of a;b.
func numbers(t *testing.T, table *sheet.Table) ([]string, error) {
	t.Helper()
	var got []string
	for _, err := range table.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		d, ok, err := table.Decimal(1)
		if err != nil {
			return got, err
		}
		if !ok {
			got = append(got, "-")
			continue
		}
		got = append(got, d.String())
	}
	return got, nil
}

func TestDecimalByColumn(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, cells string // of the column, by spaces
		want        string
		warns       bool
	}{
		{"whole", "1 20 0300 -5 7-", "1 20 300 -5 -7", false},
		{"Brazilian", "1.234,56 0,5 1.234.567,8 12", "1234.56 0.5 1234567.8 12", false},
		{"English", "1,234.56 0.5 1,234,567.8 12", "1234.56 0.5 1234567.8 12", false},
		{"SAP in Portuguese", "1.250,000- 0,000 3,000", "-1250.000 0.000 3.000", false},
		{"SAP in English", "1,250.000- 0.000 3.000", "-1250.000 0.000 3.000", false},
		{"one clear cell settles the doubtful ones", "1.234 5.000 0,5", "1234 5000 0.5", false},
		{"and so in English", "1.234 5.000 0.5", "1.234 5.000 0.5", false},
		{"two points are thousands", "352.094 2.025.045", "352094 2025045", false},
		{"small whole numbers beside 1.234: thousands", "5 1.234 17", "5 1234 17", true},
		{"large whole numbers beside 1.234: decimals", "1500 1.234 20000", "1500 1.234 20000", true},
		{"three decimals everywhere: decimals", "1.000 12.500 110.000", "1.000 12.500 110.000", true},
		{"and with commas", "1,000 12,500 110,000", "1.000 12.500 110.000", true},
		{"currency, brackets and spaces", "R$_512,71 (3,5) -R$_1,50", "512.71 -3.5 -1.50", false},
		{"empty", "1,5 _ 2", "1.5 - 2", false},
		{"exact beyond floats", "900000000000000001 0,1 0,000000000000000001", "900000000000000001 0.1 0.000000000000000001", false},
		{"leading zeros beyond 19 digits", "00000000000000000000000012,5 1,25", "12.5 1.25", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			table := tableOf(t, columnFile(tt.cells))
			got, err := numbers(t, table)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("numbers (-want +got):\n%s", diff)
			}
			if warns := len(table.Warnings()) > 0; warns != tt.warns {
				t.Errorf("warnings = %+v", table.Warnings())
			}
		})
	}
}

// columnFile writes a;b with the cells, apart by spaces, as b; _ is a space.
func columnFile(cells string) []byte {
	var b strings.Builder
	b.WriteString("nome\tvalor\n")
	for c := range strings.FieldsSeq(cells) {
		fmt.Fprintf(&b, "x\t%s\n", strings.ReplaceAll(c, "_", " "))
	}
	return []byte(b.String())
}

func TestDecimalRefuses(t *testing.T) {
	t.Parallel()
	for _, cells := range []string{
		"1,5 2,5 1,234.56", "1.5 2.5 1.234,56", "1 abc", "1 2,36E+17", "0,5 1.23,4", "0,5 1.2345,6", "0,5 1,2,3",
		"1 12345678901234567890", "0,5 0,12345678901234567891", "1 --5", "1 #N/D", "1 -",
	} {
		if got, err := numbers(t, tableOf(t, columnFile(cells))); fault.CodeOf(err) != fault.InvalidArgument {
			t.Errorf("%q: numbers = %v, error = %v, want invalid_argument", cells, got, err)
		} else if f := fault.Of(err); f.Field != "valor" {
			t.Errorf("%q: field = %q, want the column", cells, f.Field)
		}
	}
}

// TestLateEvidence: whole numbers as far as is looked, then a number that settles the column, then one that
// contradicts it.
func TestLateEvidence(t *testing.T) {
	t.Parallel()
	got, err := numbers(t, tableOf(t, columnFile(strings.Repeat("7 ", 3000)+"1.234,5 2.000 1,5 1.5")))
	if fault.CodeOf(err) != fault.InvalidArgument || !strings.Contains(err.Error(), "3005") {
		t.Errorf("error = %v, want one that names row 3005", err)
	}
	if diff := cmp.Diff([]string{"1234.5", "2000", "1.5"}, got[3000:]); diff != "" {
		t.Errorf("numbers (-want +got):\n%s", diff)
	}
}

// TestFileStyle: a doubtful column is read as the clear one beside it.
func TestFileStyle(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"n\tq\tv\na\t1.000\t11,087.82\n": "1.000",
		"n\tq\tv\na\t1.000\t11.087,82\n": "1000",
	} {
		if got, err := numbers(t, tableOf(t, []byte(in))); err != nil || got[0] != want {
			t.Errorf("%q: %v, %v, want %s", in, got, err, want)
		}
	}
}

func TestHeader(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		want     []string
		rows     string
	}{
		{"first row", "a;b\n1;2\n", []string{"a", "b"}, "[2]"},
		{"under a title", "RELATÓRIO;;\nEmissão: 19/11/2026;;\n;;\nCód.;Nome;Qtd.\n1;x;2\n", []string{"Cód.", "Nome", "Qtd."}, "[5]"},
		{"repeated on each page", "a;b\n1;2\na;b\n3;4\n", []string{"a", "b"}, "[2 4]"},
		{"with a line break", "a;\"b\nc\"\n1;2\n", []string{"a", "b c"}, "[3]"},
		{"none", "1;x;3\n2;y;4\n", nil, "[1 2]"},
		{"blank rows", "a;b\n;\n1;2\n", []string{"a", "b"}, "[3]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			table := tableOf(t, []byte(tt.in))
			if diff := cmp.Diff(tt.want, table.Header); diff != "" {
				t.Errorf("header (-want +got):\n%s", diff)
			}
			var rows []int
			for n, err := range table.Rows() {
				if err != nil {
					t.Fatal(err)
				}
				rows = append(rows, n)
			}
			if got := fmt.Sprint(rows); got != tt.rows {
				t.Errorf("rows = %s, want %s", got, tt.rows)
			}
		})
	}
}

func TestColumn(t *testing.T) {
	t.Parallel()
	table := tableOf(t, []byte("Nº de Série;UTILIZAÇÃO LIVRE;Cen.;Em contr.qualid.\nx;1;BR;2\n"))
	for name, want := range map[string]int{"n° de serie": -1, "Nº DE SERIE": 0, "utilizacao livre": 1, "Cen": 2, "em contr qualid": 3, "": -1, "x": -1} {
		if got := table.Column(name); got != want {
			t.Errorf("Column(%q) = %d, want %d", name, got, want)
		}
	}
	if got := table.Column("nothing", "cen", "utilização livre"); got != 2 {
		t.Errorf("the first name that fits must win: %d", got)
	}
}

func TestStock(t *testing.T) {
	t.Parallel()
	in := "Lista\n\nPart Number;Código SAP;Localização;Projeto;Quantidade\nA;10;L1;P;1.234,5\n;11;L1;P;2\nTotal;;;;\n;;;;1.236,5\nB;;L2;;\n"
	stock, err := sheet.NewStock(tableOf(t, []byte(in)))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for row, err := range stock.List().Rows {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s/%s@%s/%s=%s", row.Part, row.Material, row.Location, row.Project, row.Quantity))
	}
	want := []string{"A/10@L1/P=1234.5", "/11@L1/P=2", "B/@L2/=0"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if stock.Skipped != 2 {
		t.Errorf("Skipped = %d, want 2: the total and its sum", stock.Skipped)
	}
	if diff := cmp.Diff(reconcile.Columns{Location: true, Project: true}, stock.Columns()); diff != "" {
		t.Error(diff)
	}
	for in, field := range map[string]string{"nome;quantidade\nx;1\n": "part_number", "pn;nome\nA;x\n": "quantity"} {
		if _, err := sheet.NewStock(tableOf(t, []byte(in))); err == nil || fault.Of(err).Field != field {
			t.Errorf("%q: error = %v, want one on %s", in, err, field)
		}
	}
}

// TestDerived compares damaged files with what a careful reader gets from them.
func TestDerived(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(samples(t), "spreadsheets_derived")
	tests := []struct {
		file, key, column   string // truth's name and the file's name of the column that identifies a row
		number, numberField string // a number column and its name in the truth
	}{
		{"posicao_estoque_cp1252.csv", "codigo", "CÓDIGO", "SALDO ATUAL", "quantidade"},
		{"posicao_estoque_cp1252.csv", "codigo", "CÓDIGO", "CUSTO MÉDIO", "custo_unitario"},
		{"posicao_html_salvo_como.xls", "descricao", "Produto", "Qtde", "quantidade"},
		{"saldos_spreadsheetml2003.xls", "descricao", "Produto", "Saldo", "quantidade"},
	}
	for _, tt := range tests {
		t.Run(tt.file+" "+tt.number, func(t *testing.T) {
			t.Parallel()
			truth := truthOf(t, filepath.Join(dir, tt.file+".truth.json"))
			data, err := os.ReadFile(filepath.Join(dir, tt.file))
			if err != nil {
				t.Fatal(err)
			}
			table := tableOf(t, data)
			got := map[string]string{}
			for _, err := range table.Rows() {
				if err != nil {
					t.Fatal(err)
				}
				// A page title within the list has no number where the list has one.
				if d, ok, err := table.Decimal(table.Column(tt.number)); ok && err == nil {
					got[string(table.Text(table.Column(tt.column)))] = d.Trim(0).String()
				}
			}
			for _, row := range truth {
				key := fmt.Sprint(row[tt.key])
				if want := strings.TrimSuffix(fmt.Sprint(row[tt.numberField]), ".0"); got[key] != want {
					t.Errorf("%s: %s = %q, want %s", key, tt.number, got[key], want)
				}
			}
		})
	}
}

func truthOf(t *testing.T, path string) []map[string]any {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var truth struct{ Rows []map[string]any }
	d := json.NewDecoder(f)
	d.UseNumber()
	if err := d.Decode(&truth); err != nil {
		t.Fatal(err)
	}
	if len(truth.Rows) == 0 {
		t.Fatal("the truth has no rows")
	}
	return truth.Rows
}
