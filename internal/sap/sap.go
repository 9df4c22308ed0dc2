// Package sap recognises the list reports that people export from SAP and reads the one that is a stock list.
//
// Columns are found by name in Portuguese, English and Spanish, because their set and order follow each user's
// layout. The names come from exports seen in public; the text layouts and those of LX03 and MMBE were not checked
// against an SAP system.
package sap

import (
	"iter"
	"strings"

	"github.com/faiston/nexo/internal/fault"
	"github.com/govalues/decimal"
)

// Table is what this package needs of a sheet: a cursor over the rows below a header.
type Table interface {
	// Heading is the text above the header.
	Heading() string
	// Column is the first column with one of these names, without regard to case and accents, or -1.
	Column(names ...string) int
	// Rows yields row numbers; Text and Decimal then speak of that row.
	Rows() iter.Seq2[int, error]
	// Text is a cell, valid until the next row.
	Text(column int) []byte
	// Decimal is a cell as a number; ok is false for an empty one.
	Decimal(column int) (d decimal.Decimal, ok bool, err error)
}

// Report is the transaction that a list came from.
type Report string

// The reports that are recognised.
const (
	MB52 Report = "MB52" // stock by material, plant and storage location
	MB51 Report = "MB51" // material documents
	MMBE Report = "MMBE" // stock of one material
	LX03 Report = "LX03" // bins of a warehouse
	IQ09 Report = "IQ09" // serial numbers
)

// The names of columns in pt-BR, English and Spanish, long and short forms.
func material() []string {
	return []string{"Material", "Nº do material", "Material Number", "Número de material"}
}
func plant() []string { return []string{"Centro", "Cen.", "Ctr.", "Plant", "Plnt", "Ce."} }
func storage() []string {
	return []string{"Depósito", "Dep.", "Storage location", "Storage Loc.", "SLoc", "Stor. Loc.", "Almacén", "Alm."}
}
func batch() []string { return []string{"Lote", "Batch", "Batch/WBS Element"} }
func free() []string {
	return []string{"Utilização livre", "Utiliz.livre", "Util.livre", "Estoque de utilização livre", "Unrestricted", "Unrestr.",
		"Unrestricted-Use", "Unrestricted Use Stock", "Libre utilización", "Libre utiliz.", "Stock de libre utilización"}
}
func quality() []string {
	return []string{"Controle qualidade", "Em contr.qualid.", "Contr.qualid.", "Controle de qualidade", "Estoque em controle de qualidade",
		"Quality Inspection", "In Quality Insp.", "Qual. Inspection", "Inspecc.de calidad", "Inspección de calidad", "En control calidad"}
}
func blocked() []string {
	return []string{"Bloqueado", "Estoque bloqueado", "Estq.bloqueado", "Blocked", "Blocked Stock", "Stock bloqueado"}
}

// Recognise says which report a table is, by the columns that only this report has or by its title; ok is false
// for a table that did not come from SAP.
func Recognise(t Table) (r Report, ok bool) {
	has := func(names ...string) bool { return t.Column(names...) >= 0 }
	switch {
	case has("Tipo de movimento", "TMv", "Tp.mov.", "Movement type", "MvT", "Clase de movimiento", "CMv") &&
		has("Documento material", "Doc.mat.", "Doc.material", "Material Document", "Mat. Doc.", "Documento de material"):
		return MB51, true
	case has("Número de série", "Nº de série", "Serial number", "Serial Number", "Número de serie") &&
		has("Equipamento", "Equipment", "Equipo") && has(material()...):
		return IQ09, true
	case has("Posição", "Posição no depósito", "Storage Bin", "Ubicación") && has("TpD", "Tipo de depósito", "Typ", "Storage Type", "Tipo almacén", "TAl"):
		return LX03, true
	case has(material()...) && has(plant()...) && has(free()...):
		return MB52, true
	}
	heading := strings.ToLower(t.Heading())
	for _, title := range []string{"visão geral de estoques", "stock overview", "resumen de stocks"} {
		if strings.Contains(heading, title) {
			return MMBE, true
		}
	}
	return "", false
}

// refusal says in clear words why a report is no stock list to compare with.
func refusal(r Report) error {
	var pt, en string
	switch r {
	case MB51:
		pt, en = "uma lista de documentos (movimentos), não de saldos", "a list of documents (movements), not of stock"
	case MMBE:
		pt, en = "a visão de um só material, impressa em árvore", "the view of a single material, printed as a tree"
	case LX03:
		pt, en = "uma lista de posições e cobre só os depósitos com WM", "a list of bins and covers only storage locations with WM"
	case IQ09:
		pt, en = "uma lista de números de série, sem quantidades", "a list of serial numbers, without quantities"
	default:
		return fault.InvalidArgument.With("O arquivo não é uma exportação conhecida do SAP. Exporte a MB52.",
			"The file is no known SAP export. Export MB52.").On("file")
	}
	return fault.InvalidArgument.With("O arquivo vem da transação %[1]s: %[2]s. Para reconciliar o estoque, exporte a MB52.",
		"The file comes from transaction %[1]s: %[3]s. To reconcile stock, export MB52.", string(r), pt, en).On("file")
}
