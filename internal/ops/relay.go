package ops

import (
	"context"
	"strings"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
)

// Redeliverer sends one event to one consumer again; package relay satisfies it.
type Redeliverer interface {
	// Redeliver fails as the consumer does, or with not_found when the consumer or the event is no more.
	Redeliver(ctx context.Context, consumer string, position int64) error
}

// DeadLetterDesk ends dead letters, each with its audit row in one transaction.
type DeadLetterDesk interface {
	// CloseDeadLetter ends an open one with the status and reason of c; one that is closed is a conflict.
	CloseDeadLetter(ctx context.Context, c stock.DeadLetter, actor *identity.Actor, call approval.CallRecord) error
	// RefailDeadLetter notes another failure.
	RefailDeadLetter(ctx context.Context, id uuid.UUID, e stock.DeliveryError) error
}

// relayKeepers look after deliveries.
func relayKeepers() []identity.Role { return []identity.Role{identity.Admin, identity.Logistics} }

// seesDeliveries holds who looks after deliveries to seeing all projects and places: a delivery is of everything that
// happens, and a dead letter names what it was about.
func seesDeliveries(a *identity.Actor) error {
	if a.Projects.All && a.Locations.All {
		return nil
	}
	return fault.PermissionDenied.With("As entregas são de todos os projetos e lugares; seu acesso é limitado.",
		"Deliveries are of all projects and places; your access is limited.")
}

type relayStatusIn struct{}

type relayConsumer struct {
	Consumer    string `json:"consumer"`
	Source      string `json:"source"`   // the log that it follows
	Position    int64  `json:"position"` // everything up to here is delivered, or a dead letter
	Behind      int64  `json:"lag_events"`
	Age         int64  `json:"lag_seconds"` // of the oldest event that waits
	Delivered   int64  `json:"delivered"`
	Failures    int64  `json:"failures"`
	Attempts    int    `json:"failed_attempts"` // in a row
	NextAt      *Time  `json:"next_attempt_at"`
	ErrorCode   string `json:"error_code,omitzero"`
	Error       string `json:"error,omitzero"`
	ErrorEN     string `json:"error_en,omitzero"`
	DeadLetters int64  `json:"dead_letters_open"`
	UpdatedAt   Time   `json:"updated_at"`
	Rebuild     bool   `json:"rebuild"` // the place of a rebuild that runs or was interrupted, and no consumer
}

type relayStatusOut struct {
	Count int             `json:"count"`
	Items []relayConsumer `json:"items"`
}

func (d *Deps) getRelayStatus() *Operation {
	return define(spec{name: "sga_get_relay_status", text: textGetRelayStatus(), risk: Read, roles: relayKeepers()},
		func(ctx context.Context, c *Call, _ *relayStatusIn) (*relayStatusOut, error) {
			if err := seesDeliveries(c.Actor); err != nil {
				return nil, err
			}
			list, err := d.Store.Deliveries(ctx)
			if err != nil {
				return nil, err
			}
			out := &relayStatusOut{Count: len(list), Items: make([]relayConsumer, len(list))}
			for i := range list {
				c := &list[i]
				out.Items[i] = relayConsumer{Consumer: c.Consumer, Source: c.Source, Position: c.Position, Behind: c.Behind, Age: int64(c.Age.Seconds()),
					Delivered: c.Delivered, Failures: c.Failures, Attempts: c.Attempts, NextAt: timePtr(c.NextAt), ErrorCode: c.Error.Code,
					Error: c.Error.Message, ErrorEN: c.Error.MessageEN, DeadLetters: c.DeadLetters, UpdatedAt: Time{c.UpdatedAt}, Rebuild: strings.HasPrefix(c.Consumer, stock.RebuildPrefix)}
			}
			return out, nil
		})
}

type listDeadLettersIn struct {
	Consumer string `json:"consumer,omitzero" max:"200" doc:"Só deste consumidor | Only of this consumer"`
	Status   string `json:"status,omitzero" enum:"dead_letter_status" doc:"Situação | Status"`
	pageArgs
}

type deadLetterItem struct {
	DeadLetterID  ID     `json:"dead_letter_id"`
	Consumer      string `json:"consumer"`
	Position      int64  `json:"position"`
	Sequence      int64  `json:"sequence"`
	Kind          string `json:"event_kind"`
	EntityID      ID     `json:"entity_id"`
	ErrorCode     string `json:"error_code"`
	Error         string `json:"error"`
	ErrorEN       string `json:"error_en"`
	Attempts      int    `json:"attempts"`
	FirstFailedAt Time   `json:"first_failed_at"`
	LastFailedAt  Time   `json:"last_failed_at"`
	Status        string `json:"status" enum:"dead_letter_status"`
	ClosedBy      string `json:"closed_by,omitzero"`
	ClosedAt      *Time  `json:"closed_at"`
	Reason        string `json:"reason,omitzero"`
}

type listDeadLettersOut struct {
	Count      int              `json:"count"`
	Items      []deadLetterItem `json:"items"` // the newest first
	HasMore    bool             `json:"has_more"`
	NextCursor string           `json:"next_cursor,omitzero"`
}

