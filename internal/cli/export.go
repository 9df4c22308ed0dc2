package cli

import (
	"context"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/govalues/decimal"

	"github.com/faiston/nexo/internal/app"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/ops"
	"github.com/faiston/nexo/internal/sheet"
)

// exportPage is how many rows are asked for at once: the most that lists give.
const exportPage = 1000

// export writes a list as a sheet.
type export struct {
	identityFlags
	What    string `arg:"" help:"Lista: inventory, movements, assets, projects, … · List"`
	Format  string `enum:"csv,xlsx," default:"" placeholder:"csv|xlsx" help:"Forma; segue o nome de --out, ou csv · Form; follows the name of --out, or csv"`
	Out     string `placeholder:"FILE" help:"Arquivo; sem isto, a saída · File; the output without it"`
	Args    string `placeholder:"JSON" help:"Filtros da operação · Filters of the operation"`
	English bool   `help:"CSV com vírgulas e pontos · CSV with commas and points"`
}

// Run pages through the list and writes every row.
func (e export) Run(s *session) error {
	raw, err := s.arguments(e.Args)
	if err != nil {
		return err
	}
	return s.withApp(func(a *app.App) error {
		op, list, err := findList(a.Ops.All(), e.What)
		if err != nil {
			return err
		}
		actor, err := a.Act(s.ctx, e.who())
		if err != nil {
			return err
		}
		x := &exporter{ops: a.Ops, op: op, list: list, actor: actor, bar: s.bar(op.Name)}
		defer x.bar.end()
		if err := json.Unmarshal(raw, &x.arguments); err != nil {
			return fault.InvalidArgument.With("Os argumentos não são um objeto JSON.", "The arguments are no JSON object.").On("args").Because(err)
		}
		write := func(w io.Writer) error { return x.write(s.ctx, w, e.form(), e.English) }
		if e.Out == "" {
			return write(s.Out)
		}
		return writeFile(e.Out, write)
	})
}

func (e export) form() string {
	if e.Format == "" && strings.EqualFold(filepath.Ext(e.Out), ".xlsx") {
		return "xlsx"
	}
	return e.Format
}

// listing is how a list operation answers.
type listing struct {
	rows    string   // the member that holds the rows
	columns []string // what fits into a cell
	paged   bool     // takes a limit and a cursor
}

// findList finds the list operation that people mean by what: a full name, or the noun of one.
func findList(all []*ops.Operation, what string) (*ops.Operation, listing, error) {
	noun := strings.ToLower(strings.ReplaceAll(what, "-", "_"))
	var known []string
	for _, verb := range []string{"", "sga_list_", "sga_get_", "sga_search_"} {
		for _, op := range all {
			list, ok := listOf(op)
			if !ok {
				continue
			}
			if op.Name == verb+noun {
				return op, list, nil
			}
			if name, ok := strings.CutPrefix(op.Name, verb); ok && verb != "" {
				known = append(known, name)
			}
		}
	}
	return nil, listing{}, fault.NotFound.With("Não há lista %q. Há: %s.", "There is no list %[1]q. There are: %[2]s.", what, strings.Join(known, ", ")).On("what")
}

// schema is the part of a JSON schema that tells lists from other answers.
type schema struct {
	Type       jsontext.Value  `json:"type"`
	Properties jsontext.Value  `json:"properties"`
	Items      *jsontext.Value `json:"items"`
}

// listOf reads an operation's output schema; ok is false when it answers no list of rows.
func listOf(op *ops.Operation) (l listing, ok bool) {
	names, props := properties(op.Output.JSON)
	for _, name := range names {
		var array schema
		if json.Unmarshal(props[name], &array) != nil || array.Items == nil {
			continue
		}
		columns, cells := properties(*array.Items)
		columns = slices.DeleteFunc(columns, func(c string) bool { return !fits(cells[c]) })
		if len(columns) > 0 && op.Risk == ops.Read && (name == "items" || l.rows == "") {
			l.rows, l.columns = name, columns
		}
	}
	fields := func(name string) bool {
		return slices.ContainsFunc(op.Input.Fields, func(f ops.Field) bool { return f.Name == name })
	}
	l.paged = fields("cursor") && slices.Contains(names, "next_cursor")
	return l, l.rows != "" && l.paged
}

