package rest

import (
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/faiston/nexo/internal/fault"
)

// SheetKind is a form of table.
type SheetKind string

// Forms of tables.
const (
	CSV  SheetKind = "csv"
	XLSX SheetKind = "xlsx"
)

// Sheet writes a table row by row and never holds it. Texts stay texts, whatever they look like.
type Sheet interface {
	Row(cells []Cell) error
	Close() error // finishes the table; it does not close what is below
}

// Cell is one cell. A number is an exact decimal with a point, or empty.
type Cell struct {
	Text   string
	Number bool
}

const (
	// exportPage is how many rows are asked for at once: the most that lists give.
	exportPage = 1000
	// maxExport is how many rows a table has at most: what a sheet of Excel holds below its header.
	maxExport = 1_048_575
	mediaCSV  = "text/csv; charset=utf-8"
	mediaXLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

// wanted is the table that a request asks for, or "" for JSON. It takes the parameter "format" away.
func wanted(r *http.Request, params map[string]string, op *operation) (SheetKind, error) {
	format, given := params["format"]
	if given && op.input.Properties["format"] == nil {
		delete(params, "format")
	} else if media, _, err := mime.ParseMediaType(r.Header.Get("Accept")); err == nil {
		format = map[string]string{"text/csv": string(CSV), mediaXLSX: string(XLSX)}[media]
	}
	if format == "" || format == "json" {
		return "", nil
	}
	if op.table() == nil || format != string(CSV) && format != string(XLSX) {
		return "", fault.InvalidArgument.With("Este recurso não existe em %s.", "This resource does not come as %s.", clip(format)).On("format")
	}
	return SheetKind(format), nil
}

// listPage is what every list answers beside its own.
type listPage struct {
	Items []jsontext.Value `json:"items"`
	Next  string           `json:"next_cursor"`
}

// export is one list on its way out as a table.
type export struct {
	r    *http.Request
	c    *caller
	op   *operation
	kind SheetKind
}

// export writes every page of a list as one table. What fails on the first page is answered as an error;
// what fails later cuts the table off, so that nobody takes it for whole.
func (d *door) export(w http.ResponseWriter, e *export, a *arguments) error {
	if d.Sheet == nil {
		return fault.InvalidArgument.With("Não há tabelas aqui.", "There are no tables here.").On("format")
	}
	if n := e.op.input.Properties["limit"]; n != nil && !hasMember(a, "limit") {
		size := exportPage
		if n.Maximum != nil {
			size = min(size, *n.Maximum)
		}
		a.add("limit", jsontext.Value(strconv.Itoa(size)))
	}
	page, err := d.page(e, a)
	if err != nil {
		return err
	}
	exportHeaders(w.Header(), e.op, e.kind)
	w.WriteHeader(http.StatusOK)
	if err := d.rows(w, e, a, page); err != nil {
		cut(w)
		d.broken(e.r, err)
	}
	return nil
}

// broken notes an error that comes too late to be answered.
func (d *door) broken(r *http.Request, err error) {
	if r.Context().Err() == nil {
		d.explain(r, fault.Internal.With("Exportação interrompida.", "Export broken off.").Because(err))
	}
}

func exportHeaders(h http.Header, op *operation, kind SheetKind) {
	media := mediaCSV
	if kind == XLSX {
		media = mediaXLSX
	}
	name := strings.TrimPrefix(op.Name, "sga_")
	_, name, _ = strings.Cut(name, "_")
	h.Set("Content-Type", media)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Disposition", `attachment; filename="`+name+"."+string(kind)+`"`)
}

func (d *door) page(e *export, a *arguments) (*listPage, error) {
	raw, err := d.call(e.r, e.c, e.op.Name, a.object())
	if err != nil {
		return nil, err
	}
	page := new(listPage)
	return page, json.Unmarshal(raw, page)
}

func (d *door) rows(w io.Writer, e *export, a *arguments, page *listPage) error {
	name := strings.ReplaceAll(strings.TrimPrefix(e.op.Name, "sga_"), "_", " ")
	sheet, err := d.Sheet(w, e.kind, name, preferred(e.r) == english)
	if err != nil {
		return err
	}
	row := e.op.table()
	columns := columnsOf(row)
	if err := sheet.Row(headings(columns)); err != nil {
		return err
	}
	for count := 0; ; {
		for _, item := range page.Items {
			if count++; count > maxExport {
				return fault.InvalidArgument.With("A lista passa de %d linhas: filtre.", "The list exceeds %d rows: filter it.", maxExport)
			}
			if err := sheet.Row(cellsOf(columns, row, item)); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return sheet.Close()
		}
		next := a.less("cursor", "offset") // the cursor stands behind what the first page passed over
		next.text("cursor", page.Next)
		if page, err = d.page(e, next); err != nil {
			return err
		}
	}
}

func hasMember(a *arguments, name string) bool {
	found := false
	_ = members(a.object(), func(n string, _ jsontext.Value) { found = found || n == name })
	return found
}

// columnsOf leaves out what does not fit into a cell.
func columnsOf(row *node) []string {
	return slices.DeleteFunc(slices.Clone(row.names), func(name string) bool {
		n := row.Properties[name]
		return n.is("object") || n.is("array") && (n.Items == nil || n.Items.is("object"))
	})
}

func headings(columns []string) []Cell {
	out := make([]Cell, len(columns))
	for i, c := range columns {
		out[i].Text = c
	}
	return out
}

func cellsOf(columns []string, row *node, item jsontext.Value) []Cell {
	values := make(map[string]Cell, len(columns))
	_ = members(item, func(name string, value jsontext.Value) {
		if n := row.Properties[name]; n != nil {
			values[name] = cellOf(n, value)
		}
	})
	out := make([]Cell, len(columns))
	for i, c := range columns {
		out[i] = values[c]
	}
	return out
}

// cellOf writes a value into a cell. Quantities are integers or decimal strings, and numbers either way.
func cellOf(n *node, value jsontext.Value) Cell {
	switch value.Kind() {
	case '"':
		text, err := jsontext.AppendUnquote(nil, value)
		if err != nil {
			return Cell{}
		}
		return Cell{Text: string(text), Number: n.is("integer")}
	case '0':
		return Cell{Text: string(value), Number: true}
	case 't', 'f':
		return Cell{Text: string(value)}
	case '[':
		var list []string
		if json.Unmarshal(value, &list) == nil {
			return Cell{Text: strings.Join(list, ", ")}
		}
	}
	return Cell{}
}
