package postgres

import (
	"context"
	"fmt"
)

const sqlEnsureAuditPartitions = `SELECT sga.ensure_audit_partitions()`

// EnsureAuditPartitions makes the partitions of the audit that are to be there before they are needed. Without one
// nothing could be audited, and so nothing could be done; there are always at least 12 million rows of room.
func (db *DB) EnsureAuditPartitions(ctx context.Context) error {
	var made int
	if err := db.writer.QueryRow(ctx, sqlEnsureAuditPartitions).Scan(&made); err != nil {
		return translate(fmt.Errorf("audit partitions: %w", err))
	}
	return nil
}
