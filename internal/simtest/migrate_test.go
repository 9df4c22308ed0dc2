package simtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/faiston/nexo/internal/dbtest"
	"github.com/faiston/nexo/internal/postgres"
	"github.com/faiston/nexo/internal/stock"
)

const (
	// rowsEnv is how many movements are there before the migrations of this version run.
	rowsEnv = "NEXO_MIGRATE_ROWS"
	// migratorEnv makes the test binary a migrator of the database that it names.
	migratorEnv = "NEXO_SIMTEST_MIGRATE"
	// baseMigration is the last one of the version before.
	baseMigration = 4
	// fillChunk is one statement of the filling: some seconds.
	fillChunk = 200_000
)

// migrateUntilKilled is the migrator as a process of its own.
func migrateUntilKilled() int {
	if _, err := postgres.Migrate(context.Background(), os.Getenv(migratorEnv)); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// rowsOf is the size of the old database: small in the ordinary test.
func rowsOf(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv(rowsEnv))
	if os.Getenv(rowsEnv) == "" {
		return 20_000
	}
	if err != nil || n < 2000 {
		t.Fatalf("%s is no number of at least 2000", rowsEnv)
	}
	return n
}

// TestMigrateUnderLoad is R-19: a ledger of the version before is migrated while the version before writes to it. The
// migrator is killed on its way, twice, and run again. Nothing is lost or changed, the ledger agrees, and how long
// writers were held up is told, by statement.
func TestMigrateUnderLoad(t *testing.T) {
	t.Parallel()
	rows := rowsOf(t)
	var opts []dbtest.Option
	if rows > fillChunk { // a database of gigabytes is no guest in the common cluster
		opts = append(opts, dbtest.Own{Settings: []string{"shared_buffers=512MB", "max_wal_size=8GB", "maintenance_work_mem=256MB"}})
	}
	db := dbtest.New(t, opts...)
	if _, err := (postgres.Migration{URL: db.DSN(), To: baseMigration}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	owner := db.Pool(t)
	fillOld(t, owner, rows)
	before := sums(t, owner, rows)
	load := startOldWriters(t, db)
	locks := watchLocks(t, owner)
	kills := migrateWithKills(t, db.DSN(), rows)
	wrote, slowest := load.end()
	held := locks.end()
	if diff := cmp.Diff(before, sums(t, owner, rows)); diff != "" {
		t.Errorf("what was there has changed:\n%s", diff)
	}
	afterMigration(t, db, owner, rows+assetsOf(rows)+wrote)
	t.Logf("%d movements before, %d written meanwhile, %d migrators killed; the slowest write took %v", rows, wrote, kills, slowest)
	for _, h := range held {
		t.Logf("held writers back for up to %v: %s on %s (%.120s)", h.lasted(), h.mode, h.relation, h.statement)
	}
}

// fillOld makes a sound ledger of the version before: rows receipts over 200 parts and 10 places.
func fillOld(t *testing.T, owner *pgxpool.Pool, rows int) {
	t.Helper()
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := owner.Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(`INSERT INTO sga.locations (location_key, location_id, location_code, location_name, location_type)
		SELECT i, gen_random_uuid(), 'L' || i, 'L' || i, 'WAREHOUSE' FROM generate_series(101, 110) i`)
	exec(`INSERT INTO sga.part_numbers (part_number_key, part_number_id, part_number, part_number_folded, description)
		SELECT i, gen_random_uuid(), 'P' || i, 'P' || i, 'P' || i FROM generate_series(101, 300) i`)
	for from := 0; from < rows; from += fillChunk {
		to := min(rows, from+fillChunk) - 1
		exec(`INSERT INTO sga.movements (sequence, movement_id, movement_type, movement_on, recorded_at, part_number_key, project_key, source_location_key,
				destination_location_key, source_condition, condition, quantity, destination_version, actor_id, actor_kind, operation, rule)
			SELECT i + 1, md5(i::text)::uuid, 'ENTRADA', date '2026-01-01' + i % 300, timestamptz '2026-01-01' + i * interval '1 second', 101 + i % 200, 1, 1,
				101 + i / 200 % 10, 'NEW', 'NEW', 1, i / 2000 + 1, md5('a')::uuid, 'person', 'sga_create_movement', 'entrada' FROM generate_series($1::int, $2::int) i`, from, to)
		exec(`INSERT INTO sga.movement_ids SELECT md5(i::text)::uuid, i + 1 FROM generate_series($1::int, $2::int) i`, from, to)
		exec(`INSERT INTO sga.event_log (position, sequence, kind, entity_id, known_at, payload)
			SELECT i + 1, i + 1, 'movement', md5(i::text)::uuid, timestamptz '2026-01-01' + i * interval '1 second', NULL FROM generate_series($1::int, $2::int) i`, from, to)
		exec(`INSERT INTO sga.audit_log (recorded_at, actor_id, actor_kind, subject, client_id, door, operation, result, rule, sequence, entity_id, arguments)
			SELECT timestamptz '2026-01-01' + i * interval '1 second', md5('a')::uuid, 'person', 'sub-a', 'web', 'rest', 'sga_create_movement', 'ok', 'entrada', i + 1,
				md5(i::text)::uuid, '{"quantity":1}' FROM generate_series($1::int, $2::int) i`, from, to)
		exec(`INSERT INTO sga.idempotency_keys (subject, operation, key, arguments_hash, answer)
			SELECT 'sub-a', 'sga_create_movement', 'k' || i, '\x00', '{}' FROM generate_series($1::int, $2::int) i`, from, to)
	}
	fillAssets(exec, rows)
	exec(`INSERT INTO sga.balances (part_number_key, location_key, project_key, condition, quantity_total, version)
		SELECT part_number_key, destination_location_key, 1, 'NEW', sum(quantity), count(*) FROM sga.movements GROUP BY 1, 2`)
	exec(`SELECT setval('sga.event_sequence', $1)`, rows+assetsOf(rows))
	exec(`ANALYZE`)
}

// assetsOf is how many serials there are beside rows movements: each came in by one more.
func assetsOf(rows int) int { return rows / 10 }

// fillAssets brings in one serial after the other, at one place.
func fillAssets(exec func(sql string, args ...any), rows int) {
	exec(`INSERT INTO sga.part_numbers (part_number_key, part_number_id, part_number, part_number_folded, description, is_serialized)
		VALUES (400, gen_random_uuid(), 'SER', 'SER', 'SER', true)`)
	exec(`INSERT INTO sga.movements (sequence, movement_id, movement_type, movement_on, recorded_at, part_number_key, project_key, source_location_key,
			destination_location_key, source_condition, condition, quantity, destination_version, actor_id, actor_kind, operation, rule)
		SELECT $1::int + i, md5('s' || i)::uuid, 'ENTRADA', '2026-11-01', '2026-11-01', 400, 1, 1, 101, 'NEW', 'NEW', 1, i, md5('a')::uuid, 'person',
			'sga_create_movement', 'entrada' FROM generate_series(1, $2::int) i`, rows, assetsOf(rows))
	exec(`INSERT INTO sga.movement_ids SELECT md5('s' || i)::uuid, $1::int + i FROM generate_series(1, $2::int) i`, rows, assetsOf(rows))
	exec(`INSERT INTO sga.event_log (position, sequence, kind, entity_id, known_at)
		SELECT $1::int + i, $1::int + i, 'movement', md5('s' || i)::uuid, '2026-11-01' FROM generate_series(1, $2::int) i`, rows, assetsOf(rows))
	exec(`INSERT INTO sga.assets (asset_key, asset_id, part_number_key, serial_number, serial_key, project_key, location_key, status, condition, last_movement_id, version)
		SELECT i, md5('t' || i)::uuid, 400, 'S' || i, 'S' || i, 1, 101, 'IN_STOCK', 'NEW', md5('s' || i)::uuid, 1 FROM generate_series(1, $1::int) i`, assetsOf(rows))
	exec(`INSERT INTO sga.asset_events (asset_key, version, sequence, movement_id, recorded_at, event_on, to_status, to_location_key, to_condition, to_project_key, is_active, actor_id)
		SELECT i, 1, $1::int + i, md5('s' || i)::uuid, '2026-11-01', '2026-11-01', 'IN_STOCK', 101, 'NEW', 1, true, md5('a')::uuid FROM generate_series(1, $2::int) i`,
		rows, assetsOf(rows))
	exec(`SELECT setval(pg_get_serial_sequence('sga.assets', 'asset_key'), $1)`, assetsOf(rows))
}

// sums is what no migration may change, of the rows that were there.
func sums(t *testing.T, owner *pgxpool.Pool, rows int) map[string]string {
	t.Helper()
	out := map[string]string{}
	for name, sql := range map[string]string{
		"movements": `SELECT concat_ws(' ', count(*), sum(quantity), sum(sequence::numeric), sum(hashtext(movement_id::text)::bigint), sum(hashtext(recorded_at::text)::bigint))
			FROM sga.movements WHERE sequence <= $1`,
		"movement_ids": `SELECT concat_ws(' ', count(*), sum(hashtext(movement_id::text || sequence)::bigint)) FROM sga.movement_ids WHERE sequence <= $1`,
		"event_log":    `SELECT concat_ws(' ', count(*), sum(hashtext(position || kind || sequence || known_at)::bigint)) FROM sga.event_log WHERE sequence <= $1`,
		"audit_log": `SELECT concat_ws(' ', count(*), sum(audit_id::numeric), sum(hashtext(audit_id || subject || sequence || arguments::text || recorded_at)::bigint))
			FROM sga.audit_log WHERE sequence <= $1`,
		"idempotency_keys": `SELECT concat_ws(' ', count(*), sum(hashtext(key || answer)::bigint)) FROM sga.idempotency_keys WHERE key LIKE 'k%' AND $1 > 0`,
	} {
		var text string
		if err := owner.QueryRow(t.Context(), sql, rows).Scan(&text); err != nil {
			t.Fatal(err)
		}
		out[name] = text
	}
	return out
}

// migrateWithKills runs the migrator as a process, kills it at two random moments, and runs it to its end.
func migrateWithKills(t *testing.T, dsn string, rows int) (kills int) {
	t.Helper()
	const usual = 400 * time.Millisecond // what the new migrations take over little data, and a start of the process
	longest := usual + time.Duration(rows/2000)*time.Millisecond
	for attempt := 0; ; attempt++ {
		ctx, cancel := context.WithCancel(t.Context())
		if attempt < 2 {
			ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond+rand.N(longest))
		}
		cmd := exec.CommandContext(ctx, os.Args[0]) // the end of the context kills it
		cmd.Env = append(os.Environ(), migratorEnv+"="+dsn)
		out, err := cmd.CombinedOutput()
		cancel()
		var exit *exec.ExitError
		switch {
		case err == nil:
			return kills
		case errors.As(err, &exit) && !exit.Exited():
			kills++
		default:
			t.Fatalf("the migrator failed, after %d kills: %v\n%s", kills, err, out)
		}
	}
}

