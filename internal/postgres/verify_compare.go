package postgres

import (
	"context"
	"encoding/binary"
	"hash/maphash"

	"github.com/jackc/pgx/v5"
)

const (
	copyMovementIDs = `COPY (SELECT sequence, movement_id FROM sga.movement_ids) TO STDOUT (FORMAT binary)`

	copyAssets = `COPY (SELECT asset_key, version, status, location_key, condition, project_key, reservation_id FROM sga.assets)
		TO STDOUT (FORMAT binary)`

	// sqlVerifyActive is what the sums leave out: an event does not say whether its asset was active before.
	sqlVerifyActive = `SELECT e.sequence, e.recorded_at, a.asset_id::text FROM sga.assets a
		JOIN sga.asset_events e ON e.asset_key = a.asset_key AND e.version = a.version WHERE e.is_active <> a.is_active ORDER BY 1 LIMIT 20`
)

func sequenceBytes(n int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

// compare holds the sums of the log against those of the tables beside it. Both streams run at once; where sums
// differ the statements of before look for the rows.
func (r *logReplay) compare(ctx context.Context) error {
	var ids, assets tally
	errs := make(chan error, len(r.streams))
	go func() { errs <- sumIDs(ctx, r.streams[0], r.seed, &ids) }()
	go func() { errs <- sumAssets(ctx, r.streams[1], r.seed, &assets) }()
	for range cap(errs) {
		if err := <-errs; err != nil {
			return err
		}
	}
	r.out.Assets, r.out.AssetEvents = assets.count, r.tallies.to.count
	r.step(ids.count + assets.count)
	// Where every event left an asset must be where the next one found it or, after the last, where it is.
	assets.plus(r.tallies.from)
	if assets != r.tallies.to {
		if err := r.timelines(ctx); err != nil {
			return err
		}
	}
	if err := r.firstOf(ctx, "I3", sqlVerifyActive, "O item %s não está como a sua história o deixou.", "Asset %s is not as its history left it."); err != nil {
		return err
	}
	if ids != r.tallies.ids {
		if err := r.firstOf(ctx, "I6", sqlVerifyIDs, "O movimento %s não tem exatamente uma identidade.", "Movement %s does not have exactly one identity."); err != nil {
			return err
		}
	}
	if r.strays || r.tallies.events != r.tallies.movements {
		return r.firstOf(ctx, "I12", sqlVerifyOutbox, "O movimento %s não tem exatamente um evento.", "Movement %s does not have exactly one event.")
	}
	return nil
}

func sumIDs(ctx context.Context, tx pgx.Tx, seed maphash.Seed, into *tally) error {
	return copyTuples(ctx, tx, copyMovementIDs, func(tuple []byte) error {
		into.add(seed, tuple[6:])
		return nil
	})
}

func sumAssets(ctx context.Context, tx pgx.Tx, seed maphash.Seed, into *tally) error {
	var columns [][]byte
	var scratch []byte
	return copyTuples(ctx, tx, copyAssets, func(tuple []byte) error {
		columns = columnsOf(tuple, columns)
		into.add(seed, assetToken(&scratch, columns[0], int64Of(columns[1]), columns[2:]...))
		return nil
	})
}
