package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/faiston/nexo/internal/config"
	"github.com/faiston/nexo/internal/dynamo"
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

// openItems opens the keyed tables. Nothing is asked of PostgreSQL or AWS yet, so that a start stays fast.
func (a *App) openItems(ctx context.Context) (*itemStore, error) {
	if a.Config.Items.Store == config.ItemsDynamoDB {
		return a.openDynamo(ctx)
	}
	s, err := postgres.OpenItems(ctx, postgres.ItemsConfig{URL: a.db.writer, Connect: a.db.connect, MaxConns: config.MaxItemConns, Now: a.o.Now})
	if err != nil {
		return nil, err
	}
	return &itemStore{Store: s, check: s.Ping, sweep: s.Sweep, close: s.Close}, nil
}

// openDynamo takes the tables of AWS, or those of a server on this machine, where the ones that are
// missing are made. Such a server checks no credentials, and none of the user's are sent to it.
func (a *App) openDynamo(ctx context.Context) (*itemStore, error) {
	set := a.Config.Items
	o := dynamo.Options{Endpoint: set.Endpoint, Region: set.Region, Names: set.Names, Now: a.o.Now}
	local := set.Endpoint != "" && a.Config.Mode == config.Local
	if local {
		o.Credentials = credentials.NewStaticCredentialsProvider("local", "local", "")
	}
	s, err := dynamo.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	if local {
		making, cancel := context.WithTimeout(ctx, config.ItemsStart)
		defer cancel()
		if err := s.CreateTables(making); err != nil {
			return nil, err
		}
	}
	return &itemStore{Store: s, check: s.Ping, close: func() {}}, nil
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