// afterMigration: all migrations are recorded, no index was left half built, the ledger agrees, and the program works.
func afterMigration(t *testing.T, db *dbtest.DB, owner *pgxpool.Pool, movements int) {
	t.Helper()
	if n, err := postgres.Migrate(t.Context(), db.DSN()); err != nil || n != 0 {
		t.Errorf("another run applies %d migrations, %v", n, err)
	}
	var broken []string
	if err := owner.QueryRow(t.Context(), `SELECT array_agg(indexrelid::regclass::text) FROM pg_index WHERE NOT indisvalid`).Scan(&broken); err != nil || broken != nil {
		t.Errorf("indexes that were left half built: %v, %v", broken, err)
	}
	if err := owner.QueryRow(t.Context(), `SELECT array_agg(conname::text) FROM pg_constraint WHERE NOT convalidated`).Scan(&broken); err != nil || broken != nil {
		t.Errorf("constraints that were left unchecked: %v, %v", broken, err)
	}
	c := &Company{Data: db, Owner: owner, Ana: Person("ana", 0xaa)}
	c.DB = c.OpenDB(t, db.DSN())
	for n := 1; n > 0; {
		var err error
		if n, err = c.DB.AssignPositions(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.DB.Submit(t.Context(), c.Request(c.Ana, Move(stock.Saida, "1", "P101", "L101", ""))); err != nil {
		t.Errorf("a write by this version: %v", err)
	}
	found, err := c.DB.Verify(t.Context(), nil)
	if err != nil || len(found.Findings) > 0 || found.Movements != int64(movements)+1 {
		t.Errorf("verify: %d movements, want %d; %v, %v", found.Movements, movements+1, found.Findings, err)
	}
}

// oldWriters write as the version before does, by its statements.
type oldWriters struct {
	stop    chan struct{}
	wait    sync.WaitGroup
	wrote   atomic.Int64
	slowest atomic.Int64
}

func startOldWriters(t *testing.T, db *dbtest.DB) *oldWriters {
	t.Helper()
	w := &oldWriters{stop: make(chan struct{})}
	for i := range 3 {
		conn := db.Conn(t)
		if _, err := conn.Exec(t.Context(), `SET ROLE nexo_writer`); err != nil {
			t.Fatal(err)
		}
		w.wait.Go(func() { w.write(t, conn, i) })
	}
	return w
}

func (w *oldWriters) write(t *testing.T, conn *pgx.Conn, writer int) {
	for n := 0; ; n++ {
		select {
		case <-w.stop:
			return
		default:
		}
		began := time.Now()
		if err := writeOld(t.Context(), conn, 101+rand.IntN(200), 101+rand.IntN(10), uuid.Must(uuid.NewV7())); err != nil {
			t.Errorf("writer %d: the version before cannot write: %v", writer, err)
			return
		}
		took := int64(time.Since(began))
		for have := w.slowest.Load(); took > have && !w.slowest.CompareAndSwap(have, took); have = w.slowest.Load() {
		}
		w.wrote.Add(1)
	}
}

func (w *oldWriters) end() (wrote int, slowest time.Duration) {
	close(w.stop)
	w.wait.Wait()
	return int(w.wrote.Load()), time.Duration(w.slowest.Load())
}

// writeOld is one receipt in the tables and columns of the version before.
func writeOld(ctx context.Context, conn *pgx.Conn, part, place int, id uuid.UUID) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		var version, sequence int64
		if err := tx.QueryRow(ctx, `UPDATE sga.balances SET quantity_total = quantity_total + 1, version = version + 1
			WHERE part_number_key = $1 AND location_key = $2 AND project_key = 1 AND condition = 'NEW' RETURNING version, nextval('sga.event_sequence')`,
			part, place).Scan(&version, &sequence); err != nil {
			return err
		}
		b := &pgx.Batch{}
		b.Queue(`INSERT INTO sga.movements (sequence, movement_id, movement_type, movement_on, recorded_at, part_number_key, project_key, source_location_key,
				destination_location_key, source_condition, condition, quantity, destination_version, actor_id, actor_kind, operation, rule)
			VALUES ($1, $2, 'ENTRADA', '2026-11-23', clock_timestamp(), $3, 1, 1, $4, 'NEW', 'NEW', 1, $5, md5('a')::uuid, 'person', 'sga_create_movement', 'entrada')`,
			sequence, id, part, place, version)
		b.Queue(`INSERT INTO sga.movement_ids (movement_id, sequence) VALUES ($1, $2)`, id, sequence)
		b.Queue(`INSERT INTO sga.outbox (sequence, kind, entity_id, recorded_at) VALUES ($1, 'movement', $2, clock_timestamp())`, sequence, id)
		b.Queue(`INSERT INTO sga.audit_log (recorded_at, actor_id, actor_kind, subject, on_behalf_of, client_id, door, session, operation, result, rule, sequence, entity_id, arguments, change)
			VALUES (clock_timestamp(), md5('a')::uuid, 'person', 'sub-a', '', 'web', 'rest', '', 'sga_create_movement', 'ok', 'entrada', $1, $2, '{}', '{}')`, sequence, id)
		b.Queue(`INSERT INTO sga.idempotency_keys (subject, operation, key, arguments_hash, answer) VALUES ('sub-w', 'sga_create_movement', $1, '\x00', '{}')`, id.String())
		return tx.SendBatch(ctx, b).Close()
	})
}

