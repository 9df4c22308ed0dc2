package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/faiston/nexo/internal/item"
)

const (
	// maxItemIndexes is how many indexes the table of items has columns for: the event table uses all.
	maxItemIndexes = 6
	// itemChunk and itemChunkBytes bound one statement of PutAll: beyond a thousand rows there is nothing
	// left to save, and a statement with its copy of the bodies has to fit into a small memory.
	itemChunk      = 1000
	itemChunkBytes = 4 << 20
	// sweepChunk rows are deleted at a time: some ten milliseconds.
	sweepChunk = 1000
	// itemTries is how often a transaction that lost a deadlock is tried.
	itemTries = 4
)

// ItemsConfig says where the keyed tables are.
type ItemsConfig struct {
	URL      string // of nexo_writer, or of a user that may take that role
	MaxConns int32  // 0: 4. The pool is their own, so that a relay that waits for the ledger cannot hold them up
	Connect  Connect
	Now      func() time.Time // nil: time.Now
}

// Items keeps the keyed tables in PostgreSQL, in one table of their own schema. It shares nothing with
// DB, so that no write to it can share a transaction with the ledger: on AWS none could.
type Items struct {
	pool *pgxpool.Pool
	now  func() time.Time
}

var _ item.Store = (*Items)(nil)

// OpenItems opens the tables. Nothing is connected before the first call.
func OpenItems(ctx context.Context, cfg ItemsConfig) (*Items, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	pool, err := cfg.Connect.openPool(ctx, cfg.URL, writerRole(), orDefault(cfg.MaxConns, 4))
	if err != nil {
		return nil, err
	}
	return &Items{pool: pool, now: cfg.Now}, nil
}

// Close closes the pool.
func (s *Items) Close() { s.pool.Close() }

const sqlItemPing = `SELECT FROM keyed.items LIMIT 0`

// Ping reports whether the tables can be reached.
func (s *Items) Ping(ctx context.Context) error {
	_, err := s.pool.Exec(ctx, sqlItemPing)
	return itemFault("ping", err)
}

func (s *Items) clock() int64 { return s.now().Unix() }

// itemFault says what was being done. Deadlocks and the like are the one error for a clash.
func itemFault(doing string, err error) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf("items: %s: %w", doing, err)
	if clashed(err) {
		return item.Busy(err)
	}
	return translate(err)
}

