package postgres

import (
	"context"
	"io/fs"
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/dbtest"
	"github.com/jackc/pgx/v5/pgconn"
)

// partitions lists the partitions of the audit with their bounds.
func (l *ledger) partitions() (out []string) {
	l.t.Helper()
	rows, err := l.owner.Query(l.t.Context(), `SELECT c.relname || ' ' || pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
		WHERE i.inhparent = 'sga.audit_log'::regclass ORDER BY length(c.relname), c.relname`)
	if err != nil {
		l.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			l.t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}

func TestAuditPartitionsLieAhead(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	if got := l.partitions(); len(got) != 4 || got[0] != "audit_log_0 FOR VALUES FROM (MINVALUE) TO ('4000000')" {
		t.Fatalf("%q", got)
	}
	for _, c := range []struct {
		next int64
		want int
	}{{1, 4}, {3_999_999, 4}, {4_000_001, 5}, {4_000_002, 5}, {13_000_000, 7}} {
		l.exec(`SELECT setval('sga.audit_log_ids', $1)`, c.next)
		if err := l.db.EnsureAuditPartitions(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := l.partitions(); len(got) != c.want {
			t.Errorf("at %d: %q", c.next, got)
		}
		l.exec(sqlTestAudit, "x")
	}
	if got := l.partitions(); got[6] != "audit_log_24000000 FOR VALUES FROM ('24000000') TO ('28000000')" {
		t.Errorf("%q", got)
	}
	// T-02: the writer may have partitions made, and can do nothing else to any of them.
	conn, err := pgconn.Connect(t.Context(), l.own.As("nexo_writer"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context())) //nolint:errcheck // the test is over
	for _, part := range []string{"audit_log_0", "audit_log_4000000", "audit_log_24000000"} {
		for _, verb := range []string{"DELETE FROM sga.@", "TRUNCATE sga.@", "UPDATE sga.@ SET result = 'x'", "DROP TABLE sga.@", "INSERT INTO sga.@ DEFAULT VALUES",
			"ALTER TABLE sga.audit_log DETACH PARTITION sga.@", "ALTER TABLE sga.@ DISABLE TRIGGER ALL"} {
			if _, err := conn.Exec(t.Context(), strings.ReplaceAll(verb, "@", part)).ReadAll(); sqlState(err) != "42501" {
				t.Errorf("writer may %s %s: %v", verb, part, err)
			}
		}
		for _, verb := range []string{"DELETE FROM sga.@", "TRUNCATE sga.@", "UPDATE sga.@ SET result = 'x'"} {
			if _, err := l.owner.Exec(t.Context(), strings.ReplaceAll(verb, "@", part)); sqlState(err) != "42501" {
				t.Errorf("owner may %s %s: %v", verb, part, err)
			}
		}
	}
}

// The table of the version before becomes the first partition, with every row, while the old program goes on
// writing; an interrupted migration goes on where it stopped.
func TestAuditBecomesPartitioned(t *testing.T) {
	t.Parallel()
	own := dbtest.New(t)
	db := own.Pool(t)
	exec := func(statement string, args ...any) {
		t.Helper()
		if _, err := db.Exec(t.Context(), statement, args...); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	for _, name := range []string{"00001_ledger", "00002_work", "00003_roles", "00004_positions"} {
		for _, s := range migrationStatements(t, name) {
			exec(s)
		}
	}
	old := strings.Replace(sqlTestAudit, "$1", "'old'", 1)
	exec(old)
	exec(`SELECT setval('sga.audit_log_audit_id_seq', 3500000)`)
	exec(old)
	steps := migrationStatements(t, "00005_audit")
	for i := range steps { // stop after each step, begin again, write in between
		for _, s := range steps[:i+1] {
			exec(s)
		}
		exec(old)
	}
	var n, kinds int
	var top int64
	if err := db.QueryRow(t.Context(), `SELECT count(*), count(DISTINCT tableoid), max(audit_id) FROM sga.audit_log`).Scan(&n, &kinds, &top); err != nil {
		t.Fatal(err)
	}
	if n != len(steps)+2 || kinds != 1 || top != int64(3_500_001+len(steps)) {
		t.Errorf("%d rows in %d partitions up to %d", n, kinds, top)
	}
	var bound string
	if err := db.QueryRow(t.Context(), `SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE oid = 'sga.audit_log_0'::regclass`).Scan(&bound); err != nil || !strings.Contains(bound, "8000000") {
		t.Errorf("bound %s, %v", bound, err)
	}
}

// migrationStatements splits a migration as the tool that applies it does.
func migrationStatements(t *testing.T, name string) []string {
	t.Helper()
	raw, err := fs.ReadFile(migrations, "migrations/"+name+".sql")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	var b strings.Builder
	inside := false
	for line := range strings.Lines(string(raw)) {
		switch trimmed := strings.TrimSpace(line); {
		case trimmed == "-- +goose StatementBegin":
			inside = true
			continue
		case trimmed == "-- +goose StatementEnd":
			inside = false
			out = append(out, b.String())
			b.Reset()
			continue
		case strings.HasPrefix(trimmed, "--"):
			continue
		case !inside && strings.HasSuffix(strings.TrimSpace(strings.Split(line, "--")[0]), ";"):
			b.WriteString(line)
			out = append(out, b.String())
			b.Reset()
			continue
		}
		b.WriteString(line)
	}
	return out
}