// holding is a lock that keeps writers of a table out, from when it was first to when it was last seen.
type holding struct {
	relation, mode, statement string
	first, last               time.Time
}

func (h holding) lasted() time.Duration { return h.last.Sub(h.first).Round(time.Millisecond) }

// lockWatch samples the locks on the tables that were there.
type lockWatch struct {
	stop chan struct{}
	done chan struct{}
	seen map[string]*holding
}

const sqlBlockingLocks = `SELECT concat_ws(' ', l.pid, l.virtualtransaction, l.relation, l.mode), l.relation::regclass::text, l.mode, a.query
	FROM pg_locks l JOIN pg_stat_activity a USING (pid)
	WHERE l.granted AND l.locktype = 'relation' AND l.relation = ANY($1) AND a.datname = current_database() AND l.database = a.datid
		AND l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')`

func watchLocks(t *testing.T, owner *pgxpool.Pool) *lockWatch {
	t.Helper()
	var tables []uint32
	if err := owner.QueryRow(t.Context(), `SELECT array_agg(oid) FROM pg_class WHERE relnamespace = 'sga'::regnamespace AND relkind = 'r'`).Scan(&tables); err != nil {
		t.Fatal(err)
	}
	w := &lockWatch{stop: make(chan struct{}), done: make(chan struct{}), seen: map[string]*holding{}}
	go func() {
		defer close(w.done)
		const every = 3 * time.Millisecond
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-w.stop:
				return
			case <-tick.C:
			}
			if err := w.sample(t.Context(), owner, tables); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	return w
}

func (w *lockWatch) sample(ctx context.Context, owner *pgxpool.Pool, tables []uint32) error {
	rows, err := owner.Query(ctx, sqlBlockingLocks, tables)
	if err != nil {
		return err
	}
	now := time.Now()
	var key, relation, mode, statement string
	_, err = pgx.ForEachRow(rows, []any{&key, &relation, &mode, &statement}, func() error {

		if w.seen[key] == nil {
			w.seen[key] = &holding{relation: relation, mode: mode, statement: statement, first: now}
		}
		w.seen[key].last = time.Now()
		return nil
	})
	return err
}

// end gives the longest locks, longest first.
func (w *lockWatch) end() []holding {
	close(w.stop)
	<-w.done
	var all []holding
	for h := range maps.Values(w.seen) {
		all = append(all, *h)
	}
	slices.SortFunc(all, func(a, b holding) int { return int(b.lasted() - a.lasted()) })
	const most = 6
	return all[:min(most, len(all))]
}
