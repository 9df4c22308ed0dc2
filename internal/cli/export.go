package cli

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/faiston/nexo/internal/app"
	"github.com/faiston/nexo/internal/config"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/ops"
	"github.com/faiston/nexo/internal/sheet"
)

// export writes a list as a sheet.
type export struct {
	identityFlags
	What    string `arg:"" help:"Lista: inventory, movements, assets, projects, … · List"`
	Format  string `enum:"csv,xlsx," default:"" placeholder:"csv|xlsx" help:"Forma; segue o nome de --out, ou csv · Form; follows the name of --out, or csv"`
	Out     string `placeholder:"FILE" help:"Arquivo ou pasta; sem isto, a saída · File or folder; the output without it"`
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
		x := &exporter{ops: a.Ops, op: op, list: list, actor: actor, bar: s.bar(op.Name), most: config.MaxExportRows}
		defer x.bar.end()
		if err := json.Unmarshal(raw, &x.arguments); err != nil {
			return fault.InvalidArgument.With("Os argumentos não são um objeto JSON.", "The arguments are no JSON object.").On("args").Because(err)
		}
		write := func(w io.Writer) error { return x.write(s.ctx, w, e.form(), e.English) }
		if e.Out == "" {
			return write(s.Out)
		}
		return writeFile(e.file(op, time.Now()), write)
	})
}

func (e export) form() string {
	if e.Format == "" && strings.EqualFold(filepath.Ext(e.Out), ".xlsx") {
		return "xlsx"
	}
	return e.Format
}

// file is where the sheet goes: into a folder under the name of its list and the day.
func (e export) file(op *ops.Operation, now time.Time) string {
	if info, err := os.Stat(e.Out); err != nil || !info.IsDir() {
		return e.Out
	}
	form := e.form()
	if form == "" {
		form = "csv"
	}
	return filepath.Join(e.Out, op.SheetName()+"-"+now.Format(time.DateOnly)+"."+form)
}

// findList finds the list operation that people mean by what: a full name, or the noun of one.
func findList(all []*ops.Operation, what string) (*ops.Operation, ops.Listing, error) {
	noun := strings.ToLower(strings.ReplaceAll(what, "-", "_"))
	var known []string
	for _, verb := range []string{"", "sga_list_", "sga_get_", "sga_search_"} {
		for _, op := range all {
			list, ok := op.Listing()
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
	return nil, ops.Listing{}, fault.NotFound.With("Não há lista %q. Há: %s.", "There is no list %[1]q. There are: %[2]s.", what, strings.Join(known, ", ")).On("what")
}

// exporter pages through a list and holds one page at a time.
type exporter struct {
	ops       ops.Client
	op        *ops.Operation
	list      ops.Listing
	actor     *identity.Actor
	bar       *bar
	most      int64 // rows
	arguments map[string]jsontext.Value
}

func (x *exporter) write(ctx context.Context, to io.Writer, form string, english bool) error {
	w := sheet.NewCSVWriter(to, sheet.CSVOptions{English: english, BOM: true})
	if form == "xlsx" {
		var err error
		if w, err = sheet.NewXLSXWriter(to, x.op.SheetName()); err != nil {
			return err
		}
	}
	head := make([]sheet.Value, len(x.list.Columns))
	for i, c := range x.list.Columns {
		head[i] = sheet.TextValue(c.Name)
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
	if _, given := x.arguments["limit"]; !given && x.list.PageSize > 0 {
		x.arguments["limit"] = jsontext.Value(strconv.Itoa(x.list.PageSize))
	}
	for rows, total := int64(0), int64(0); ; {
		in, err := json.Marshal(x.arguments)
		if err != nil {
			return err
		}
		out, err := x.ops.Call(ctx, ops.Invocation{Name: x.op.Name, Arguments: in, Actor: x.actor, Door: doorName, Origin: ops.OriginCLI})
		if err != nil {
			return err
		}
		page, err := x.list.Page(out)
		if err != nil {
			return err
		}
		rows, total = rows+int64(len(page.Rows)), max(total, page.Total)
		if max(rows, total) > x.most {
			return ops.TooLong(x.most)
		}
		if err := x.rows(page, w); err != nil || page.Next == "" {
			return err
		}
		x.bar.show(rows, total)
		if x.arguments["cursor"], err = json.Marshal(page.Next); err != nil {
			return err
		}
		delete(x.arguments, "offset") // the cursor stands behind what the first page passed over
	}
}

func (x *exporter) rows(page *ops.ListPage, w sheet.Writer) error {
	values := make([]sheet.Value, len(x.list.Columns))
	for _, row := range page.Rows {
		cells, err := x.list.Cells(row)
		if err != nil {
			return err
		}
		for i, c := range cells {
			values[i] = app.SheetValue(c)
		}
		if err := w.Write(values...); err != nil {
			return err
		}
	}
	return nil
}
