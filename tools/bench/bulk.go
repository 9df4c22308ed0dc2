package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
)

// Set-based SQL for many movements at once: COPY to a temporary table, codes to ids by joins, the events,
// and both balances by one aggregated update each way.
const (
	sqlBulkTable  = `CREATE TEMPORARY TABLE incoming (key text, part_code text, from_code text, to_code text, quantity numeric) ON COMMIT DROP`
	sqlBulkEvents = `CREATE TEMPORARY TABLE resolved ON COMMIT DROP AS
		SELECT i.key, p.part_id, s.place_id AS source_id, d.place_id AS destination_id, i.quantity FROM incoming i
		JOIN part p ON p.code = i.part_code JOIN place s ON s.code = i.from_code JOIN place d ON d.code = i.to_code`
	sqlBulkInsert = `INSERT INTO event (key, kind, part_id, source_id, destination_id, quantity, actor_id)
		SELECT key, 'TRANSFERENCIA', part_id, source_id, destination_id, quantity, '00000000-0000-7000-8000-0000000000aa' FROM resolved
		ON CONFLICT (key) DO NOTHING`
	sqlBulkBalances = `UPDATE balance b SET quantity = b.quantity + c.n, moved_at = now() FROM (
		SELECT part_id, place_id, sum(n) AS n FROM (SELECT part_id, source_id AS place_id, -quantity AS n FROM resolved
			UNION ALL SELECT part_id, destination_id, quantity FROM resolved) l GROUP BY part_id, place_id) c
		WHERE b.part_id = c.part_id AND b.place_id = c.place_id`
)

// bulkRows is how many movements the limit writes in its one transaction: some seconds of work.
func (w world) bulkRows() int { return max(2000, w.movements/25) }

// bulk compares batches of a thousand through the ledger's rules with one COPY.
func bulk(ctx context.Context, b *bench, r *row) error {
	r.LimitName = fmt.Sprintf("COPY + set-based SQL, %d rows", b.world.bulkRows())
	var err error
	if r.Limit, err = b.copyMoves(ctx); err != nil {
		return err
	}
	r.Ours, err = b.call(ctx, call{door: overMCP, operation: "sga_create_movements", args: b.world.moves, connections: 2, each: batchSize})
	return err
}

func (b *bench) copyMoves(ctx context.Context) (figure, error) {
	conn, err := pgx.Connect(ctx, b.lean())
	if err != nil {
		return figure{}, err
	}
	defer conn.Close(ctx)
	n := b.world.bulkRows()
	pg, began := b.postgresCPU(), time.Now()
	if err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return b.copyWithin(ctx, tx, n) }); err != nil {
		return figure{}, err
	}
	taken := time.Since(began)
	return figure{Rate: float64(n) / taken.Seconds(), PGCPU: float64((b.postgresCPU() - pg).Microseconds()) / float64(n), Load: loadAverage()}, nil
}

func (b *bench) copyWithin(ctx context.Context, tx pgx.Tx, n int) error {
	if _, err := tx.Exec(ctx, sqlBulkTable); err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	rows := table{"incoming", "key, part_code, from_code, to_code, quantity", func(o *rowWriter) error {
		for range n {
			from := random.IntN(places)
			to := (from + 1 + random.IntN(places-1)) % places
			o.text(fmt.Sprintf("%x", random.Uint64())).text(partCode(2 * random.IntN(b.world.parts/2)))
			if err := o.text(fmt.Sprintf("DEP-%d", from)).text(fmt.Sprintf("DEP-%d", to)).int(1).end(); err != nil {
				return err
			}
		}
		return nil
	}}
	if err := copyTable(ctx, tx.Conn(), rows); err != nil {
		return err
	}
	for _, statement := range []string{sqlBulkEvents, "ANALYZE resolved", sqlBulkInsert, sqlBulkBalances} {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
