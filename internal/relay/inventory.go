package relay

import (
	"context"
	"maps"
	"slices"
	"sync/atomic"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/item"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
)

// Facts reads what events touch, from the ledger; package postgres satisfies it.
type Facts interface {
	Facts(ctx context.Context, k stock.FactKeys) (*stock.Facts, error)
}

// Names of the consumers that fill the keyed tables.
const (
	InventoryConsumer = "inventory"
	TasksConsumer     = "hil-tasks"
	AuditConsumer     = "audit-log"
)

// projection is a consumer that writes items. What it writes depends on the ledger alone and never on the
// moment, so that it may be done again, and a rebuild makes the same.
type projection struct {
	name  string
	table *item.Table
	store item.Store
	// items gives what a batch of events makes, each key once.
	items func(ctx context.Context, events []stock.LogEvent) ([]item.Write, error)
	wrote func() // after items were written; nil: nothing
}

// Name implements Consumer.
func (p *projection) Name() string { return p.name }

// Deliver implements Consumer: one read of facts and one write of items for all events. Where a batch can never
// be written, its events are tried one by one, so that only the one at fault is given up.
func (p *projection) Deliver(ctx context.Context, events []stock.LogEvent) (int, error) {
	err := p.write(ctx, events)
	if err == nil {
		return len(events), nil
	}
	if fault.Of(err).Retryable || len(events) == 1 {
		return 0, err
	}
	for i := range events {
		if err := p.write(ctx, events[i:i+1]); err != nil {
			return i, err
		}
	}
	return len(events), nil
}

func (p *projection) write(ctx context.Context, events []stock.LogEvent) error {
	writes, err := p.items(ctx, events)
	if err != nil || len(writes) == 0 {
		return err
	}
	if err := p.store.PutAll(ctx, p.table, writes); err != nil {
		return err
	}
	if p.wrote != nil {
		p.wrote()
	}
	return nil
}

// NewInventory makes the consumer that fills the event table.
func NewInventory(store item.Store, facts Facts) Consumer {
	var founded atomic.Bool // the master data that no event told of is part of the first batch
	p := &projection{name: InventoryConsumer, table: item.Inventory(), store: store, wrote: func() { founded.Store(true) }}
	p.items = func(ctx context.Context, events []stock.LogEvent) ([]item.Write, error) {
		k := keysOf(events)
		k.Founding = !founded.Load()
		f, err := facts.Facts(ctx, k)
		if err != nil {
			return nil, err
		}
		w := &writes{table: p.table}
		w.inventory(f)
		return w.list, w.err
	}
	return p
}

// NewTasks makes the consumer that fills the table of human-in-the-loop tasks.
func NewTasks(store item.Store, facts Facts) Consumer {
	p := &projection{name: TasksConsumer, table: item.Tasks(), store: store}
	p.items = func(ctx context.Context, events []stock.LogEvent) ([]item.Write, error) {
		k := keysOf(events)
		f, err := facts.Facts(ctx, stock.FactKeys{Tasks: k.Tasks, Documents: k.Documents, TaskChildren: true})
		if err != nil {
			return nil, err
		}
		w := &writes{table: p.table}
		w.tasks(f)
		return w.list, w.err
	}
	return p
}

// keysOf sorts the entities of events by kind, each once. Kinds that no table shows are left out.
func keysOf(events []stock.LogEvent) stock.FactKeys {
	var k stock.FactKeys
	sets := map[*[]uuid.UUID]map[uuid.UUID]bool{}
	for _, e := range events {
		var list *[]uuid.UUID
		switch e.Kind {
		case "movement":
			list = &k.Movements
		case "asset_state":
			k.States, k.StatesAt = append(k.States, e.EntityID), append(k.StatesAt, e.Sequence)
			list = &k.Assets
		case "asset_changed":
			list = &k.Assets
		case "divergence_created", "divergence_changed":
			list = &k.Divergences
		case "document_added", "document_changed":
			list = &k.Documents
		case "project":
			list = &k.Projects
		case "location":
			list = &k.Locations
		case "part_number":
			list = &k.Parts
		default:
			if !isTaskKind(e.Kind) {
				continue
			}
			list = &k.Tasks
		}
		if sets[list] == nil {
			sets[list] = map[uuid.UUID]bool{}
		}
		sets[list][e.EntityID] = true
	}
	for list, set := range sets {
		*list = slices.SortedFunc(maps.Keys(set), func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	}
	return k
}

// isTaskKind reports whether an event is of a task, whatever happened to it.
func isTaskKind(kind string) bool { return len(kind) > 5 && kind[:5] == "task_" }
