package app

import (
	"context"

	"github.com/faiston/nexo/internal/stock"
)

// Verify replays the ledger from zero and says what it found; progress is told how far it has come.
func (a *App) Verify(ctx context.Context, progress func(done, total int64)) (*stock.Verification, error) {
	return a.DB.Verify(ctx, progress)
}
