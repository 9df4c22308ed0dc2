package app

import (
	"context"

	"github.com/faiston/nexo/internal/fault"
)

// Verify replays the ledger from zero and compares.
func (a *App) Verify(context.Context) error {
	return fault.Unavailable.With("A verificação ainda não foi construída.", "Verification is not built yet.")
}
