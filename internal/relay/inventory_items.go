package relay

import (
	"fmt"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/item"
	"github.com/faiston/nexo/internal/stock"
	"github.com/go-json-experiment/json"
)

// writes collects the items of a batch.
type writes struct {
	table *item.Table
	list  []item.Write
	err   error
}

// entry is an item before its body is written.
type entry struct {
	key     item.Key
	version int64
	kind    item.ConditionKind
	ends    time.Time
	index   map[string]item.Key
	body    any
}

// add appends an item; the first failure is kept.
func (w *writes) add(e entry) {
	if w.err != nil {
		return
	}
	raw, err := json.Marshal(e.body)
	if err == nil {
		raw, err = item.Canonical(raw)
	}
	if err != nil {
		w.err = fault.InvalidArgument.With("O item %s não pode ser escrito.", "The item %s cannot be written.", e.key.Partition).Because(err)
		return
	}
	w.list = append(w.list, item.Write{If: item.Condition{Kind: e.kind},
		Item: item.Item{Key: e.key, Version: e.version, ExpiresAt: e.ends, Index: e.index, Body: raw}})
}

// inventory adds everything that facts say to the event table.
func (w *writes) inventory(f *stock.Facts) {
	w.list = make([]item.Write, 0, 2*len(f.Movements)+len(f.Timeline)+len(f.Balances)+len(f.Assets)+8)
	for i := range f.Movements {
		w.movement(&f.Movements[i])
	}
	for i := range f.Timeline {
		w.timeline(&f.Timeline[i])
	}
	for i := range f.Balances {
		w.balance(&f.Balances[i])
	}
	for i := range f.Assets {
		w.asset(&f.Assets[i])
	}
	for i := range f.Reservations {
		w.reservation(&f.Reservations[i])
	}
	for i := range f.Tasks {
		w.taskSummary(&f.Tasks[i])
	}
	for i := range f.Divergences {
		w.divergence(&f.Divergences[i])
	}
	for i := range f.Documents {
		w.document(&f.Documents[i])
	}
	w.masterData(f)
}

// movementBody is a movement with as many of its assets as fit.
type movementBody struct {
	Entity string `json:"entity_type"`
	stock.MovementFact
	Assets int `json:"asset_count,omitzero"`
}

// movement stands at its destination, or at its source where it leaves us; where it has two places of ours
// a small second item makes it found at its source too.
func (w *writes) movement(m *stock.MovementFact) {
	body := movementBody{Entity: "MOVE", MovementFact: *m, Assets: len(m.AssetIDs)}
	body.AssetIDs = firstOf(m.AssetIDs)
	at := m.Destination
	if at == stock.OutsideCode {
		at = m.Source
	}
	order := m.RecordedAt + "#" + m.ID
	w.add(entry{key: item.Key{Partition: key("MOVE", m.ID), Sort: metadata}, version: m.Sequence, kind: item.IfAbsent, body: &body,
		index: map[string]item.Key{
			item.ByLocation: {Partition: key("LOC", at), Sort: "MOVE#" + order},
			item.ByProject:  {Partition: projectKey(m.Project, m.ID), Sort: "MOVE#" + order},
			item.ByDate:     {Partition: sharded("DATE#"+monthOf(m.MovementOn), m.ID), Sort: order},
		}})
	if at == m.Source || m.Source == stock.OutsideCode {
		return
	}
	w.add(entry{key: item.Key{Partition: key("MOVE", m.ID), Sort: "SOURCE"}, version: m.Sequence, kind: item.IfAbsent,
		body:  map[string]any{"entity_type": "MOVE_SOURCE", "movement_id": m.ID, "movement_type": m.Type, "part_number": m.PartNumber, "quantity": m.Quantity},
		index: map[string]item.Key{item.ByLocation: {Partition: key("LOC", m.Source), Sort: "MOVE#" + order}}})
}