// properties gives the properties of an object's schema, in their order.
func properties(raw jsontext.Value) (names []string, props map[string]jsontext.Value) {
	var s schema
	if json.Unmarshal(raw, &s) != nil || json.Unmarshal(s.Properties, &props) != nil {
		return nil, nil
	}
	d := jsontext.NewDecoder(strings.NewReader(string(s.Properties)))
	_, _ = d.ReadToken()
	for d.PeekKind() == '"' {
		t, err := d.ReadToken()
		if err != nil {
			break
		}
		names = append(names, t.String()) // before the decoder moves on, which voids the token
		if d.SkipValue() != nil {
			break
		}
	}
	return names, props
}

// fits says whether a value of this schema goes into a cell.
func fits(raw jsontext.Value) bool {
	var s schema
	return json.Unmarshal(raw, &s) == nil && s.Items == nil && s.Properties == nil
}

// exporter pages through a list.
type exporter struct {
	ops       ops.Client
	op        *ops.Operation
	list      listing
	actor     *identity.Actor
	bar       *bar
	arguments map[string]jsontext.Value
}

func (x *exporter) write(ctx context.Context, to io.Writer, form string, english bool) error {
	w := sheet.NewCSVWriter(to, sheet.CSVOptions{English: english, BOM: true})
	if form == "xlsx" {
		var err error
		if w, err = sheet.NewXLSXWriter(to, strings.TrimPrefix(x.op.Name, "sga_")); err != nil {
			return err
		}
	}
	head := make([]sheet.Value, len(x.list.columns))
	for i, c := range x.list.columns {
		head[i] = sheet.TextValue(c)
	}
	if err := w.Write(head...); err != nil {
		return err
	}
	if err := x.pages(ctx, w); err != nil {
		return err
	}
	return w.Close()
}

func (x *exporter) pages(ctx context.Context, w sheet.Writer) error {
	if x.arguments == nil {
		x.arguments = map[string]jsontext.Value{}
	}
	if _, given := x.arguments["limit"]; !given {
		x.arguments["limit"] = jsontext.Value("1000")
	}
	for rows := int64(0); ; {
		in, err := json.Marshal(x.arguments)
		if err != nil {
			return err
		}
		out, err := x.ops.Call(ctx, ops.Invocation{Name: x.op.Name, Arguments: in, Actor: x.actor, Door: doorName, Origin: ops.OriginCLI})
		if err != nil {
			return err
		}
		n, next, err := x.page(out, w)
		if err != nil || next == "" {
			return err
		}
		rows += int64(n)
		x.bar.show(rows, 0)
		if x.arguments["cursor"], err = json.Marshal(next); err != nil {
			return err
		}
	}
}

func (x *exporter) page(out []byte, w sheet.Writer) (n int, next string, err error) {
	var page map[string]jsontext.Value
	var rows []map[string]jsontext.Value
	if err := json.Unmarshal(out, &page); err != nil {
		return 0, "", err
	}
	if err := json.Unmarshal(page[x.list.rows], &rows); err != nil {
		return 0, "", err
	}
	for _, row := range rows {
		cells := make([]sheet.Value, len(x.list.columns))
		for i, c := range x.list.columns {
			cells[i] = cell(row[c])
		}
		if err := w.Write(cells...); err != nil {
			return 0, "", err
		}
	}
	if raw := page["next_cursor"]; len(raw) > 0 && raw.Kind() == '"' {
		err = json.Unmarshal(raw, &next)
	}
	return len(rows), next, err
}

// cell is a JSON value as a cell: numbers stay numbers, texts are texts whatever they look like.
func cell(raw jsontext.Value) sheet.Value {
	switch raw.Kind() {
	case '"':
		var text string
		if json.Unmarshal(raw, &text) == nil {
			return sheet.TextValue(text)
		}
	case '0':
		if d, err := decimal.Parse(string(raw)); err == nil {
			return sheet.NumberValue(d)
		}
	case 't', 'f':
		return sheet.TextValue(string(raw))
	}
	return sheet.TextValue("")
}
