package ops

import (
	"context"

	"github.com/faiston/nexo/internal/identity"
)

type verifyLedgerIn struct{}

type ledgerFinding struct {
	Invariant  string `json:"invariant"`
	Message    string `json:"message"`
	MessageEN  string `json:"message_en"`
	Sequence   *int64 `json:"sequence"`
	RecordedAt *Time  `json:"recorded_at"`
}

type verifyLedgerOut struct {
	Sound       bool            `json:"sound"`
	Movements   int64           `json:"movements"`
	Balances    int64           `json:"balances"`
	Assets      int64           `json:"assets"`
	AssetEvents int64           `json:"asset_events"`
	Events      int64           `json:"events"`
	Tasks       int64           `json:"approved_tasks"`
	AuditRows   int64           `json:"audit_rows"`
	Blocks      int64           `json:"blocks"`
	Checkpoints int64           `json:"checkpoints"`
	Unsealed    int64           `json:"unsealed"` // rows that are in no block yet
	SignedAt    *Time           `json:"last_checkpoint_at"`
	SignedAge   *int64          `json:"last_checkpoint_age_seconds"`
	Message     string          `json:"message"`
	MessageEN   string          `json:"message_en"`
	Findings    []ledgerFinding `json:"findings"` // the first ones, in the order in which they were met
}

// verifyLedger replays the whole log. It shows sums over everything, so only an administrator may ask.
func (d *Deps) verifyLedger() *Operation {
	return define(spec{name: "sga_verify_ledger", text: textVerifyLedger(), risk: Read, roles: []identity.Role{identity.Admin}, long: true},
		func(ctx context.Context, c *Call, _ *verifyLedgerIn) (*verifyLedgerOut, error) {
			v, err := d.Store.Verify(ctx, func(done, total int64) { c.Progress(Progress{Done: done, Total: total}) })
			if err != nil {
				return nil, err
			}
			out := &verifyLedgerOut{Sound: len(v.Findings) == 0, Movements: v.Movements, Balances: v.Balances, Assets: v.Assets,
				AssetEvents: v.AssetEvents, Events: v.Events, Tasks: v.Tasks, AuditRows: v.AuditRows, Blocks: v.Blocks, Checkpoints: v.Checkpoints,
				Unsealed: v.Unsealed, SignedAt: timePtr(v.CheckpointAt), Findings: make([]ledgerFinding, len(v.Findings))}
			out.Message, out.MessageEN = v.Sentence(d.Now())
			if !v.CheckpointAt.IsZero() {
				age := int64(d.Now().Sub(v.CheckpointAt).Seconds())
				out.SignedAge = &age
			}
			for i, f := range v.Findings {
				out.Findings[i] = ledgerFinding{Invariant: f.Invariant, Message: f.Message, MessageEN: f.MessageEN, RecordedAt: timePtr(f.RecordedAt)}
				if f.Sequence != 0 {
					out.Findings[i].Sequence = &f.Sequence
				}
			}
			return out, nil
		})
}