// timeline is one entry an asset and a movement or a change of state.
func (w *writes) timeline(e *stock.AssetEventFact) {
	w.add(entry{key: item.Key{Partition: key("ASSET", e.AssetID), Sort: fmt.Sprintf("EVENT#%s#%010d", e.RecordedAt, e.Version)},
		version: e.Sequence, kind: item.IfAbsent,
		body: struct {
			Entity string `json:"entity_type"`
			*stock.AssetEventFact
		}{"ASSET_EVENT", e},
		index: map[string]item.Key{item.ByAsset: {Partition: key("TIMELINE", e.AssetID), Sort: fmt.Sprintf("%s#EVENT#%010d", e.RecordedAt, e.Version)}}})
}

func (w *writes) balance(b *stock.BalanceFact) {
	id := b.Location + "#" + b.PartNumber + "#" + b.Project + "#" + b.Condition
	number := stock.Fold(b.PartNumber)
	w.add(entry{key: item.Key{Partition: key("BALANCE", b.Location, number), Sort: "PROJ#" + part(b.Project) + "#COND#" + b.Condition},
		version: b.Version, kind: item.IfNewer,
		body: struct {
			Entity string `json:"entity_type"`
			*stock.BalanceFact
		}{"BALANCE", b},
		index: map[string]item.Key{
			item.ByLocation: {Partition: key("LOC", b.Location), Sort: key("BALANCE", number, b.Project, b.Condition)},
			item.ByProject:  {Partition: projectKey(b.Project, id), Sort: key("BALANCE", b.Location, number, b.Condition)},
		}})
}

func (w *writes) asset(a *stock.AssetFact) {
	w.add(entry{key: item.Key{Partition: key("ASSET", a.ID), Sort: metadata}, version: a.Version, kind: item.IfNewer,
		body: struct {
			Entity string `json:"entity_type"`
			*stock.AssetFact
		}{"ASSET", a},
		index: map[string]item.Key{
			item.BySerial:   {Partition: key("SERIAL", a.SerialKey), Sort: key("ASSET", a.ID)},
			item.ByLocation: {Partition: key("LOC", a.Location), Sort: key("ASSET", a.ID)},
			item.ByProject:  {Partition: projectKey(a.Project, a.ID), Sort: key("ASSET", a.CreatedAt, a.ID)},
			item.ByStatus:   {Partition: sharded("STATUS#"+a.Status, a.ID), Sort: key("ASSET", a.CreatedAt, a.ID)},
		}})
}

func (w *writes) reservation(r *stock.ReservationFact) {
	cut := *r
	cut.Serials = firstOf(r.Serials)
	w.add(entry{key: item.Key{Partition: key("RESERVE", r.ID), Sort: metadata}, version: r.Version, kind: item.IfNewer, ends: endOf(r.ExpiresAt, 0),
		body: struct {
			Entity string `json:"entity_type"`
			*stock.ReservationFact
		}{"RESERVE", &cut},
		index: map[string]item.Key{
			item.ByLocation: {Partition: key("LOC", r.Location), Sort: key("RESERVE", r.ID)},
			item.ByProject:  {Partition: projectKey(r.Project, r.ID), Sort: key("RESERVE", r.ReservedAt, r.ID)},
			item.ByStatus:   {Partition: sharded("STATUS#"+r.Status, r.ID), Sort: key("RESERVE", r.ReservedAt, r.ID)},
			item.ByDate:     {Partition: sharded("DATE#"+monthOf(r.ReservedAt), r.ID), Sort: r.ReservedAt + "#" + r.ID},
		}})
}

// endOf is an instant of the facts plus some time; the zero time, never, for none.
func endOf(at string, more time.Duration) time.Time {
	t, err := time.Parse(time.RFC3339Nano, at)
	if err != nil {
		return time.Time{}
	}
	return t.Add(more).Truncate(time.Second)
}

