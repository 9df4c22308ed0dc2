package postgres

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// FollowCatalog reads the catalogue again if another process has changed it, and says whether that was so. One row is
// looked at when nothing has.
func (db *DB) FollowCatalog(ctx context.Context) (changed bool, err error) {
	var version int64
	if err := db.reader.QueryRow(ctx, sqlCatalogVersion).Scan(&version); err != nil {
		return false, translate(fmt.Errorf("catalogue: %w", err))
	}
	if version == db.catalog.Load().version {
		return false, nil
	}
	return true, db.refreshCatalog(ctx)
}

// RunCatalog follows the catalogue until ctx ends: what other processes make shows here after a period at most.
// Failures are told once in a row of them, and tried again.
func (db *DB) RunCatalog(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		_, err := db.FollowCatalog(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			db.log.LogAttrs(ctx, slog.LevelWarn, "catalogue not followed", slog.Any("error", err))
		}
		failing = err != nil
	}
}
