package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/reconcile"
	"github.com/faiston/nexo/internal/rest"
	"github.com/faiston/nexo/internal/sap"
	"github.com/faiston/nexo/internal/sheet"
	"github.com/faiston/nexo/internal/stock"
)

// reconcileOperation is the operation whose roles a comparison of files needs.
const reconcileOperation = "sga_reconcile_sap"

// maxSourceName in bytes of a file's name as it is kept.
const maxSourceName = 200

// Document is a list in a file.
type Document struct {
	Name string
	File io.ReaderAt
	Size int64
}

// Comparison is a reconciliation of files, as `nexo reconcile` and an upload ask for it.
type Comparison struct {
	Theirs          Document
	Against         *Document // nil: our stock, as the actor sees it
	OnlyTheirPlaces bool      // leave out our stock in places that their list never names
	Rows            io.Writer // takes the differences as JSON lines; nil: nobody wants them
}

// Compared is the answer of the contract ("Machine-readable shapes of long work").
type Compared struct {
	Summary  reconcile.Summary `json:"summary"`
	Causes   []Cause           `json:"causes"`
	ID       *uuid.UUID        `json:"reconciliation_id"` // null: it was not kept
	Accuracy string            `json:"accuracy"`
	By       []string          `json:"compared_by"`
	Theirs   int               `json:"their_rows"`
	Ours     int               `json:"our_rows"`
	Warnings []sheet.Warning   `json:"warnings"`
}

// Cause is why rows differ. Until movements are searched for causes, all that differs is unexplained.
type Cause struct {
	Cause string  `json:"cause"`
	Count int     `json:"count"`
	Score *string `json:"score"`
}

// Compare compares two lists in files, without a database.
func Compare(ctx context.Context, c *Comparison) (*Compared, *reconcile.Result, error) {
	ours, err := openSheet(c.Against)
	if err != nil {
		return nil, nil, err
	}
	list, err := sheet.NewStock(ours)
	if err != nil {
		return nil, nil, err
	}
	codes := reconcile.NewCodes()
	if list.HasMaterial() {
		if codes, err = list.Codes(); err != nil {
			return nil, nil, err
		}
	}
	return compare(ctx, c, list.List(), codes)
}