func (d *Deps) listDeadLetters() *Operation {
	return define(spec{name: "sga_list_dead_letters", text: textListDeadLetters(), risk: Read, roles: relayKeepers()},
		func(ctx context.Context, c *Call, in *listDeadLettersIn) (*listDeadLettersOut, error) {
			if err := seesDeliveries(c.Actor); err != nil {
				return nil, err
			}
			f := stock.DeadLetterFilter{Consumer: in.Consumer}
			var err error
			if f.Status, err = word(stock.DeadLetterStatuses(), in.Status, "status"); err != nil {
				return nil, err
			}
			p, err := d.Store.DeadLetters(ctx, f, in.page())
			if err != nil {
				return nil, err
			}
			ids := make([]uuid.UUID, len(p.Rows))
			for i := range p.Rows {
				ids[i] = p.Rows[i].ClosedBy
			}
			people, err := d.Store.Names(ctx, ids)
			if err != nil {
				return nil, err
			}
			out := &listDeadLettersOut{Count: len(p.Rows), Items: make([]deadLetterItem, len(p.Rows)), HasMore: p.Next != "", NextCursor: p.Next}
			for i := range p.Rows {
				out.Items[i] = deadLetterOf(&p.Rows[i], people[p.Rows[i].ClosedBy].Display)
			}
			return out, nil
		})
}

func deadLetterOf(l *stock.DeadLetter, by string) deadLetterItem {
	return deadLetterItem{DeadLetterID: ID{l.ID}, Consumer: l.Consumer, Position: l.Position, Sequence: l.Sequence, Kind: l.Kind, EntityID: ID{l.EntityID},
		ErrorCode: l.Error.Code, Error: l.Error.Message, ErrorEN: l.Error.MessageEN, Attempts: l.Attempts, FirstFailedAt: Time{l.FirstFailedAt},
		LastFailedAt: Time{l.LastFailedAt}, Status: string(l.Status), ClosedBy: by, ClosedAt: timePtr(l.ClosedAt), Reason: l.Reason}
}

type deadLetterOut struct {
	Success      bool   `json:"success"`
	DeadLetterID ID     `json:"dead_letter_id"`
	Status       string `json:"status" enum:"dead_letter_status"`
	Message      string `json:"message"`
	MessageEN    string `json:"message_en"`
}

type retryDeadLetterIn struct {
	DeadLetterID ID `json:"dead_letter_id" req:"1" doc:"Entrega a repetir | Dead letter to send again"`
}

// retryDeadLetter sends first and closes after: a crash in between leaves it open, and consumers do not mind
// to get an event again.
func (d *Deps) retryDeadLetter() *Operation {
	return define(spec{name: "sga_retry_dead_letter", text: textRetryDeadLetter(), risk: Sensitive, roles: []identity.Role{identity.Admin}},
		func(ctx context.Context, c *Call, in *retryDeadLetterIn) (*deadLetterOut, error) {
			l, err := d.openDeadLetter(ctx, c.Actor, in.DeadLetterID)
			if err != nil {
				return nil, err
			}
			if d.Relay == nil {
				return nil, fault.Unavailable.With("Este programa não faz entregas.", "This program delivers nothing.").Final()
			}
			if err := d.Relay.Redeliver(ctx, l.Consumer, l.Position); err != nil {
				f := fault.Of(err)
				if err := d.Store.RefailDeadLetter(ctx, l.ID, stock.DeliveryError{Code: string(f.Code), Message: f.Message, MessageEN: f.MessageEN}); err != nil {
					return nil, err
				}
				return nil, fault.Conflict.With("A entrega falhou de novo.", "The delivery failed again.").Final().Detail("cause", f.Wire()).Because(err)
			}
			l.Status = stock.DeadLetterRetried
			return d.closeDeadLetter(ctx, c, l, "Entregue.", "Delivered.")
		})
}

type discardDeadLetterIn struct {
	DeadLetterID ID     `json:"dead_letter_id" req:"1" doc:"Entrega a descartar | Dead letter to give up"`
	Reason       string `json:"reason" req:"1" max:"500" doc:"Por que não precisa mais ser entregue | Why it need not be delivered any more"`
}

func (d *Deps) discardDeadLetter() *Operation {
	return define(spec{name: "sga_discard_dead_letter", text: textDiscardDeadLetter(), risk: Sensitive, roles: []identity.Role{identity.Admin}},
		func(ctx context.Context, c *Call, in *discardDeadLetterIn) (*deadLetterOut, error) {
			l, err := d.openDeadLetter(ctx, c.Actor, in.DeadLetterID)
			if err != nil {
				return nil, err
			}
			l.Status, l.Reason = stock.DeadLetterDiscarded, in.Reason
			return d.closeDeadLetter(ctx, c, l, "Descartada.", "Given up.")
		})
}

func (d *Deps) openDeadLetter(ctx context.Context, a *identity.Actor, id ID) (*stock.DeadLetter, error) {
	if err := seesDeliveries(a); err != nil {
		return nil, err
	}
	l, err := d.Store.DeadLetter(ctx, id.UUID)
	if err == nil && l.Status != stock.DeadLetterOpen {
		err = fault.Conflict.With("A entrega já foi encerrada.", "The dead letter has already been closed.").On("dead_letter_id").Final().
			Detail("status", string(l.Status))
	}
	return l, err
}

func (d *Deps) closeDeadLetter(ctx context.Context, c *Call, l *stock.DeadLetter, pt, en string) (*deadLetterOut, error) {
	call := approval.CallRecord{Door: c.Door, Origin: c.Origin, Operation: c.Operation.Name, Result: "ok", Arguments: c.Arguments}
	if err := d.Store.CloseDeadLetter(ctx, *l, c.Actor, call); err != nil {
		return nil, err
	}
	return &deadLetterOut{Success: true, DeadLetterID: ID{l.ID}, Status: string(l.Status), Message: pt, MessageEN: en}, nil
}
