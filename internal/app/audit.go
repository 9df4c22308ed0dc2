package app

import (
	"context"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/ops"
	"github.com/faiston/nexo/internal/postgres"
	"github.com/faiston/nexo/internal/rest"
	"github.com/faiston/nexo/internal/seal"
	"github.com/faiston/nexo/internal/stock"
)

// Keeper is who runs a command on the past, by the name that the machine knows, and why.
type Keeper struct{ By, Reason string }

// AuditToDrop lists the partitions of the audit that could be dropped: sealed, signed, delivered, and older than the day as
// a whole. It fails with conflict when there is none.
func (a *App) AuditToDrop(ctx context.Context, before stock.Date) ([]seal.Anchor, error) {
	return a.DB.AuditToDrop(ctx, before)
}

// DropAudit drops them, each behind its signed anchor.
func (a *App) DropAudit(ctx context.Context, anchors []seal.Anchor, k Keeper) error {
	return a.DB.DropAudit(ctx, anchors, postgres.AuditDrop{Owner: postgres.Migration{URL: a.db.owner, Connect: a.db.connect}, By: k.By, Reason: k.Reason,
		Actor: programActor(), Call: approval.CallRecord{Door: "cli", Origin: ops.OriginCLI, Operation: "audit drop", Result: "ok"}})
}

// AcceptRestore signs that a restore explains what a verification has found, and gives the name of what was signed.
func (a *App) AcceptRestore(ctx context.Context, v *stock.Verification, k Keeper) (string, error) {
	key, err := a.DB.AcceptRestore(ctx, v, k.By, k.Reason)
	if err != nil {
		return "", err
	}
	arguments, err := json.Marshal(map[string]string{"statement": key})
	if err != nil {
		return "", err
	}
	return key, a.DB.RecordCall(a.o.Now(), programActor(), approval.CallRecord{Door: "cli", Origin: ops.OriginCLI, Operation: "verify accept-restore",
		Result: "ok", Arguments: arguments})
}

// programActor is the program, on the machine where it is installed. Who told it to is in what was signed: names of the
// machine's users do not belong into the audit, which knows persons by their ids.
func programActor() *identity.Actor {
	return identity.TheSystem()
}

// sealHealth says how the seals are. It never stops readiness: what is not sealed yet is sealed later.
func (a *App) sealHealth(ctx context.Context) error {
	if a.proof == nil {
		return rest.Degraded{Err: unsigned()}
	}
	status, err := a.DB.SealStatus(ctx)
	if err != nil {
		return rest.Degraded{Err: err}
	}
	return sealLag(status, a.o.Now())
}

// sealLag is what is said when something has waited for its seal for longer than it may.
func sealLag(status []stock.SealStatus, now time.Time) error {
	for _, s := range status {
		if age := now.Sub(s.OldestUnsealed); !s.OldestUnsealed.IsZero() && age > stock.MaxUnsealed {
			return rest.Degraded{Err: fault.Unavailable.With("O selo de %[1]s está atrasado há %[2]s (%[3]d linhas).", "The seal of %[1]s is %[2]s behind (%[3]d rows).",
				s.Chain, age.Round(time.Second), s.Unsealed)}
		}
	}
	return nil
}

// unsigned is what is said where there is no key.
func unsigned() *fault.Error {
	return fault.Unavailable.With("Sem NEXO_SEAL_KEY nada é assinado fora do banco: quem é dono do banco pode trocar a história inteira sem que se perceba.",
		"Without NEXO_SEAL_KEY nothing is signed outside the database: its owner can replace the whole past unnoticed.").On("NEXO_SEAL_KEY")
}
