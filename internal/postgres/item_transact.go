package postgres

import (
	"cmp"
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/faiston/nexo/internal/item"
)

// Transact does all actions or none. Its rows are locked in order of their keys, also those that are not
// there, so that two transactions wait for each other and neither can slip between a check and a write.
func (s *Items) Transact(ctx context.Context, ops []item.Op) error {
	if err := new(item.Checker).Ops(ops); err != nil {
		return err
	}
	var conflict error
	err := retryClash(func() error {
		conflict = nil
		return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
			stored, err := s.lock(ctx, tx, ops)
			if err != nil {
				return err
			}
			for i := range ops {
				if c, written := ops[i].If(); !c.Holds(stored[i], written) {
					conflict = item.NewConflict(i, stored[i], nil)
					return conflict
				}
			}
			return s.act(ctx, tx, ops)
		})
	})
	if conflict != nil {
		return conflict
	}
	return err
}

// itemKeys are the keys of actions turned into arrays.
type itemKeys struct{ table, partition, sort []string }

func (k *itemKeys) add(o *item.Op) {
	k.table, k.partition, k.sort = append(k.table, o.Table.ID), append(k.partition, o.Key().Partition), append(k.sort, o.Key().Sort)
}

// lock takes the locks and gives what is stored, by number of the action.
func (s *Items) lock(ctx context.Context, tx pgx.Tx, ops []item.Op) (map[int]*item.Item, error) {
	order := make([]int, len(ops))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(ops[a].Table.ID, ops[b].Table.ID), ops[a].Key().Compare(ops[b].Key()))
	})
	var keys itemKeys
	for _, i := range order {
		keys.add(&ops[i])
	}
	stored := map[int]*item.Item{}
	batch := &pgx.Batch{}
	batch.Queue(sqlItemLock, keys.table, keys.partition, keys.sort)
	batch.Queue(sqlItemLocked, keys.table, keys.partition, keys.sort, s.clock()).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			var n int64
			var r scannedItem
			if err := rows.Scan(r.targets(&n)...); err != nil {
				return err
			}
			i := order[n-1]
			it := r.item(ops[i].Table)
			stored[i] = &it
		}
		return rows.Err()
	})
	return stored, tx.SendBatch(ctx, batch).Close()
}

// act writes and deletes under the locks; rows that were only made to be locked go again.
func (s *Items) act(ctx context.Context, tx pgx.Tx, ops []item.Op) error {
	var gone itemKeys
	puts := map[string][]*item.Item{}
	var tables []*item.Table
	for i := range ops {
		o := &ops[i]
		switch {
		case o.Put != nil:
			if puts[o.Table.ID] == nil {
				tables = append(tables, o.Table)
			}
			puts[o.Table.ID] = append(puts[o.Table.ID], &o.Put.Item)
		case o.Delete != nil || o.Check.If.Kind == item.IfAbsent:
			gone.add(o)
		}
	}
	batch := &pgx.Batch{}
	for _, t := range tables {
		batch.Queue(sqlItemUpsert, upsertArgs(t, puts[t.ID], item.Always, s.clock())...)
	}
	if len(gone.table) > 0 {
		batch.Queue(sqlItemRemove, gone.table, gone.partition, gone.sort)
	}
	if batch.Len() == 0 {
		return nil // only checks of what is there
	}
	return tx.SendBatch(ctx, batch).Close()
}
