package demo

import (
	"context"
	"fmt"
	"strings"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/stock"
	"github.com/govalues/decimal"
)

// editsAtOnce keeps the requests of master data short: they run alone.
const editsAtOnce = 100

// masterData creates projects, places and part numbers. What a place lies in must be there before it,
// so the levels of the tree go one after the other.
func (l *loader) masterData(ctx context.Context) error {
	levels := [][]approval.Step{l.projects()}
	levels = append(levels, l.places()...)
	levels = append(levels, l.parts())
	for i, steps := range levels {
		for from := 0; from < len(steps); from += editsAtOnce {
			part := steps[from:min(from+editsAtOnce, len(steps))]
			if err := l.edit(ctx, fmt.Sprintf("master-%d-%d", i, from), part...); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *loader) projects() []approval.Step {
	var steps []approval.Step
	for i, client := range clients() {
		short := strings.ToUpper(client[:4])
		for j, what := range undertakings() {
			code, name := fmt.Sprintf("%s-%d", short, j+1), what+" · "+client
			contract := fmt.Sprintf("CT-%d-%03d", l.anchor.Year-1, 100+10*i+j)
			starts := l.anchor.AddDays(-30 * (months + i))
			steps = append(steps, approval.Step{Project: &approval.ProjectEdit{Create: true, ID: l.ids.next(l.anchor), Code: code, Name: &name,
				Client: &client, Contract: &contract, StartsOn: &starts}})
		}
	}
	return steps
}

// places gives the levels of the tree: roots, what lies in them, and the shelves.
func (l *loader) places() [][]approval.Step {
	all := sites()
	for i, name := range l.Technicians {
		home := basesOfTechnicians()[i%len(basesOfTechnicians())]
		all = append(all, site{fmt.Sprintf("TEC-%02d", i+1), "Técnico " + name, stock.TechnicianPlace, "", home[0], home[1], nil})
	}
	for i, client := range clients() {
		home := basesOfTechnicians()[(i+3)%len(basesOfTechnicians())]
		all = append(all, site{"CLI-" + strings.ToUpper(client[:4]), client, stock.Customer, "", home[0], home[1], nil})
	}
	depth := map[string]int{}
	levels := make([][]approval.Step, 3)
	for _, s := range all {
		depth[s.code] = 0
		e := &approval.LocationEdit{Create: true, ID: l.ids.next(l.anchor), Code: s.code, Name: &s.name, Type: s.kind, City: &s.city, State: &s.uf, Policies: s.policies}
		if s.parent != "" {
			e.Parent = &s.parent
			depth[s.code] = depth[s.parent] + 1
		}
		levels[depth[s.code]] = append(levels[depth[s.code]], approval.Step{Location: e})
	}
	return levels
}

func (l *loader) parts() []approval.Step {
	var steps []approval.Step
	r := newRand(l.Seed, "parts")
	for _, f := range families() {
		for i := range f.members {
			steps = append(steps, approval.Step{Part: l.part(f, i, len(steps), r.Int64N(90))})
		}
	}
	return steps
}

// part is a member of a family; the dearer ones come later, and dice moves the price by some percent.
func (l *loader) part(f family, i, n int, dice int64) *approval.PartEdit {
	maker := makers()[(i+n)%len(makers())]
	number := fmt.Sprintf("%s-%s%02d", f.prefix, strings.ToUpper(maker[:2]), 10+i)
	text := fmt.Sprintf(f.text, 4*(1+i%6)) + " " + maker
	model := fmt.Sprintf("%s %d", maker, 100*(1+i))
	cost := decimal.MustNew(f.cost*(100+dice+12*int64(i)), 2)
	sap := fmt.Sprintf("%018d", 200_001+n)
	minimum, reorder, most := stock.Whole(int64(4+n%9)), stock.Whole(int64(8+n%17)), stock.Whole(int64(400+10*(n%40)))
	if f.fractional {
		minimum, reorder, most = stock.Whole(200), stock.Whole(500), stock.Whole(20_000)
	}
	if f.serialized {
		most = stock.Whole(120)
	}
	return &approval.PartEdit{Create: true, ID: l.ids.next(l.anchor), Number: number, Description: &text, Category: &f.category, Manufacturer: &maker,
		Model: &model, Unit: &f.unit, NCM: &f.ncm, Serialized: f.serialized, Fractional: f.fractional, MandatoryReturn: &f.returns, Minimum: &minimum,
		Maximum: &most, ReorderPoint: &reorder, UnitCost: &cost, SupplierCodes: []string{fmt.Sprintf("%s%05d", strings.ToUpper(maker[:3]), 4000+7*n)}, SAPMaterial: &sap}
}
