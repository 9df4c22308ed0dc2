package ops

import (
	"cmp"
	"strings"

	"github.com/faiston/nexo/internal/fault"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Listing is how an operation that answers a list page by page turns into a table: doors export every
// such operation without knowing it.
type Listing struct {
	Rows     string // the member that holds the rows
	Columns  []Column
	PageSize int // the most rows that one call gives; 0: it gives all, and takes no limit
	total    bool
}

// Column is a column of a table. What fits into no cell (objects, and lists of them) is no column.
type Column struct {
	Name    string
	Decimal bool // numbers: integers, quantities and money
}

// Cell is a value in a table. A number is an exact decimal with a point.
type Cell struct {
	Text   string
	Number bool
}

// ListPage is one page of a list. Total is -1 where the operation does not say how many rows there are.
type ListPage struct {
	Rows  []jsontext.Value
	Next  string
	Total int64
}

// node is what a listing reads of a schema.
type node struct {
	Type       jsontext.Value `json:"type"`
	Format     string         `json:"format"`
	Maximum    int            `json:"maximum"`
	Items      *node          `json:"items"`
	Properties jsontext.Value `json:"properties"`
}

// Listing reads the operation's schemas; ok is false when it answers no list: rows that go on with a cursor,
// or all at once where the operation is called a list.
func (op *Operation) Listing() (l Listing, ok bool) {
	var in, out node
	if op.Risk != Read || json.Unmarshal(op.Input.JSON, &in) != nil || json.Unmarshal(op.Output.JSON, &out) != nil {
		return l, false
	}
	cursor, next := false, false
	_ = eachProperty(in.Properties, func(name string, n *node) {
		cursor = cursor || name == "cursor"
		if name == "limit" {
			l.PageSize = cmp.Or(n.Maximum, MaxListPage)
		}
	})
	_ = eachProperty(out.Properties, func(name string, n *node) {
		next, l.total = next || name == "next_cursor", l.total || name == "total"
		if n.Items == nil || l.Rows == "items" {
			return
		}
		if columns := columnsOf(n.Items); len(columns) > 0 && (l.Rows == "" || name == "items") {
			l.Rows, l.Columns = name, columns
		}
	})
	_, name, _ := strings.Cut(op.Name, "_")
	return l, l.Rows != "" && cursor == next && (cursor || strings.HasPrefix(name, "list_"))
}

// MaxListPage is the most rows that any list gives at once (stock.MaxPage).
const MaxListPage = 1000

func columnsOf(row *node) (out []Column) {
	_ = eachProperty(row.Properties, func(name string, n *node) {
		kind := string(n.Type)
		switch {
		case n.Properties != nil || strings.Contains(kind, `"object"`):
		case n.Items != nil && (n.Items.Properties != nil || n.Items.Items != nil || strings.Contains(string(n.Items.Type), `"object"`)):
		default:
			number := strings.Contains(kind, `"integer"`) || strings.Contains(kind, `"number"`) || n.Format == formatDecimal
			out = append(out, Column{name, number})
		}
	})
	return out
}

// eachProperty walks the properties of a schema in their order, which is the order of columns.
func eachProperty(properties jsontext.Value, visit func(name string, n *node)) error {
	if len(properties) == 0 {
		return nil
	}
	d := jsontext.NewDecoder(strings.NewReader(string(properties)))
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() == '"' {
		t, err := d.ReadToken()
		if err != nil {
			return err
		}
		name := t.String() // before the decoder moves on, which voids the token
		var n node
		if err := json.UnmarshalDecode(d, &n); err != nil {
			return err
		}
		visit(name, &n)
	}
	return nil
}

// Page reads one answer of the operation.
func (l *Listing) Page(answer []byte) (*ListPage, error) {
	var all map[string]jsontext.Value
	if err := json.Unmarshal(answer, &all); err != nil {
		return nil, badAnswer(err)
	}
	page := &ListPage{Total: -1}
	if err := json.Unmarshal(all[l.Rows], &page.Rows); err != nil {
		return nil, badAnswer(err)
	}
	if next := all["next_cursor"]; next.Kind() == '"' {
		if err := json.Unmarshal(next, &page.Next); err != nil {
			return nil, badAnswer(err)
		}
	}
	if total := all["total"]; l.total && total.Kind() == '0' {
		if err := json.Unmarshal(total, &page.Total); err != nil {
			return nil, badAnswer(err)
		}
	}
	return page, nil
}

func badAnswer(err error) error {
	return fault.Internal.With("Erro interno.", "Internal error.").Because(err)
}

// Cells gives a row's value for each column. What the row lacks, and null, is an empty cell.
func (l *Listing) Cells(row jsontext.Value) ([]Cell, error) {
	var all map[string]jsontext.Value
	if err := json.Unmarshal(row, &all); err != nil {
		return nil, badAnswer(err)
	}
	out := make([]Cell, len(l.Columns))
	for i, c := range l.Columns {
		out[i] = c.cell(all[c.Name])
	}
	return out, nil
}

// cell writes a value into a cell. Whether it is a number is the schema's word and not the value's: a part
// number of digits stays a text.
func (c Column) cell(v jsontext.Value) Cell {
	switch v.Kind() {
	case '"':
		if text, err := jsontext.AppendUnquote(nil, v); err == nil {
			return Cell{string(text), c.Decimal}
		}
	case '0':
		return Cell{string(v), true}
	case 't', 'f':
		return Cell{Text: string(v)}
	case '[':
		var list []string
		if json.Unmarshal(v, &list) == nil {
			return Cell{Text: strings.Join(list, ", ")}
		}
	}
	return Cell{}
}

// TooLong is the refusal of a table that would have more rows than one may have.
func TooLong(most int64) error {
	return fault.InvalidArgument.With("A lista passa de %d linhas, o máximo de uma tabela: filtre por data, local ou projeto e exporte em partes.",
		"The list exceeds %d rows, the most that a table may have: filter by date, place or project and export it in parts.", most).On("format").Detail("maximum", most)
}

// SheetName is what a table of the operation is called: the noun, as in stock-as-of.
func (op *Operation) SheetName() string {
	_, name, _ := strings.Cut(op.Name, "_")
	_, name, _ = strings.Cut(name, "_")
	return strings.ReplaceAll(name, "_", "-")
}
