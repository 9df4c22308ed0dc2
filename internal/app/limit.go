package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/faiston/nexo/internal/limit"
)

const (
	// ratesEvery is how often counts of windows that are over are cleared away, and ratesKept how long they
	// stay: clocks of processes may differ.
	ratesEvery = 10 * time.Minute
	ratesKept  = 10 * time.Minute
)

// newLimits counts calls over all processes that share the database.
func (a *App) newLimits() *limit.Limits {
	return limit.New(a.Config.Network.Limits(), a.DB, a.o.Now)
}

// runLimits clears away old counts until ctx ends.
func (a *App) runLimits(ctx context.Context) {
	tick := time.NewTicker(ratesEvery)
	defer tick.Stop()
	for {
		if _, err := a.DB.PurgeRates(ctx, a.o.Now().Add(-ratesKept)); err != nil && ctx.Err() == nil {
			a.o.Log.LogAttrs(ctx, slog.LevelWarn, "rate limits not cleared; tried again", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
