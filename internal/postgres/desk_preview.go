package postgres

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
)

// world is what a proposal depends on beside its steps. When it changes, what was shown is no longer
// what would happen: the rule that holds it, the state of a named serial, the figure that a count was
// compared with. Movements of others only refresh the figures, and whether enough is left is asked under
// lock (I8).
type world struct {
	Steps  []approval.Step   `json:"steps"`
	Rule   string            `json:"rule"`
	Assets []worldAsset      `json:"assets,omitempty"`
	Before map[string]string `json:"before,omitempty"`
}

type worldAsset struct {
	Serial    string `json:"serial"`
	Status    string `json:"status"`
	Location  int32  `json:"location"`
	Condition string `json:"condition"`
}

// fingerprint binds a decision to exactly what was shown.
func fingerprint(steps []approval.Step, d *decided) string {
	w := world{Steps: nonNilSlice(steps), Rule: d.rule.Name, Before: map[string]string{}}
	for _, events := range d.events {
		for i := range events {
			w.see(&events[i], d.changes)
		}
	}
	sum := sha256.Sum256([]byte(marshal(w)))
	return hex.EncodeToString(sum[:16])
}

func (w *world) see(e *stock.Event, changes []stock.Change) {
	for _, a := range e.Assets {
		if b := a.Before; b != nil {
			w.Assets = append(w.Assets, worldAsset{a.Key.Serial, string(b.Status), int32(b.Location), string(b.Condition)})
		}
	}
	m := e.Movement
	if m == nil || m.Papers.CountID == uuid.Nil { // only a count says how much there was
		return
	}
	for _, c := range changesOf(m, changes) {
		w.Before[fmt.Sprint(c.Key)] = c.Before.Total.Trim(0).String()
	}
}

// effectsOf renders balances before and after in codes.
func effectsOf(cat *catalog, changes []stock.Change) []approval.Effect {
	out := make([]approval.Effect, 0, len(changes))
	for _, c := range changes {
		e := approval.Effect{Condition: string(c.Key.Condition), Before: c.Before.Total, After: c.After.Total, Reserved: c.After.Reserved}
		if p, ok := cat.PartByKey(c.Key.Part); ok {
			e.PartNumber = p.Number
		}
		if l, ok := cat.LocationByKey(c.Key.Location); ok {
			e.Location = l.Code
		}
		if p, ok := cat.ProjectByKey(c.Key.Project); ok {
			e.Project = p.Code
		}
		out = append(out, e)
	}
	return out
}

// describeTask fills in what the queue shows and filters by: a line of text, value, evidence, codes.
func describeTask(t *approval.Task, cat *catalog, d *decided) {
	t.Summary, t.SummaryEN = stepsSummary(t.Steps)
	for _, e := range t.Effect {
		t.Projects, t.Locations = appendNew(t.Projects, e.Project), appendNew(t.Locations, e.Location)
	}
	for _, events := range d.events {
		for _, e := range events {
			if m := e.Movement; m != nil {
				describeMovement(t, cat, m)
			}
		}
	}
}

// describeEdit adds the project or place that an edit of master data is about, so that only who sees it
// sees the proposal.
func (s *session) describeEdit(t *approval.Task, step *approval.Step) {
	switch {
	case step.Project != nil && !step.Project.Create:
		t.Projects = appendNew(t.Projects, stock.Fold(step.Project.Code))
	case step.Location != nil:
		if e := step.Location; !e.Create {
			t.Locations = appendNew(t.Locations, stock.Fold(e.Code))
		}
		if e := step.Location; e.Parent != nil {
			t.Locations = appendNew(t.Locations, stock.Fold(*e.Parent))
		}
	case step.Asset != nil:
		part, _ := s.catalog.Part(stock.Fold(step.Asset.PartNumber))
		a := s.state.Assets[stock.AssetKey{Part: part.Key, Serial: stock.SerialKey(step.Asset.Serial)}]
		if p, ok := s.catalog.ProjectByKey(a.Project); ok {
			t.Projects = appendNew(t.Projects, p.Code)
		}
		if l, ok := s.catalog.LocationByKey(a.Location); ok {
			t.Locations = appendNew(t.Locations, l.Code)
		}
	}
}

