package app

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/config"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
)

// systemClient is the program's own name among the actors of the log.
const systemClient = identity.SystemClient

// systemID is the actor of what the program does by itself.
func systemID() uuid.UUID { return identity.SystemID() }

// system is the program as an actor.
func system() *identity.Actor { return identity.TheSystem() }

// runExpiry ends reservations and proposals whose time is over and raises tasks that are overdue, until ctx ends.
func (a *App) runExpiry(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := a.expire(ctx); err != nil && ctx.Err() == nil {
			a.o.Log.LogAttrs(ctx, slog.LevelWarn, "expiry failed; tried again", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (a *App) expire(ctx context.Context) error {
	ended, err := a.DB.ExpireTasks(ctx)
	if ended > 0 {
		a.o.Log.LogAttrs(ctx, slog.LevelInfo, "proposals expired", slog.Int("count", ended))
	}
	raised, errRaised := a.DB.EscalateTasks(ctx, config.ExpiryBatch) // one kind of work never holds up another
	if raised > 0 {
		a.o.Log.LogAttrs(ctx, slog.LevelInfo, "overdue tasks raised", slog.Int("count", raised))
	}
	due, errDue := a.DB.ExpiredReservations(ctx, config.ExpiryBatch)
	for i := range due {
		if err := a.release(ctx, &due[i]); err != nil {
			a.o.Log.LogAttrs(ctx, slog.LevelWarn, "reservation not released", slog.String("reservation_id", due[i].ID.String()), slog.Any("error", err))
		}
	}
	return errors.Join(err, errRaised, errDue, ctx.Err())
}

// release ends a reservation by a real LIBERACAO movement. Its idempotency key is the reservation: where
// several programs look after the same database, it is released once; where a rule makes the release
// wait, one task waits and not one each time.
func (a *App) release(ctx context.Context, r *stock.Reservation) error {
	cat := a.DB.Catalog()
	part, ok1 := cat.PartByKey(r.Key.Part)
	place, ok2 := cat.LocationByKey(r.Key.Location)
	owner, ok3 := cat.ProjectByKey(r.Key.Project)
	if !ok1 || !ok2 || !ok3 {
		return fault.NotFound.With("A reserva nomeia um cadastro desconhecido.", "The reservation names unknown master data.")
	}
	move := &stock.MoveRequest{ID: a.NewID(), Type: stock.Liberacao, PartNumber: part.Number, Quantity: r.Quantity, Source: place.Code,
		Project: owner.Code, Condition: r.Key.Condition, Reservation: r.ID, Expired: true,
		Papers: stock.Papers{Reason: "Reserva vencida", Ticket: r.Ticket}}
	_, err := a.DB.Submit(ctx, &approval.Request{Actor: system(), Door: "system", Operation: "sga_expire_reservation",
		Key: "expiry:" + r.ID.String(), Hash: sha256.Sum256(r.ID[:]), Steps: []approval.Step{{Move: move}},
		Render: func(*approval.Outcome) []byte { return []byte("{}") }})
	if fault.CodeOf(err) == fault.NotFound || fault.CodeOf(err) == fault.Conflict && !fault.Of(err).Retryable {
		return nil // somebody else ended it meanwhile
	}
	return err
}
