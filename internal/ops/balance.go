package ops

import (
	"context"
	"strings"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
)

type getBalanceIn struct {
	PartNumber string `json:"part_number" req:"1" max:"100" doc:"Part number exato | Exact part number"`
	LocationID string `json:"location_id,omitzero" max:"50" doc:"Código do local; inclui os locais dentro dele | Location code; includes the places below it"`
	ProjectID  string `json:"project_id,omitzero" max:"50" doc:"Código do projeto | Project code"`
	Condition  string `json:"condition,omitzero" enum:"condition" doc:"Condição | Condition"`
	momentArgs
}

type balanceSummary struct {
	Total     Number `json:"total_quantity"`
	Reserved  Number `json:"total_reserved"`
	Available Number `json:"total_available"`
}

// placeBalance is the balance of the part at one place, for one project, in one condition.
type placeBalance struct {
	BalanceID      string `json:"balance_id"` // the four codes that name a balance
	PartNumber     string `json:"part_number"`
	Description    string `json:"description"`
	LocationCode   string `json:"location_code"`
	LocationName   string `json:"location_name"`
	ProjectCode    string `json:"project_code"`
	ProjectName    string `json:"project_name"`
	Condition      string `json:"condition" enum:"condition"`
	Total          Number `json:"quantity_total"`
	Reserved       Number `json:"quantity_reserved"`
	Available      Number `json:"quantity_available"`
	LastMovementAt *Time  `json:"last_movement_at"`
	LastCountAt    *Time  `json:"last_count_at"`
}

type getBalanceOut struct {
	Found       bool           `json:"found"`
	PartNumber  string         `json:"part_number"`
	Description string         `json:"description"`
	Unit        string         `json:"unit_of_measure"`
	AsOf        *Date          `json:"as_of,omitzero"`
	KnownAt     *Time          `json:"known_at,omitzero"`
	Summary     balanceSummary `json:"summary"`
	ByLocation  []placeBalance `json:"by_location"`
}

// getBalance answers how much there is of a part. A part without stock is found, with zeros.
func (d *Deps) getBalance() *Operation {
	return define(spec{name: "sga_get_balance", text: textGetBalance(), risk: Read, roles: everyone()},
		func(ctx context.Context, c *Call, in *getBalanceIn) (*getBalanceOut, error) {
			f, err := d.balanceFilter(c.Actor, where{in.PartNumber, in.LocationID, in.ProjectID}, in.Condition)
			if err != nil {
				return nil, err
			}
			rows, err := d.balancesAt(ctx, scopeOf(c.Actor, d.Store.Catalog()), f, in.moment())
			if err != nil {
				return nil, err
			}
			n := names{d.Store.Catalog()}
			part := n.part(f.Part)
			out := &getBalanceOut{Found: true, PartNumber: part.Number, Description: part.Description, Unit: part.Unit,
				AsOf: dayPtr(in.AsOf.Date), KnownAt: timePtr(in.KnownAt.Time), ByLocation: make([]placeBalance, len(rows))}
			for i := range rows {
				out.ByLocation[i] = n.placeBalance(part, &rows[i])
			}
			out.Summary, err = summarize(rows)
			return out, err
		})
}

func (d *Deps) balancesAt(ctx context.Context, scope stock.Scope, f stock.BalanceFilter, m stock.Moment) ([]stock.BalanceRow, error) {
	if m.IsNow() {
		return d.Store.PartBalances(ctx, scope, f)
	}
	p, err := d.Store.StockAt(ctx, scope, stock.StockAtFilter{BalanceFilter: f, Moment: m}, stock.Page{})
	if err != nil {
		return nil, err
	}
	return p.Rows, nil
}

func (n names) placeBalance(part *stock.Part, r *stock.BalanceRow) placeBalance {
	at, owner := n.place(r.Location), n.project(r.Project)
	return placeBalance{BalanceID: strings.Join([]string{part.Number, at.Code, owner.Code, string(r.Condition)}, "|"),
		PartNumber: part.Number, Description: part.Description, LocationCode: at.Code, LocationName: at.Name,
		ProjectCode: owner.Code, ProjectName: owner.Name, Condition: string(r.Condition),
		Total: Num(r.Total), Reserved: Num(r.Reserved), Available: Num(r.Available()),
		LastMovementAt: timePtr(r.LastMovementAt), LastCountAt: timePtr(r.LastCountAt)}
}

func summarize(rows []stock.BalanceRow) (balanceSummary, error) {
	var total, reserved stock.Quantity
	for i := range rows {
		var err error
		if total, err = total.Add(rows[i].Total); err != nil {
			return balanceSummary{}, fault.Internal.With("Erro interno.", "Internal error.").Because(err)
		}
		if reserved, err = reserved.Add(rows[i].Reserved); err != nil {
			return balanceSummary{}, fault.Internal.With("Erro interno.", "Internal error.").Because(err)
		}
	}
	sum := stock.Balance{Total: total, Reserved: reserved}
	return balanceSummary{Num(total), Num(reserved), Num(sum.Available())}, nil
}
