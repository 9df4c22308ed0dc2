package ops

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/reconcile"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
)

type sapRow struct {
	PartNumber   string `json:"part_number" req:"1" max:"100" doc:"Part number, ou material do SAP | Part number, or SAP material"`
	Quantity     Number `json:"quantity" req:"1" doc:"Quantidade no SAP | Quantity in SAP"`
	LocationCode string `json:"location_code,omitzero" max:"50" doc:"Código do local | Location code"`
	ProjectCode  string `json:"project_code,omitzero" max:"50" doc:"Código do projeto | Project code"`
}

type reconcileSAPIn struct {
	Data           []sapRow `json:"sap_data" req:"1" max:"50000" doc:"O estoque do SAP; linhas repetidas são somadas | The stock in SAP; repeated rows are added up"`
	IncludeSerials bool     `json:"include_serials,omitzero" doc:"Nas divergências de itens com série, lista as nossas séries | Lists our serials where serialised parts differ"`
	TheirPlaces    bool     `json:"only_sap_locations,omitzero" doc:"Deixa de fora os nossos locais que o SAP não cita | Leaves out our places that SAP does not name"`
	Source         string   `json:"source_name,omitzero" max:"255" doc:"Nome da lista, para encontrá-la depois | Name of the list, to find it later"`
	Limit          int      `json:"limit,omitzero" min:"1" max:"1000" doc:"Linhas de cada grupo na resposta (padrão 100); as demais por sga_get_reconciliation | Rows of each group in the answer (default 100); the others by sga_get_reconciliation"`
}

// reconciledRow is one key on both sides. An absent side is null, which is not zero.
type reconciledRow struct {
	PartNumber   string   `json:"part_number"`
	LocationCode *string  `json:"location_code"` // null where the lists were not compared by location
	ProjectCode  *string  `json:"project_code"`
	SAP          *Number  `json:"sap_quantity"`
	SGA          *Number  `json:"sga_quantity"`
	Variance     Number   `json:"variance"` // sga − sap
	Serials      []string `json:"sga_serial_numbers,omitzero"`
}

type reconciledSummary struct {
	Matches       int    `json:"matches_count"`
	Discrepancies int    `json:"discrepancies_count"`
	SAPOnly       int    `json:"sap_only_count"`
	SGAOnly       int    `json:"sga_only_count"`
	Accuracy      Number `json:"accuracy_percentage"`
}

type reconcileSAPOut struct {
	TotalSAPItems    int               `json:"total_sap_items"`
	Matches          []reconciledRow   `json:"matches"`
	Discrepancies    []reconciledRow   `json:"discrepancies"`
	SAPOnly          []reconciledRow   `json:"sap_only"`
	SGAOnly          []reconciledRow   `json:"sga_only"`
	Summary          reconciledSummary `json:"summary"`
	ComparedBy       []string          `json:"compared_by"`
	Truncated        bool              `json:"truncated"` // more rows are kept than are answered
	ReconciliationID ID                `json:"reconciliation_id"`
}

// reconcileSAP compares the stock of SAP with ours, as far as the caller may see it, and keeps the
// result. A code of SAP that names no place or project of ours, or none that the caller may see, stays as
// it is and is found on SAP's side only: both look the same.
func (d *Deps) reconcileSAP() *Operation {
	return define(spec{name: "sga_reconcile_sap", text: textReconcileSAP(), risk: Read, roles: everyone(), long: true},
		func(ctx context.Context, c *Call, in *reconcileSAPIn) (*reconcileSAPOut, error) {
			materials, err := d.Store.Materials(ctx)
			if err != nil {
				return nil, err
			}
			theirs, err := d.sapList(c.Actor, in.Data)
			if err != nil {
				return nil, err
			}
			ours := d.Store.OurStock(ctx, scopeOf(c.Actor, d.Store.Catalog()))
			res, err := reconcile.Compare(ctx, theirs, ours, reconcile.Options{Codes: materials, OnlyTheirPlaces: in.TheirPlaces})
			if err != nil {
				return nil, err
			}
			c.Progress(Progress{Done: int64(res.TheirRows), Total: int64(res.TheirRows)})
			head := &reconcile.Saved{ID: d.NewID(), Source: in.Source, By: res.By, Projects: c.Actor.Projects, Locations: c.Actor.Locations,
				TheirRows: int64(res.TheirRows), Summary: res.Summary, CreatedBy: c.Actor.PersonID}
			if err := d.Store.SaveReconciliation(ctx, head, allRows(res)); err != nil {
				return nil, err
			}
			return d.reconciled(ctx, c.Actor, in, head, res)
		})
}

func allRows(res *reconcile.Result) iter.Seq[reconcile.Difference] {
	return res.Rows(reconcile.Matched, reconcile.Different, reconcile.OnlyTheirs, reconcile.OnlyOurs)
}

