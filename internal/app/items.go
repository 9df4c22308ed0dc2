package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/faiston/nexo/internal/config"
	"github.com/faiston/nexo/internal/item"
	"github.com/faiston/nexo/internal/postgres"
)

// itemStore is where the keyed tables are, with what belongs to one of the two ways only.
type itemStore struct {
	item.Store
	check func(context.Context) error
	sweep func(context.Context) (int, error) // nil: the server deletes what has ended by itself
	close func()
}

// openItems opens the keyed tables. Nothing is asked of them yet, so that a start stays fast.
func (a *App) openItems(ctx context.Context) (*itemStore, error) {
	s, err := postgres.OpenItems(ctx, postgres.ItemsConfig{URL: a.db.writer, Connect: a.db.connect, MaxConns: config.MaxItemConns, Now: a.o.Now})
	if err != nil {
		return nil, err
	}
	return &itemStore{Store: s, check: s.Ping, sweep: s.Sweep, close: s.Close}, nil
}

// runItemSweep deletes rows that have ended, until ctx ends.
func (a *App) runItemSweep(ctx context.Context, every time.Duration) {
	if a.items.sweep == nil {
		return
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		n, err := a.items.sweep(ctx)
		if err != nil && ctx.Err() == nil {
			a.o.Log.LogAttrs(ctx, slog.LevelWarn, "sweep of the keyed tables failed; tried again", slog.Any("error", err))
		} else if n > 0 {
			a.o.Log.LogAttrs(ctx, slog.LevelInfo, "ended items deleted", slog.Int("count", n))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
