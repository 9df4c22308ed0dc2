package ops

import (
	"bytes"
	"context"
	"crypto/sha256"
	"time"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/stock"
	"github.com/go-json-experiment/json"
	"github.com/google/uuid"
)

// reservationLife is how long a reservation lasts when nobody says: a working week and its weekend.
const reservationLife = 7 * 24 * time.Hour

// request makes the desk's request of a call. in is the decoded input: its canonical form is what the
// idempotency key is bound to, so that spelling and order of the JSON do not matter and digits do.
func (d *Deps) request(c *Call, in any, key string, steps []approval.Step) *approval.Request {
	r := &approval.Request{Actor: c.Actor, Door: c.Door, Origin: c.Origin, Operation: c.Operation.Name, Key: key, Steps: steps, Arguments: c.Arguments}
	if key != "" {
		r.Hash = hashOf(in)
	}
	return r
}

func hashOf(in any) [32]byte {
	raw, err := json.Marshal(in, json.Deterministic(true))
	if err != nil { // inputs are our own types, all of which can be written
		return [32]byte{}
	}
	return sha256.Sum256(raw)
}

// writing is what a write operation hands to the desk.
type writing struct {
	key    string // idempotency key; empty for none
	steps  []approval.Step
	render func(*approval.Outcome) []byte
}

// submit passes steps over the desk and gives the rendered answer.
func (d *Deps) submit(ctx context.Context, c *Call, in any, w writing) ([]byte, error) {
	r := d.request(c, in, w.key, w.steps)
	r.Render = w.render
	o, err := d.Desk.Submit(ctx, r)
	if err != nil {
		return nil, err
	}
	return d.answer(c, o)
}

// answer gives the answer of an outcome. A replay has no effect and so no audit row of its own yet.
func (d *Deps) answer(c *Call, o *approval.Outcome) ([]byte, error) {
	if o.Replay {
		r := approval.CallRecord{Door: c.Door, Origin: c.Origin, Operation: c.Operation.Name, Result: "replay", Arguments: c.Arguments}
		if err := d.Store.RecordCall(d.Now(), c.Actor, r); err != nil {
			return nil, err
		}
	}
	return presentAnswer(o), nil
}

// presentAnswer is the answer of an outcome; a replay is the first answer with the present task_status.
func presentAnswer(o *approval.Outcome) []byte {
	if !o.Replay || o.Task == nil {
		return o.Answer
	}
	raw, now := o.Answer, []byte(`"task_status":"`+string(o.Task.Status)+`"`)
	for _, was := range []approval.TaskStatus{approval.Pending, approval.InProgress} { // as answers write it; inside a text of the caller's the quotes would be escaped
		raw = bytes.ReplaceAll(raw, []byte(`"task_status":"`+string(was)+`"`), now)
	}
	return raw
}

// encoded renders an output of our own types.
func encoded(v any) []byte {
	raw, err := Encode(v)
	if err != nil {
		return []byte("{}")
	}
	return raw
}

func replayedRow(o *approval.Outcome) movementRow {
	var row movementRow
	if err := json.Unmarshal(presentAnswer(o), &row.movementOut); err != nil {
		return refusedRow(err)
	}
	return row
}

func (d *Deps) renderMovement(c *Call) func(*approval.Outcome) []byte {
	return func(o *approval.Outcome) []byte {
		out := d.movementOut(o, 0)
		out.Unproven = c.unproven
		return encoded(out)
	}
}

func (d *Deps) renderMovements(c *Call) func(*approval.Outcome) []byte {
	return func(o *approval.Outcome) []byte {
		out := d.movementsOut(o)
		out.Unproven = c.unproven
		return encoded(out)
	}
}