// sapList gives their rows in our codes where we know them.
func (d *Deps) sapList(a *identity.Actor, data []sapRow) (reconcile.List, error) {
	cat := d.Store.Catalog()
	list := reconcile.List{}
	rows := make([]reconcile.Row, len(data))
	for i := range data {
		in := &data[i]
		if !in.Quantity.Set || in.Quantity.Abs().Cmp(stock.Whole(maxFigure)) > 0 {
			return list, fault.InvalidArgument.With("Informe a quantidade.", "Give the quantity.").On("sap_data[" + itoa(i) + "].quantity")
		}
		r := reconcile.Row{Quantity: in.Quantity.Decimal, Location: []byte(strings.TrimSpace(in.LocationCode)), Project: []byte(strings.TrimSpace(in.ProjectCode))}
		if p, ok := cat.Part(stock.Fold(in.PartNumber)); ok {
			r.Part = []byte(p.Number)
		} else if r.Material = []byte(strings.TrimSpace(in.PartNumber)); len(r.Material) == 0 {
			return list, fault.InvalidArgument.With("Informe o part number.", "Give the part number.").On("sap_data[" + itoa(i) + "].part_number")
		}
		if l, err := location(a, cat, in.LocationCode, ""); err == nil && l != nil {
			r.Location = []byte(l.Code)
		}
		if p, err := project(a, cat, in.ProjectCode, ""); err == nil && p != nil {
			r.Project = []byte(p.Code)
		}
		list.Columns.Location = list.Columns.Location || len(r.Location) > 0
		list.Columns.Project = list.Columns.Project || len(r.Project) > 0
		rows[i] = r
	}
	list.Rows = func(yield func(reconcile.Row, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
	return list, nil
}

func (d *Deps) reconciled(ctx context.Context, a *identity.Actor, in *reconcileSAPIn, head *reconcile.Saved, res *reconcile.Result) (*reconcileSAPOut, error) {
	limit := in.Limit
	if limit == 0 {
		limit = stock.DefaultPage
	}
	sum := res.Summary
	out := &reconcileSAPOut{TotalSAPItems: res.TheirRows, ComparedBy: res.By, ReconciliationID: ID{head.ID}, Summary: reconciledSummary{sum.Matched,
		sum.Different, sum.OnlyTheirs, sum.OnlyOurs, Num(sum.Accuracy())}}
	for kind, to := range map[reconcile.Kind]*[]reconciledRow{reconcile.Matched: &out.Matches, reconcile.Different: &out.Discrepancies,
		reconcile.OnlyTheirs: &out.SAPOnly, reconcile.OnlyOurs: &out.SGAOnly} {
		page, more, err := res.Page(0, limit, kind)
		if err != nil {
			return nil, err
		}
		out.Truncated = out.Truncated || more
		*to = make([]reconciledRow, len(page))
		for i := range page {
			(*to)[i] = reconciledOf(&page[i])
		}
	}
	if !in.IncludeSerials {
		return out, nil
	}
	for _, group := range [][]reconciledRow{out.Discrepancies, out.SGAOnly} {
		if err := d.addSerials(ctx, a, group); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func reconciledOf(r *reconcile.Difference) reconciledRow {
	row := reconciledRow{PartNumber: r.Part, Variance: Num(r.Difference), LocationCode: textPtr(r.Location), ProjectCode: textPtr(r.Project)}
	if r.Theirs.Present {
		row.SAP = NumPtr(&r.Theirs.Value)
	}
	if r.Ours.Present {
		row.SGA = NumPtr(&r.Ours.Value)
	}
	return row
}

// textPtr is nil for no text, which is written as null.
func textPtr(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// maxSerialRows bounds how many rows get their serials in one answer: each is a question to the database.
const maxSerialRows = 100

// addSerials names our items behind rows of serialised parts, at most a page of them each.
func (d *Deps) addSerials(ctx context.Context, a *identity.Actor, rows []reconciledRow) error {
	cat := d.Store.Catalog()
	scope := scopeOf(a, cat)
	asked := 0
	for i := range rows {
		part, ok := cat.Part(stock.Fold(rows[i].PartNumber))
		if !ok || !part.Serialized || rows[i].SGA == nil || asked == maxSerialRows {
			continue
		}
		asked++
		f := stock.AssetFilter{Part: part.Key}
		if code := rows[i].LocationCode; code != nil {
			if l, ok := cat.Location(stock.Fold(*code)); ok {
				f.Location = l.Key
			}
		}
		if code := rows[i].ProjectCode; code != nil {
			if p, ok := cat.Project(stock.Fold(*code)); ok {
				f.Project = p.Key
			}
		}
		page, err := d.Store.Assets(ctx, scope, f, stock.Page{})
		if err != nil {
			return err
		}
		rows[i].Serials = []string{}
		for _, asset := range page.Rows {
			if f.Location == 0 || asset.Location == f.Location { // not those of the places below
				rows[i].Serials = append(rows[i].Serials, asset.Serial)
			}
		}
	}
	return nil
}

type listReconciliationsIn struct{ pageArgs }

type reconciliationItem struct {
	ReconciliationID ID       `json:"reconciliation_id"`
	SourceName       string   `json:"source_name"`
	ComparedBy       []string `json:"compared_by"`
	TheirRows        int64    `json:"theirs_rows"`
	Matched          int      `json:"matched"`
	Different        int      `json:"different"`
	OnlyTheirs       int      `json:"only_theirs"`
	OnlyOurs         int      `json:"only_ours"`
	Accuracy         Number   `json:"accuracy_percentage"`
	CreatedBy        string   `json:"created_by"`
	CreatedAt        Time     `json:"created_at"`
}

type listReconciliationsOut struct {
	Count      int                  `json:"count"`
	Items      []reconciliationItem `json:"items"` // the newest first
	HasMore    bool                 `json:"has_more"`
	NextCursor string               `json:"next_cursor,omitzero"`
}

func (d *Deps) listReconciliations() *Operation {
	return define(spec{name: "sga_list_reconciliations", text: textListReconciliations(), risk: Read, roles: everyone()},
		func(ctx context.Context, c *Call, in *listReconciliationsIn) (*listReconciliationsOut, error) {
			p, err := d.Store.Reconciliations(ctx, sightOf(c.Actor), in.page())
			if err != nil {
				return nil, err
			}
			ids := make([]uuid.UUID, len(p.Rows))
			for i := range p.Rows {
				ids[i] = p.Rows[i].CreatedBy
			}
			people, err := d.Store.Names(ctx, ids)
			if err != nil {
				return nil, err
			}
			out := &listReconciliationsOut{Count: len(p.Rows), Items: make([]reconciliationItem, len(p.Rows)), HasMore: p.Next != "", NextCursor: p.Next}
			for i := range p.Rows {
				out.Items[i] = reconciliationOf(&p.Rows[i], people)
			}
			return out, nil
		})
}

func sightOf(a *identity.Actor) reconcile.Sight {
	return reconcile.Sight{Projects: a.Projects, Locations: a.Locations}
}

func reconciliationOf(s *reconcile.Saved, people map[uuid.UUID]identity.Name) reconciliationItem {
	return reconciliationItem{ReconciliationID: ID{s.ID}, SourceName: s.Source, ComparedBy: s.By, TheirRows: s.TheirRows, Matched: s.Summary.Matched,
		Different: s.Summary.Different, OnlyTheirs: s.Summary.OnlyTheirs, OnlyOurs: s.Summary.OnlyOurs, Accuracy: Num(s.Summary.Accuracy()),
		CreatedBy: people[s.CreatedBy].Display, CreatedAt: Time{s.CreatedAt}}
}

type getReconciliationIn struct {
	ReconciliationID ID       `json:"reconciliation_id" req:"1" doc:"Conciliação | Reconciliation"`
	Outcome          []string `json:"outcome,omitzero" enum:"outcome" max:"4" doc:"Só linhas destas situações | Only rows of these outcomes"`
	pageArgs
}

type savedRow struct {
	Outcome string `json:"outcome" enum:"outcome"`
	reconciledRow
}

type getReconciliationOut struct {
	Found bool `json:"found"`
	reconciliationItem
	Count      int        `json:"count"`
	Rows       []savedRow `json:"rows"`
	HasMore    bool       `json:"has_more"`
	NextCursor string     `json:"next_cursor,omitzero"`
}

func (d *Deps) getReconciliation() *Operation {
	return define(spec{name: "sga_get_reconciliation", text: textGetReconciliation(), risk: Read, roles: everyone()},
		func(ctx context.Context, c *Call, in *getReconciliationIn) (*getReconciliationOut, error) {
			kinds, err := kindsOf(in.Outcome)
			if err != nil {
				return nil, err
			}
			p, err := d.Store.Reconciliation(ctx, sightOf(c.Actor), in.ReconciliationID.UUID, kinds, in.page())
			if err != nil {
				return nil, err
			}
			people, err := d.Store.Names(ctx, []uuid.UUID{p.Saved.CreatedBy})
			if err != nil {
				return nil, err
			}
			out := &getReconciliationOut{Found: true, reconciliationItem: reconciliationOf(&p.Saved, people), Count: len(p.Rows),
				Rows: make([]savedRow, len(p.Rows)), HasMore: p.Next != "", NextCursor: p.Next}
			for i := range p.Rows {
				out.Rows[i] = savedRow{Outcome: p.Rows[i].Kind.String(), reconciledRow: reconciledOf(&p.Rows[i])}
			}
			return out, nil
		})
}

func outcomes() []reconcile.Kind {
	return []reconcile.Kind{reconcile.Matched, reconcile.Different, reconcile.OnlyTheirs, reconcile.OnlyOurs}
}

func kindsOf(names []string) ([]reconcile.Kind, error) {
	var kinds []reconcile.Kind
	for i, name := range names {
		at := slices.IndexFunc(outcomes(), func(k reconcile.Kind) bool { return k.String() == strings.ToLower(strings.TrimSpace(name)) })
		if at < 0 {
			return nil, fault.InvalidArgument.With("Valor %q desconhecido.", "Unknown value %q.", name).On("outcome["+itoa(i)+"]").
				Detail("allowed", vocabulary("outcome"))
		}
		kinds = append(kinds, outcomes()[at])
	}
	return kinds, nil
}