// Reconcile compares a list with our stock, or with another list, as the actor, and keeps the result.
func (a *App) Reconcile(ctx context.Context, actor *identity.Actor, door string, c *Comparison) (*Compared, error) {
	if err := a.mayReconcile(actor, door); err != nil {
		return nil, err
	}
	out, res, err := a.compare(ctx, actor, c)
	if err == nil {
		err = a.keep(ctx, actor, c, out, res)
	}
	record := approval.CallRecord{Door: door, Operation: reconcileOperation, Result: "ok"}
	if err != nil {
		record.Result = string(fault.CodeOf(err))
	}
	if refused := a.DB.RecordCall(a.o.Now(), actor, record); refused != nil {
		return nil, refused
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (a *App) compare(ctx context.Context, actor *identity.Actor, c *Comparison) (*Compared, *reconcile.Result, error) {
	if c.Against != nil {
		return Compare(ctx, c)
	}
	codes, err := a.DB.Materials(ctx)
	if err != nil {
		return nil, nil, err
	}
	return compare(ctx, c, a.DB.OurStock(ctx, a.scope(actor)), codes)
}

// mayReconcile asks the operation's own declaration, so that files have no rules of their own.
func (a *App) mayReconcile(actor *identity.Actor, door string) error {
	for _, op := range a.Ops.Visible(actor) {
		if op.Name == reconcileOperation {
			return nil
		}
	}
	denied := fault.PermissionDenied.With("Seu papel não permite reconciliar.", "Your role does not allow reconciling.").Detail("operation", reconcileOperation)
	return errors.Join(denied, a.DB.RecordCall(a.o.Now(), actor, approval.CallRecord{Door: door, Operation: reconcileOperation, Result: string(denied.Code)}))
}

// scope is what the actor may see of our side.
func (a *App) scope(actor *identity.Actor) stock.Scope {
	cat := a.DB.Catalog()
	s := stock.Scope{AllProjects: actor.Projects.All, AllLocations: actor.Locations.All}
	for code := range actor.Projects.Codes {
		if p, ok := cat.Project(code); ok {
			s.Projects = append(s.Projects, p.Key)
		}
	}
	for code := range actor.Locations.Codes {
		if l, ok := cat.Location(code); ok {
			s.Locations = append(s.Locations, l.Key)
		}
	}
	return s
}

// keep saves a comparison so that it can be read again.
func (a *App) keep(ctx context.Context, actor *identity.Actor, c *Comparison, out *Compared, res *reconcile.Result) error {
	id := a.NewID()
	name := filepath.Base(c.Theirs.Name)
	saved := &reconcile.Saved{ID: id, Source: name[:min(len(name), maxSourceName)], By: res.By, Projects: actor.Projects, Locations: actor.Locations,
		TheirRows: int64(res.TheirRows), Summary: res.Summary, CreatedBy: actor.PersonID}
	if err := a.DB.SaveReconciliation(ctx, saved, res.Differences()); err != nil {
		return err
	}
	out.ID = &id
	return nil
}

func compare(ctx context.Context, c *Comparison, ours reconcile.List, codes *reconcile.Codes) (*Compared, *reconcile.Result, error) {
	t, err := openSheet(&c.Theirs)
	if err != nil {
		return nil, nil, err
	}
	theirs, err := theirList(t)
	if err != nil {
		return nil, nil, err
	}
	res, err := reconcile.Compare(ctx, theirs, ours, reconcile.Options{Codes: codes, OnlyTheirPlaces: c.OnlyTheirPlaces})
	if err != nil {
		return nil, nil, err
	}
	s := res.Summary
	out := &Compared{Summary: s, Causes: []Cause{}, Accuracy: s.Accuracy().String(), By: res.By, Theirs: res.TheirRows, Ours: res.OurRows,
		Warnings: append([]sheet.Warning{}, t.Warnings()...)}
	if n := s.Different + s.OnlyTheirs + s.OnlyOurs; n > 0 {
		out.Causes = append(out.Causes, Cause{Cause: reconcile.Unexplained, Count: n})
	}
	return out, res, writeRows(c.Rows, res.Differences())
}

// theirList reads an MB52 export, or any list with the columns of stock.
func theirList(t *sheet.Table) (reconcile.List, error) {
	if _, ok := sap.Recognise(t); ok {
		s, err := sap.NewStock(t)
		if err != nil {
			return reconcile.List{}, err
		}
		return s.List(), nil
	}
	s, err := sheet.NewStock(t)
	if err != nil {
		return reconcile.List{}, err
	}
	return s.List(), nil
}

func openSheet(d *Document) (*sheet.Table, error) {
	src, err := sheet.Open(d.File, d.Size, filepath.Base(d.Name))
	if err != nil {
		return nil, err
	}
	return sheet.NewTable(src)
}

func writeRows(to io.Writer, rows iter.Seq[reconcile.Difference]) error {
	if to == nil {
		return nil
	}
	w := bufio.NewWriter(to)
	var line []byte
	for d := range rows {
		line = append(d.AppendJSON(line[:0]), '\n')
		if _, err := w.Write(line); err != nil {
			return fmt.Errorf("write rows: %w", err)
		}
	}
	return w.Flush()
}

// reconcileUpload is the door's way to Reconcile. The body is put aside first, because sheets are read
// from both ends; the file has no name and is gone with the call.
func (a *App) reconcileUpload(ctx context.Context, u *rest.Upload) ([]byte, error) {
	c := &Comparison{Theirs: Document{Name: u.Name}}
	for name, value := range u.Options {
		if name != "only_their_places" || value != "true" && value != "false" {
			return nil, fault.InvalidArgument.With("Parâmetro desconhecido ou inválido.", "Unknown or invalid parameter.").On("only_their_places")
		}
		c.OnlyTheirPlaces = value == "true"
	}
	f, err := os.CreateTemp(a.Config.DataDir, "upload-*")
	if err != nil {
		return nil, fault.Unavailable.With("Não há onde guardar o arquivo enviado.", "There is no room for the file that was sent.").Because(err)
	}
	defer f.Close() //nolint:errcheck // it is gone already
	if err := os.Remove(f.Name()); err != nil {
		return nil, err
	}
	if c.Theirs.Size, err = io.Copy(f, u.Body); err != nil {
		return nil, err
	}
	c.Theirs.File = f
	out, err := a.Reconcile(ctx, u.Actor, u.Door, c)
	if err != nil {
		return nil, err
	}
	return json.Marshal(out)
}