// clashed reports a serialization failure or a deadlock.
func clashed(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

// Get gives an item, or nil.
func (s *Items) Get(ctx context.Context, t *item.Table, k item.Key) (*item.Item, error) {
	if err := k.Check(t); err != nil {
		return nil, err
	}
	rows, err := s.pool.Query(ctx, sqlItemGet, t.ID, k.Partition, k.Sort, s.clock())
	if err != nil {
		return nil, itemFault("get", err)
	}
	found, err := pgx.CollectRows(rows, itemRow(t))
	if err != nil || len(found) == 0 {
		return nil, itemFault("get", err)
	}
	return &found[0], nil
}

// Put writes one item.
func (s *Items) Put(ctx context.Context, t *item.Table, w item.Write) error {
	if err := new(item.Checker).Write(t, &w); err != nil {
		return err
	}
	var done pgconn.CommandTag
	var err error
	switch w.If.Kind {
	case item.IfPresent, item.IfVersion:
		done, err = s.pool.Exec(ctx, sqlItemUpdate, s.updateArgs(t, &w)...)
	default:
		done, err = s.pool.Exec(ctx, sqlItemUpsert, upsertArgs(t, []*item.Item{&w.Item}, w.If.Kind, s.clock())...)
	}
	return s.settle(ctx, t, w.Item.Key, done, itemFault("put", err))
}

// settle turns a write that found nothing to write into a conflict that tells what is stored.
func (s *Items) settle(ctx context.Context, t *item.Table, k item.Key, done pgconn.CommandTag, err error) error {
	if err != nil || done.RowsAffected() > 0 {
		return err
	}
	current, err := s.Get(ctx, t, k)
	if err != nil {
		current = nil // the conflict is what matters
	}
	return item.NewConflict(0, current, nil)
}

// PutAll writes many items, in order of their keys, in one statement for a thousand.
func (s *Items) PutAll(ctx context.Context, t *item.Table, writes []item.Write) error {
	if err := new(item.Checker).Writes(t, writes); err != nil {
		return err
	}
	for _, kind := range []item.ConditionKind{item.Always, item.IfAbsent, item.IfNewer} {
		var items []*item.Item
		for i := range writes {
			if writes[i].If.Kind == kind {
				items = append(items, &writes[i].Item)
			}
		}
		slices.SortFunc(items, func(a, b *item.Item) int { return a.Key.Compare(b.Key) })
		for len(items) > 0 {
			n := chunkOf(items)
			if err := s.upsert(ctx, t, items[:n], kind); err != nil {
				return err
			}
			items = items[n:]
		}
	}
	return nil
}

// chunkOf says how many of the items make one statement.
func chunkOf(items []*item.Item) int {
	bytes := 0
	for n, it := range items {
		bytes += len(it.Body)
		if n == itemChunk || n > 0 && bytes > itemChunkBytes {
			return n
		}
	}
	return len(items)
}

// upsert is repeated after a deadlock: it does no harm to write what is written.
func (s *Items) upsert(ctx context.Context, t *item.Table, items []*item.Item, kind item.ConditionKind) error {
	return retryClash(func() error {
		_, err := s.pool.Exec(ctx, sqlItemUpsert, upsertArgs(t, items, kind, s.clock())...)
		return err
	})
}

// retryClash calls do again where another transaction was in the way; PostgreSQL has let that one go on, so there
// is no need to wait.
func retryClash(do func() error) error {
	var err error
	for range itemTries {
		if err = do(); !clashed(err) {
			break
		}
	}
	return itemFault("write", err)
}

// Delete removes an item.
func (s *Items) Delete(ctx context.Context, t *item.Table, r item.Removal) error {
	if err := r.Check(t); err != nil {
		return err
	}
	done, err := s.pool.Exec(ctx, sqlItemDelete, t.ID, r.Key.Partition, r.Key.Sort, int32(r.If.Kind), r.If.Version, s.clock())
	if err != nil || r.If.Kind == item.Always {
		return itemFault("delete", err)
	}
	return s.settle(ctx, t, r.Key, done, nil)
}

// DeleteAll empties a partition.
func (s *Items) DeleteAll(ctx context.Context, t *item.Table, partition string) error {
	if err := (&item.Query{Partition: partition}).Check(t); err != nil {
		return err
	}
	for {
		done, err := s.pool.Exec(ctx, sqlItemEmpty, t.ID, partition, sweepChunk)
		if err != nil || done.RowsAffected() < sweepChunk {
			return itemFault("delete all", err)
		}
	}
}

// Sweep deletes rows whose end has come, and says how many.
func (s *Items) Sweep(ctx context.Context) (int, error) {
	swept := 0
	for {
		done, err := s.pool.Exec(ctx, sqlItemSweep, s.clock(), sweepChunk)
		swept += int(done.RowsAffected())
		if err != nil || done.RowsAffected() < sweepChunk {
			return swept, itemFault("sweep", err)
		}
	}
}

// Query reads a page.
func (s *Items) Query(ctx context.Context, t *item.Table, q item.Query) (item.Page, error) {
	if err := q.Check(t); err != nil {
		return item.Page{}, err
	}
	after, err := q.After(t)
	if err != nil {
		return item.Page{}, err
	}
	statement, args := itemQuery(t, &q, after)
	rows, err := s.pool.Query(ctx, statement, append(args, s.clock(), q.Size()+1)...)
	if err != nil {
		return item.Page{}, itemFault("query", err)
	}
	found, err := pgx.CollectRows(rows, itemRow(t))
	if err != nil {
		return item.Page{}, itemFault("query", err)
	}
	page := item.Page{Items: found}
	if len(found) > q.Size() {
		page.Items = found[:q.Size()]
		page.Next = q.CursorAfter(t, q.PlaceOf(&page.Items[q.Size()-1]))
	}
	return page, nil
}

// itemQuery chooses the statement and its first seven arguments. The range begins at the cursor, so that
// a later page costs no more than the first.
func itemQuery(t *item.Table, q *item.Query, after *item.Place) (statement string, args []any) {
	low, high := q.Range()
	number := 1 + slices.IndexFunc(t.Indexes, func(x item.Index) bool { return x.Name == q.Index })
	statements := itemQueries()[number]
	// Nothing is before the empty texts and after a range's own end with one more character.
	place := item.Place{}
	if q.Descending {
		place.Sort = high + "\x01"
	}
	if after != nil {
		place = *after
		if q.Index == "" {
			place.Sort = after.Key.Sort
		}
		if q.Descending {
			high = min(high, place.Sort)
		} else {
			low = max(low, place.Sort)
		}
	}
	statement = statements[0]
	if q.Descending {
		statement = statements[1]
	}
	return statement, []any{t.ID, q.Partition, low, high, place.Sort, place.Key.Partition, place.Key.Sort}
}
