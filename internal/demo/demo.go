// Package demo makes the demo company: a field-service business of invented names with eighteen months
// of stock. Everything is made by code from a seed and passes over the desk like any other write, so
// that the company obeys the same rules, leaves the same audit, and survives the same checks.
//
// A load can be killed at any point: the next one goes on where it stopped. Ids and contents depend on
// the seed and on the day of the first load alone, which the marker keeps, and every request carries
// an idempotency key, so what was posted before is answered and not posted again.
package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
)

// Store is what a load reads back.
type Store interface {
	// Catalog gives the present picture of projects, places and part numbers.
	Catalog() stock.Catalog
	// Task finds a task by id.
	Task(ctx context.Context, id uuid.UUID) (*approval.Task, error)
}

// Actors are in whose names the company's past is made. Admin writes master data, so it needs the role;
// Lead decides what the others propose, and Admin after him where two are asked for, so both need the
// approver's flag and scope. Nobody may be the same person as Lead.
type Actors struct {
	Admin      *identity.Actor
	Lead       *identity.Actor
	Logistics  *identity.Actor
	Operations *identity.Actor
	Technician *identity.Actor
	Agent      *identity.Actor // of kind agent: what it proposes waits
}

// Options of a load.
type Options struct {
	Desk        approval.Desk
	Store       Store
	Keep        Keep // nil: nothing has papers
	Actors      Actors
	Technicians []string  // names of the technicians, whose places are TEC-01 and on; nil: invented ones
	Seed        uint64    // 0: 1
	Now         time.Time // the company's last day; a load that is taken up again keeps the day of the first
	Movements   int       // 0: 30,000; serialised assets are a sixth of it
	Progress    func(done, total int)
}

const (
	usualMovements = 30_000
	months         = 18
	usualSeed      = 1
)

// ErrActors is a load without one of its actors, or with one who decides on his own proposals.
var ErrActors = errors.New("demo: every actor must be given, and Lead must be a person of its own")

// Load makes the company, once: when it is there already it returns at once, and what a killed load
// left is completed.
func Load(ctx context.Context, o Options) error {
	if err := o.check(); err != nil {
		return err
	}
	if Loaded(o.Store.Catalog()) {
		return nil
	}
	l := &loader{Options: o, ids: newIDs(o.Seed, "catalogue")}
	for _, phase := range []func(context.Context) error{l.mark, l.masterData, l.past, l.present, l.finish} {
		if err := phase(ctx); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
	return nil
}

func (o *Options) check() error {
	a := o.Actors
	for _, who := range []*identity.Actor{a.Admin, a.Logistics, a.Operations, a.Technician, a.Agent} {
		if who == nil || a.Lead == nil || who.PersonID == a.Lead.PersonID {
			return ErrActors
		}
	}
	if o.Seed == 0 {
		o.Seed = usualSeed
	}
	if o.Movements == 0 {
		o.Movements = usualMovements
	}
	if o.Progress == nil {
		o.Progress = func(int, int) {}
	}
	if o.Technicians == nil {
		o.Technicians = technicians()
	}
	return nil
}

// loader is one load under way.
type loader struct {
	Options
	ids    *ids
	anchor stock.Date // the company's last day
	yards  []*yard
	sent   counter
}

// markerCode is the inactive project that tells of a load: it starts on the company's last day, and
// ends on it once the load is complete.
const markerCode = "DEMO"

// Loaded reports whether the demo company is complete.
func Loaded(cat stock.Catalog) bool {
	p, ok := cat.Project(markerCode)
	return ok && !p.EndsOn.IsZero()
}

// brazil is the business's time zone; it has had no summer time since 2019 (Decreto 9.772).
func brazil() *time.Location { return time.FixedZone("-03", -3*60*60) }

// mark begins the load, or takes up the day of one that began before.
func (l *loader) mark(ctx context.Context) error {
	if p, ok := l.Store.Catalog().Project(markerCode); ok {
		l.anchor = p.StartsOn
		return nil
	}
	l.anchor = stock.DateOf(l.Now.In(brazil()))
	name, no := "Dados de demonstração", false
	return l.edit(ctx, "marker", approval.Step{Project: &approval.ProjectEdit{Create: true, ID: newIDs(l.Seed, "marker").next(l.anchor), Code: markerCode, Name: &name,
		StartsOn: &l.anchor, Active: &no}})
}

func (l *loader) finish(ctx context.Context) error {
	return l.edit(ctx, "finish", approval.Step{Project: &approval.ProjectEdit{Code: markerCode, EndsOn: &l.anchor}})
}

// edit writes master data as the administrator. What is there already was made by a load before.
func (l *loader) edit(ctx context.Context, key string, steps ...approval.Step) error {
	_, err := l.submit(ctx, key, l.Actors.Admin, steps)
	if fault.CodeOf(err) == fault.AlreadyExists {
		return nil
	}
	return err
}
