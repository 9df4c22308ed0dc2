package rest

import (
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/ops"
	"github.com/faiston/nexo/internal/stock"
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
type Cell = ops.Cell

const (
	// maxExport is how many rows a sheet of Excel holds below its header.
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
	if _, list := op.Listing(); !list || format != string(CSV) && format != string(XLSX) {
		return "", fault.InvalidArgument.With("Este recurso não existe em %s.", "This resource does not come as %s.", clip(format)).On("format")
	}
	return SheetKind(format), nil
}

// listPage is what every list answers beside its own.
type listPage struct {
	Items []jsontext.Value `json:"items"`
}

// export is one list on its way out as a table.
type export struct {
	r    *http.Request
	c    *caller
	op   *operation
	kind SheetKind
	list ops.Listing
	most int64 // rows
}

// export writes every page of a list as one table, and holds one page at a time. What fails on the first
// page, or is known there to be too long, is answered as an error; what fails later cuts the table off, so
// that nobody takes it for whole.
func (d *door) export(w http.ResponseWriter, e *export, a *arguments) error {
	if d.Sheet == nil {
		return fault.InvalidArgument.With("Não há tabelas aqui.", "There are no tables here.").On("format")
	}
	e.list, _ = e.op.Listing()
	if e.most = d.MaxExportRows; e.most <= 0 {
		e.most = maxExport
	}
	if e.op.input.Properties["limit"] != nil && !hasMember(a, "limit") {
		a.add("limit", jsontext.Value(strconv.Itoa(e.list.PageSize)))
	}
	page, err := d.page(e, a)
	if err != nil {
		return err
	}
	if page.Total > e.most {
		return ops.TooLong(e.most)
	}
	exportHeaders(w.Header(), e, stock.DateOf(d.Now().In(saoPaulo())))
	w.WriteHeader(http.StatusOK)
	if err := d.rows(w, e, a, page); err != nil {
		cut(w)
		d.broken(e.r, err)
	}
	return nil
}

// saoPaulo is UTC−3 all year since 2019 (Decreto 9.772/2019): files are dated as people there date them.
func saoPaulo() *time.Location { return time.FixedZone("America/Sao_Paulo", -3*60*60) }

// broken notes an error that comes too late to be answered.
func (d *door) broken(r *http.Request, err error) {
	if r.Context().Err() == nil {
		d.explain(r, fault.Internal.With("Exportação interrompida.", "Export broken off.").Because(err))
	}
}

// exportHeaders names the file by what it holds and the day on which it was made.
func exportHeaders(h http.Header, e *export, on stock.Date) {
	media := mediaCSV
	if e.kind == XLSX {
		media = mediaXLSX
	}
	h.Set("Content-Type", media)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Disposition", `attachment; filename="`+e.op.SheetName()+"-"+on.String()+"."+string(e.kind)+`"`)
}

func (d *door) page(e *export, a *arguments) (*ops.ListPage, error) {
	raw, err := d.call(e.r, e.c, e.op.Name, a.object())
	if err != nil {
		return nil, err
	}
	return e.list.Page(raw)
}

func (d *door) rows(w io.Writer, e *export, a *arguments, page *ops.ListPage) error {
	sheet, err := d.Sheet(w, e.kind, e.op.SheetName(), preferred(e.r) == english)
	if err != nil {
		return err
	}
	if err := sheet.Row(headings(e.list.Columns)); err != nil {
		return err
	}
	for count := int64(0); ; {
		for _, item := range page.Rows {
			if count++; count > e.most {
				return ops.TooLong(e.most)
			}
			cells, err := e.list.Cells(item)
			if err != nil {
				return err
			}
			if err := sheet.Row(cells); err != nil {
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

func headings(columns []ops.Column) []Cell {
	out := make([]Cell, len(columns))
	for i, c := range columns {
		out[i].Text = c.Name
	}
	return out
}
