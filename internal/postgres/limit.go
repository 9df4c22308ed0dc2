package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/faiston/nexo/internal/limit"
)

var _ limit.Store = (*DB)(nil)

const (
	// A lease that goes beyond the limit is counted, too: what it was granted is then reckoned from the sum.
	sqlLeaseRate = `INSERT INTO sga.rate_limits AS r (kind, limit_key, window_start, taken) VALUES ($1, $2, $3, $4)
		ON CONFLICT (kind, limit_key, window_start) DO UPDATE SET taken = r.taken + excluded.taken RETURNING taken`

	sqlPurgeRates = `DELETE FROM sga.rate_limits WHERE window_start < $1`
)

// maxLimitKey in bytes of a key in the table; longer ones, which nobody's name is, share the count of their beginning.
const maxLimitKey = 200

// Lease implements limit.Store: one statement on one row.
func (db *DB) Lease(ctx context.Context, c limit.Claim) (int64, error) {
	key := c.Key
	if len(key) > maxLimitKey {
		key = key[:maxLimitKey]
	}
	var taken int64
	if err := db.writer.QueryRow(ctx, sqlLeaseRate, c.Kind.String(), key, c.Window, c.Want).Scan(&taken); err != nil {
		return 0, translate(fmt.Errorf("lease: %w", err))
	}
	return min(max(c.Limit-(taken-c.Want), 0), c.Want), nil
}

// PurgeRates clears away the counts of windows that began before a time, and says how many there were.
func (db *DB) PurgeRates(ctx context.Context, before time.Time) (int64, error) {
	tag, err := db.writer.Exec(ctx, sqlPurgeRates, before)
	return tag.RowsAffected(), translate(err)
}