// taskSummary is what the event table shows of a task; the table of tasks has the whole of it.
func (w *writes) taskSummary(t *stock.TaskFact) {
	w.add(entry{key: item.Key{Partition: key("TASK", t.ID), Sort: metadata}, version: t.Version, kind: item.IfNewer,
		body: map[string]any{"entity_type": "TASK", "task_id": t.ID, "task_type": t.Type, "task_status": t.Status, "priority": t.Priority,
			"operation": t.Operation, "proposed_by": t.ProposedBy, "created_at": t.CreatedAt, "decided_at": t.DecidedAt},
		index: map[string]item.Key{
			item.ByStatus: {Partition: sharded("STATUS#"+t.Status, t.ID), Sort: key("TASK", t.CreatedAt, t.ID)},
			item.ByDate:   {Partition: sharded("DATE#"+monthOf(t.CreatedAt), t.ID), Sort: t.CreatedAt + "#" + t.ID},
		}})
}

func (w *writes) divergence(d *stock.DivergenceFact) {
	cut := *d
	cut.Missing, cut.Unexpected = firstOf(d.Missing), firstOf(d.Unexpected)
	w.add(entry{key: item.Key{Partition: key("DIV", d.ID), Sort: metadata}, version: d.Version, kind: item.IfNewer,
		body: struct {
			Entity string `json:"entity_type"`
			*stock.DivergenceFact
		}{"DIV", &cut},
		index: map[string]item.Key{
			item.ByLocation: {Partition: key("LOC", d.Location), Sort: key("DIV", d.ID)},
			item.ByProject:  {Partition: projectKey(d.Project, d.ID), Sort: key("DIV", d.CreatedAt, d.ID)},
			item.ByStatus:   {Partition: sharded("STATUS#"+d.Status, d.ID), Sort: key("DIV", d.CreatedAt, d.ID)},
			item.ByDate:     {Partition: sharded("DATE#"+monthOf(d.CreatedAt), d.ID), Sort: d.CreatedAt + "#" + d.ID},
		}})
}

func (w *writes) document(d *stock.DocumentFact) {
	cut := *d
	cut.Links = firstOf(d.Links)
	w.add(entry{key: item.Key{Partition: key("DOC", d.ID), Sort: metadata}, version: d.Version, kind: item.IfNewer,
		body: struct {
			Entity string `json:"entity_type"`
			*stock.DocumentFact
		}{"DOC", &cut},
		index: map[string]item.Key{
			item.ByStatus: {Partition: sharded("STATUS#"+d.Status, d.ID), Sort: key("DOC", d.CreatedAt, d.ID)},
			item.ByDate:   {Partition: sharded("DATE#"+monthOf(d.CreatedAt), d.ID), Sort: d.CreatedAt + "#" + d.ID},
		}})
}

// masterData adds parts, places and projects under their codes.
func (w *writes) masterData(f *stock.Facts) {
	for i := range f.Parts {
		p := &f.Parts[i]
		w.add(entry{key: item.Key{Partition: key("PN", stock.Fold(p.Number)), Sort: metadata}, version: p.Version, kind: item.IfNewer,
			body: struct {
				Entity string `json:"entity_type"`
				*stock.PartFact
			}{"PN", p}})
	}
	for i := range f.Locations {
		l := &f.Locations[i]
		w.add(entry{key: item.Key{Partition: key("LOC", l.Code), Sort: metadata}, version: l.Version, kind: item.IfNewer,
			body: struct {
				Entity string `json:"entity_type"`
				*stock.LocationFact
			}{"LOC", l}})
	}
	for i := range f.Projects {
		p := &f.Projects[i]
		w.add(entry{key: item.Key{Partition: key("PROJ", p.Code), Sort: metadata}, version: p.Version, kind: item.IfNewer,
			body: struct {
				Entity string `json:"entity_type"`
				*stock.ProjectFact
			}{"PROJ", p}})
	}
}
