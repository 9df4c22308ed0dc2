package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/faiston/nexo/internal/app"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
)

// verify replays the ledger.
type verify struct {
	AcceptRestore bool   `name:"accept-restore" help:"O banco foi restaurado de uma cópia: mostra o que falta e, com --yes e --reason, aceita · The database was restored from a copy: shows what is missing and, with --yes and --reason, accepts it"`
	Reason        string `placeholder:"TEXT" help:"Por quê; fica na declaração assinada · Why; stays in the signed statement"`
	Yes           bool   `help:"Assina; sem isto só mostra · Signs; only shows without it"`
	JSON          bool   `name:"json" help:"JSON"`
}

// Run checks everything and fails on the first thing that is wrong.
func (v verify) Run(s *session) error {
	if v.AcceptRestore && v.Yes && strings.TrimSpace(v.Reason) == "" {
		return &usage{verb: " verify", cause: noReason()}
	}
	return s.withApp(func(a *app.App) error {
		bar := s.bar("verify")
		found, err := a.Verify(s.ctx, bar.show)
		bar.end()
		if err != nil {
			return err
		}
		if v.JSON {
			err = s.printJSON(verificationOf(found, time.Now()))
		} else {
			err = s.printVerification(found, time.Now())
		}
		if err != nil || len(found.Findings) == 0 {
			return err
		}
		if v.AcceptRestore && found.OnlySetBack() {
			return v.accept(s, a, found)
		}
		first := found.Findings[0]
		return fault.Conflict.With("O livro não confere: %[1]s", "The ledger does not agree: %[2]s", first.Message, first.MessageEN).Final()
	})
}

// accept signs that a restore explains what was found, if it is told to.
func (v verify) accept(s *session, a *app.App, found *stock.Verification) error {
	if !v.JSON {
		if err := s.printSetbacks(found.Setbacks); err != nil {
			return err
		}
	}
	if !v.Yes {
		return fault.Conflict.With("Nada foi assinado: se esta cópia foi restaurada de propósito, repita com --yes e --reason.",
			"Nothing was signed: if this copy was restored on purpose, repeat with --yes and --reason.").Final()
	}
	key, err := a.AcceptRestore(s.ctx, found, s.keeper(v.Reason))
	if err != nil {
		return err
	}
	if !v.JSON {
		s.printf(s.Out, "✓ aceito · accepted: %s\n", key)
	}
	return nil
}

// verification is the report for machines.
type verification struct {
	OK            bool       `json:"ok"`
	Movements     int64      `json:"movements"`
	Balances      int64      `json:"balances"`
	Assets        int64      `json:"assets"`
	AssetEvents   int64      `json:"asset_events"`
	Events        int64      `json:"events"`
	Tasks         int64      `json:"tasks"`
	AuditRows     int64      `json:"audit_rows"`
	Blocks        int64      `json:"blocks"`
	Checkpoints   int64      `json:"checkpoints"`
	Unsealed      int64      `json:"unsealed"`
	CheckpointAt  *time.Time `json:"last_checkpoint_at"`
	CheckpointAge *int64     `json:"last_checkpoint_age_seconds"`
	Message       string     `json:"message"`
	MessageEN     string     `json:"message_en"`
	Findings      []finding  `json:"findings"`
	Setbacks      []setback  `json:"setbacks"` // findings that restoring an old copy would explain
}

// setback is a chain that ends before what was signed, for machines.
type setback struct {
	Chain        string    `json:"chain"`
	KeptID       int64     `json:"kept_up_to"` // position, or number of the audit
	KeptAt       time.Time `json:"kept_at"`
	SignedID     int64     `json:"signed_up_to"`
	SignedAt     time.Time `json:"signed_at"`
	HasOtherRows bool      `json:"has_other_rows"`
}

// finding is one thing that is wrong, for machines.
type finding struct {
	Invariant  string     `json:"invariant"`
	Message    string     `json:"message"`
	MessageEN  string     `json:"message_en"`
	Sequence   int64      `json:"sequence,omitzero"`
	RecordedAt *time.Time `json:"recorded_at"`
}

func verificationOf(f *stock.Verification, now time.Time) verification {
	v := verification{OK: len(f.Findings) == 0, Movements: f.Movements, Balances: f.Balances, Assets: f.Assets, AssetEvents: f.AssetEvents, Events: f.Events,
		Tasks: f.Tasks, AuditRows: f.AuditRows, Blocks: f.Blocks, Checkpoints: f.Checkpoints, Unsealed: f.Unsealed, Findings: []finding{}, Setbacks: []setback{}}
	v.Message, v.MessageEN = f.Sentence(now)
	if !f.CheckpointAt.IsZero() {
		age := int64(now.Sub(f.CheckpointAt).Seconds())
		v.CheckpointAt, v.CheckpointAge = &f.CheckpointAt, &age
	}
	for _, x := range f.Findings {
		one := finding{Invariant: x.Invariant, Message: x.Message, MessageEN: x.MessageEN, Sequence: x.Sequence}
		if !x.RecordedAt.IsZero() {
			one.RecordedAt = &x.RecordedAt
		}
		v.Findings = append(v.Findings, one)
	}
	for _, b := range f.Setbacks {
		v.Setbacks = append(v.Setbacks, setback{b.Chain, b.KeptID, b.KeptAt, b.SignedID, b.SignedAt, b.HasOtherRows})
	}
	return v
}

func (s *session) printVerification(f *stock.Verification, now time.Time) error {
	signed := "—"
	if !f.CheckpointAt.IsZero() {
		signed = f.CheckpointAt.UTC().Format(time.RFC3339) + " (" + max(now.Sub(f.CheckpointAt), 0).Round(time.Second).String() + ")"
	}
	rows := [][]string{
		{"movimentos · movements", fmt.Sprint(f.Movements)}, {"saldos · balances", fmt.Sprint(f.Balances)}, {"ativos · assets", fmt.Sprint(f.Assets)},
		{"eventos de ativos · asset events", fmt.Sprint(f.AssetEvents)}, {"eventos · events", fmt.Sprint(f.Events)}, {"aprovações · approvals", fmt.Sprint(f.Tasks)},
		{"auditoria · audit rows", fmt.Sprint(f.AuditRows)}, {"blocos selados · sealed blocks", fmt.Sprint(f.Blocks)}, {"ainda sem selo · not sealed yet", fmt.Sprint(f.Unsealed)},
		{"pontos de controle · checkpoints", fmt.Sprint(f.Checkpoints)}, {"último ponto de controle · last checkpoint", signed},
	}
	if err := s.table(rows); err != nil {
		return err
	}
	for _, finding := range f.Findings {
		s.printf(s.Out, "✗ %s  %s\n      %s\n", finding.Invariant, finding.Message, finding.MessageEN)
	}
	if len(f.Findings) == 0 {
		pt, en := f.Sentence(now)
		s.printf(s.Out, "✓ %s\n  %s\n", pt, en)
	}
	return nil
}