func (d *Deps) movementsOut(o *approval.Outcome) *movementsOut {
	out := &movementsOut{Status: string(o.Status), Results: []movementRow{}}
	if o.Status == approval.StatusWaiting {
		out.TaskID, out.TaskStatus, out.Waiting = ID{o.Task.ID}, string(o.Task.Status), len(o.Task.Steps)
		for i := range o.Task.Steps {
			out.Results = append(out.Results, movementRow{movementOut: d.movementOut(o, i)})
		}
		return out
	}
	for i := range o.Posted {
		out.Results = append(out.Results, movementRow{movementOut: d.movementOut(o, i)})
	}
	out.Posted = len(out.Results)
	return out
}

// movementOut is the answer to step i of an outcome.
func (d *Deps) movementOut(o *approval.Outcome, i int) movementOut {
	out := movementOut{Success: true, Status: string(o.Status), Balances: []balanceAfter{}, Rule: o.Rule.Name}
	if o.Task != nil {
		out.TaskID, out.TaskStatus = ID{o.Task.ID}, string(o.Task.Status)
	}
	if o.Status == approval.StatusWaiting {
		out.Message, out.MessageEN = "Aguarda aprovação: "+o.Rule.Reason, "Waits for approval: "+o.Rule.ReasonEN
		if m := o.Task.Steps[i].Move; m != nil {
			out.MovementType = string(m.Type)
		}
		return out
	}
	p := &o.Posted[i]
	out.Message, out.MessageEN = "Movimento registrado.", "Movement posted."
	out.Review = o.Rule.Action == approval.Mark || o.Rule.Action == approval.Review
	if m := p.Movement; m != nil {
		out.MovementID, out.Sequence, out.MovementType = ID{m.ID}, m.Sequence, string(m.Type)
		out.MovementDate, out.MovementOn = Time{m.RecordedAt}, Day(m.MovementOn)
		out.ReversalOf = ID{m.ReversalOf}
	} else {
		out.Message, out.MessageEN = "Estado alterado.", "State changed."
	}
	if p.Reservation != nil {
		out.ReservationID = ID{p.Reservation.ID}
	}
	cat := d.Store.Catalog()
	for _, ch := range p.Changes {
		out.Balances = append(out.Balances, afterOf(cat, ch))
	}
	return out
}

func afterOf(cat stock.Catalog, ch stock.Change) balanceAfter {
	b := balanceAfter{Condition: string(ch.Key.Condition), Total: Num(ch.After.Total), Reserved: Num(ch.After.Reserved), Available: Num(ch.After.Available())}
	if l, ok := cat.LocationByKey(ch.Key.Location); ok {
		b.LocationCode = l.Code
	}
	if p, ok := cat.ProjectByKey(ch.Key.Project); ok {
		b.ProjectCode = p.Code
	}
	return b
}

// entityOut answers a write of master data or of a count.
type entityOut struct {
	Success    bool   `json:"success"`
	Status     string `json:"status" enum:"write_status"`
	TaskStatus string `json:"task_status,omitzero" enum:"task_status"`
	TaskID     ID     `json:"task_id,omitzero"`
	ID         ID     `json:"id"` // of what was made or changed; null while it waits
	CountID    ID     `json:"count_id,omitzero"`
	Code       string `json:"code,omitzero"`
	Rule       string `json:"rule"`
	Message    string `json:"message"`
	MessageEN  string `json:"message_en"`
}

// renderEntity renders the outcome of one step of master data.
func renderEntity(code string) func(*approval.Outcome) []byte {
	return func(o *approval.Outcome) []byte { return encoded(entityOf(o, code)) }
}

func entityOf(o *approval.Outcome, code string) entityOut {
	out := entityOut{Success: true, Status: string(o.Status), Code: code, Rule: o.Rule.Name, Message: "Registrado.", MessageEN: "Saved."}
	if o.Task != nil {
		out.TaskID, out.TaskStatus = ID{o.Task.ID}, string(o.Task.Status)
	}
	if o.Status == approval.StatusWaiting {
		out.Message, out.MessageEN = "Aguarda aprovação: "+o.Rule.Reason, "Waits for approval: "+o.Rule.ReasonEN
	} else if id := o.Posted[0].EntityID; id != uuid.Nil {
		out.ID = ID{id}
	}
	return out
}