func describeMovement(t *approval.Task, cat *catalog, m *stock.Movement) {
	if p, ok := cat.ProjectByKey(m.Project); ok {
		t.Projects = appendNew(t.Projects, p.Code)
	}
	if part, ok := cat.PartByKey(m.Part); ok {
		if v := valueOf(part, m.Quantity); v != nil {
			sum := *v
			if t.Value != nil {
				if both, err := t.Value.Add(*v); err == nil {
					sum = both
				}
			}
			t.Value = &sum
		} else {
			t.ValueUnknown = true
		}
	}
	if m.Papers.Confidence != nil && (t.Confidence == nil || m.Papers.Confidence.Cmp(*t.Confidence) < 0) {
		t.Confidence = m.Papers.Confidence
	}
	if at, ok := cat.LocationByKey(m.Delivery); ok {
		t.Locations = appendNew(t.Locations, at.Code)
	}
	t.Evidence = append(t.Evidence, m.Papers.EvidenceIDs...)
	if m.ReversalOf != uuid.Nil {
		t.Reference = m.ReversalOf
	}
	if m.Papers.CountID != uuid.Nil {
		t.Reference = m.Papers.CountID
	}
}

func appendNew(list []string, s string) []string {
	if s == "" || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// stepsSummary says in one line what would be done.
func stepsSummary(steps []approval.Step) (pt, en string) {
	if len(steps) == 0 {
		return "", ""
	}
	pt, en = stepSummary(&steps[0])
	if n := len(steps) - 1; n > 0 {
		pt += fmt.Sprintf(" e mais %d", n)
		en += fmt.Sprintf(" and %d more", n)
	}
	return pt, en
}

func stepSummary(s *approval.Step) (pt, en string) {
	switch {
	case s.Move != nil:
		m := s.Move
		where := m.Source
		if m.Destination != "" {
			where = strings.TrimSpace(where + " → " + m.Destination)
		}
		line := fmt.Sprintf("%s %s × %s %s", m.Type, m.Quantity.Trim(0), m.PartNumber, where)
		return line, line
	case s.Reversal != nil:
		return "Estorno de " + s.Reversal.Original.String(), "Reversal of " + s.Reversal.Original.String()
	case s.StateChange != nil:
		return s.StateChange.Serial + " → " + string(s.StateChange.To), s.StateChange.Serial + " → " + string(s.StateChange.To)
	case s.Project != nil:
		return editSummary(s.Project.Create, "projeto", "project", s.Project.Code)
	case s.Location != nil:
		return editSummary(s.Location.Create, "local", "location", s.Location.Code)
	case s.Part != nil:
		return editSummary(s.Part.Create, "part number", "part number", s.Part.Number)
	case s.Asset != nil:
		return editSummary(false, "ativo", "asset", s.Asset.Serial)
	case s.Autonomy != nil:
		a := s.Autonomy
		return "Autonomia de " + a.Client + " em " + a.Operation + ": " + string(a.Level), "Autonomy of " + a.Client + " in " + a.Operation + ": " + string(a.Level)
	}
	return "Contagem", "Count"
}

func editSummary(create bool, pt, en, code string) (string, string) {
	if create {
		return "Criar " + pt + " " + code, "Create " + en + " " + code
	}
	return "Alterar " + pt + " " + code, "Change " + en + " " + code
}

// taskPayload is what followers of the event log see of a task.
func taskPayload(t *approval.Task) []byte {
	return []byte(marshal(map[string]any{"task_id": t.ID, "task_type": t.Type, "task_status": t.Status, "priority": t.Priority,
		"summary": t.Summary, "approvals": t.Approvals, "approvals_needed": t.Needed, "projects": nonNil(t.Projects), "locations": nonNil(t.Locations)}))
}

// resultOf keeps which rows an approved task made, so that what was executed can be held against what was shown.
func resultOf(o *approval.Outcome) []byte {
	type made struct {
		MovementID uuid.UUID `json:"movement_id,omitzero"`
		Sequence   int64     `json:"sequence,omitzero"`
		EntityID   uuid.UUID `json:"entity_id,omitzero"`
	}
	out := make([]made, len(o.Posted))
	for i, p := range o.Posted {
		out[i].EntityID = p.EntityID
		if p.Movement != nil {
			out[i].MovementID, out[i].Sequence = p.Movement.ID, p.Movement.Sequence
		}
	}
	raw, err := json.Marshal(out)
	if err != nil {
		return []byte("[]")
	}
	return raw
}
