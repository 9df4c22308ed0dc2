package postgres

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestVerifyMany times a verification (T-07). NEXO_VERIFY_ROWS says of how many events, such as 1000000; every fifth
// moves a serial. Making and sealing them takes longer than verifying them.
func TestVerifyMany(t *testing.T) {
	rows, err := strconv.Atoi(os.Getenv("NEXO_VERIFY_ROWS"))
	if err != nil {
		t.Skip("NEXO_VERIFY_ROWS is not set")
	}
	n := openNotary(t)
	n.exec(`SET session_replication_role = replica`)
	for _, statement := range manyRows() {
		began := time.Now()
		n.exec(statement, rows)
		t.Logf("%s: %.60s", time.Since(began).Round(time.Millisecond), statement)
	}
	n.exec(`VACUUM ANALYZE`)
	began := time.Now()
	n.seal()
	t.Logf("sealed in %s", time.Since(began).Round(time.Millisecond))
	var after runtime.MemStats
	ours, theirs := processorTime(t, "self"), n.serverTime()
	began = time.Now()
	got := n.checked()
	took := time.Since(began)
	ours, theirs = processorTime(t, "self")-ours, n.serverTime()-theirs
	runtime.ReadMemStats(&after)
	t.Logf("verified %d events, %d audit rows, %d blocks in %s: %.0f events/s; processor %s here, %s in the server; heap %d MB", got.Events, got.AuditRows,
		got.Blocks, took.Round(time.Millisecond), float64(rows)/took.Seconds(), ours, theirs, after.HeapSys>>20)
	for _, f := range got.Findings {
		t.Errorf("%s %s", f.Invariant, f.MessageEN)
	}
}

// serverTime is the processor time of the server processes that serve the test: on a busy machine it says more than
// the clock on the wall.
func (n *notary) serverTime() (sum time.Duration) {
	n.t.Helper()
	rows, err := n.owner.Query(n.t.Context(), `SELECT pid::text FROM pg_stat_activity WHERE datname = current_database()`)
	if err != nil {
		n.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var pid string
		if err := rows.Scan(&pid); err != nil {
			n.t.Fatal(err)
		}
		sum += processorTime(n.t, pid)
	}
	return sum
}

// processorTime reads user and system time of a process (proc(5), stat: fields 14 and 15, in hundredths of a second).
func processorTime(t testing.TB, pid string) (sum time.Duration) {
	t.Helper()
	raw, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+1:]))
	for _, f := range fields[11:13] {
		ticks, err := strconv.Atoi(f)
		if err != nil {
			t.Fatal(err)
		}
		sum += time.Duration(ticks) * 10 * time.Millisecond
	}
	return sum
}

// manyRows fills the tables with $1 events: entries of 500 parts at one place, every fifth with a serial of its own.
func manyRows() []string {
	return []string{
		`INSERT INTO sga.part_numbers (part_number_key, part_number_id, part_number, part_number_folded, description, is_serialized, catalog_version)
			SELECT 1000 + p, gen_random_uuid(), 'M' || p, 'M' || p, 'Many', p % 5 = 0, 3 FROM generate_series(0, 499) p, (SELECT $1::int) x`,
		`INSERT INTO sga.movements (sequence, movement_id, movement_type, movement_on, recorded_at, part_number_key, project_key, source_location_key,
				destination_location_key, source_condition, condition, quantity, source_version, destination_version, actor_id, actor_kind, operation, rule, ticket, reason)
			SELECT 100000 + s, gen_random_uuid(), 'ENTRADA', '2026-01-01', '2026-01-01'::timestamptz + s * interval '1 second', 1000 + s % 500, 1, 1, 12, 'NEW', 'NEW',
				CASE WHEN s % 5 = 0 THEN 1 ELSE 2 END, 0, 1 + s / 500, '00000000-0000-7000-8000-0000000000aa', 'person', 'sga_create_movement', 'movimento', 'CH-' || s, 'reposição'
			FROM generate_series(0, $1 - 1) s`,
		`INSERT INTO sga.movement_ids (movement_id, sequence) SELECT movement_id, sequence FROM sga.movements WHERE sequence >= 100000 AND $1 > 0 ORDER BY sequence`,
		`INSERT INTO sga.event_log (position, sequence, kind, entity_id, known_at)
			SELECT 1 + sequence - 100000, sequence, 'movement', movement_id, recorded_at FROM sga.movements WHERE sequence >= 100000 AND $1 > 0 ORDER BY sequence`,
		`INSERT INTO sga.balances (part_number_key, location_key, project_key, condition, quantity_total, version)
			SELECT part_number_key, 12, 1, 'NEW', sum(quantity), count(*) FROM sga.movements WHERE sequence >= 100000 AND $1 > 0 GROUP BY 1`,
		`INSERT INTO sga.assets (asset_key, asset_id, part_number_key, serial_number, serial_key, project_key, location_key, status, condition, version)
			SELECT sequence, gen_random_uuid(), part_number_key, 'Z' || sequence, 'Z' || sequence, 1, 12, 'IN_STOCK', 'NEW', 1
			FROM sga.movements WHERE sequence >= 100000 AND sequence % 5 = 0 AND $1 > 0`,
		`INSERT INTO sga.asset_events (asset_key, version, sequence, movement_id, recorded_at, event_on, to_status, to_location_key, to_condition, to_project_key, is_active, actor_id)
			SELECT sequence, 1, sequence, movement_id, recorded_at, movement_on, 'IN_STOCK', 12, 'NEW', 1, true, actor_id
			FROM sga.movements WHERE sequence >= 100000 AND sequence % 5 = 0 AND $1 > 0 ORDER BY sequence`,
	}
}
