package cli

import (
	"fmt"
	"time"

	"github.com/faiston/nexo/internal/app"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
)

// verify replays the ledger.
type verify struct {
	JSON bool `name:"json" help:"JSON"`
}

// Run checks everything and fails on the first thing that is wrong.
func (v verify) Run(s *session) error {
	return s.withApp(func(a *app.App) error {
		bar := s.bar("verify")
		found, err := a.Verify(s.ctx, bar.show)
		bar.end()
		if err != nil {
			return err
		}
		if v.JSON {
			if err := s.printJSON(verificationOf(found)); err != nil {
				return err
			}
		} else if err := s.printVerification(found); err != nil {
			return err
		}
		if len(found.Findings) == 0 {
			return nil
		}
		first := found.Findings[0]
		return fault.Conflict.With("O livro não confere: %[1]s", "The ledger does not agree: %[2]s", first.Message, first.MessageEN).Final()
	})
}

// verification is the report for machines.
type verification struct {
	OK          bool      `json:"ok"`
	Movements   int64     `json:"movements"`
	Balances    int64     `json:"balances"`
	Assets      int64     `json:"assets"`
	AssetEvents int64     `json:"asset_events"`
	Events      int64     `json:"events"`
	Tasks       int64     `json:"tasks"`
	Findings    []finding `json:"findings"`
}

// finding is one thing that is wrong, for machines.
type finding struct {
	Invariant  string     `json:"invariant"`
	Message    string     `json:"message"`
	MessageEN  string     `json:"message_en"`
	Sequence   int64      `json:"sequence,omitzero"`
	RecordedAt *time.Time `json:"recorded_at"`
}

func verificationOf(f *stock.Verification) verification {
	v := verification{len(f.Findings) == 0, f.Movements, f.Balances, f.Assets, f.AssetEvents, f.Events, f.Tasks, []finding{}}
	for _, x := range f.Findings {
		one := finding{Invariant: x.Invariant, Message: x.Message, MessageEN: x.MessageEN, Sequence: x.Sequence}
		if !x.RecordedAt.IsZero() {
			one.RecordedAt = &x.RecordedAt
		}
		v.Findings = append(v.Findings, one)
	}
	return v
}

func (s *session) printVerification(f *stock.Verification) error {
	rows := [][]string{
		{"movimentos · movements", fmt.Sprint(f.Movements)}, {"saldos · balances", fmt.Sprint(f.Balances)}, {"ativos · assets", fmt.Sprint(f.Assets)},
		{"eventos de ativos · asset events", fmt.Sprint(f.AssetEvents)}, {"eventos · events", fmt.Sprint(f.Events)}, {"aprovações · approvals", fmt.Sprint(f.Tasks)},
	}
	if err := s.table(rows); err != nil {
		return err
	}
	for _, finding := range f.Findings {
		s.printf(s.Out, "✗ %s  %s\n      %s\n", finding.Invariant, finding.Message, finding.MessageEN)
	}
	if len(f.Findings) == 0 {
		s.printf(s.Out, "✓ tudo confere · all agrees\n")
	}
	return nil
}
