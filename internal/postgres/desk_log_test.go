package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// T-02: no role that a program uses can change the log, and not even the owner can without taking the
// triggers away, which leaves its trace in the schema.
func TestLogIsAppendOnly(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "1", "AP-3802", "", "SP-A", "A1"))
	logs := []string{"movements", "movement_ids", "movement_reversals", "asset_events", "event_log", "audit_log"}
	facts := []string{"count_results", "reconciliations", "reconciliation_rows"}
	tests := []struct {
		role   string
		tables []string
		verbs  []string
	}{
		{"nexo_writer", append(facts, logs...), []string{"DELETE FROM sga.%s", "TRUNCATE sga.%s", "TRUNCATE sga.%s CASCADE", "DROP TABLE sga.%s", "UPDATE sga.%s SET %s = %[2]s",
			"ALTER TABLE sga.%s DISABLE TRIGGER ALL", "ALTER TABLE sga.%s DISABLE TRIGGER USER"}},
		{"nexo_reader", append(facts, logs...), []string{"DELETE FROM sga.%s", "TRUNCATE sga.%s", "UPDATE sga.%s SET %s = %[2]s", "INSERT INTO sga.%s DEFAULT VALUES"}},
		{"", logs, []string{"DELETE FROM sga.%s", "TRUNCATE sga.%s CASCADE", "UPDATE sga.%s SET %s = %[2]s"}},
	}
	for _, tc := range tests {
		conn := c.connect(tc.role)
		for _, table := range tc.tables {
			var column string
			if err := c.owner.QueryRow(t.Context(), `SELECT attname FROM pg_attribute WHERE attrelid = ('sga.' || $1)::regclass AND attnum > 0 AND attidentity = ''
				ORDER BY attnum LIMIT 1`, table).Scan(&column); err != nil {
				t.Fatal(err)
			}
			for _, verb := range tc.verbs {
				_, err := conn.Exec(t.Context(), fmt.Sprintf(verb+"%.0[2]s", table, column))
				if code := sqlState(err); code != "42501" && code != "25006" {
					t.Errorf("%s, %s: %v", tc.role, fmt.Sprintf(verb+"%.0[2]s", table, column), err)
				}
			}
		}
	}
	for role, statement := range map[string]string{"nexo_writer": `SET session_replication_role = replica`, "nexo_reader": `SELECT * FROM sga.logins`} {
		if _, err := c.connect(role).Exec(t.Context(), statement); sqlState(err) != "42501" {
			t.Errorf("%s may %s: %v", role, statement, err)
		}
	}
	c.balance(partSerial, keySPA, "1/0")
}

func (c *counter) connect(role string) *pgx.Conn {
	c.t.Helper()
	dsn := c.own.DSN()
	if role != "" {
		dsn = c.own.As(role)
	}
	conn, err := pgx.Connect(c.t.Context(), dsn)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(c.t.Context())) })
	return conn
}

func sqlState(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

// breakAudit makes the audit refuse rows of one subject, as a broken constraint or a full disk would.
func (c *counter) breakAudit(subject string) {
	c.t.Helper()
	c.exec(`CREATE OR REPLACE FUNCTION sga.broken() RETURNS trigger LANGUAGE plpgsql AS
		$$ BEGIN IF NEW.subject = TG_ARGV[0] THEN RAISE EXCEPTION 'audit of % is broken at /var/lib/secret', NEW.subject; END IF; RETURN NEW; END $$`)
	c.exec(`CREATE TRIGGER broken BEFORE INSERT ON sga.audit_log FOR EACH ROW EXECUTE FUNCTION sga.broken('` + subject + `')`)
}

// written is what only an effect adds to.
func (c *counter) written() string {
	c.t.Helper()
	var out string
	if err := c.owner.QueryRow(c.t.Context(), `SELECT concat_ws('/', (SELECT count(*) FROM sga.movements), (SELECT count(*) FROM sga.movement_ids),
		(SELECT count(*) FROM sga.asset_events), (SELECT count(*) FROM sga.assets), (SELECT count(*) FROM sga.reservations),
		(SELECT count(*) FROM sga.outbox) + (SELECT count(*) FROM sga.event_log), (SELECT count(*) FROM sga.tasks), (SELECT count(*) FROM sga.tasks WHERE status = 'PENDING'),
		(SELECT count(*) FROM sga.idempotency_keys), (SELECT version FROM sga.catalog_version), (SELECT count(*) FROM sga.counts),
		(SELECT sum(quantity_total) || ' ' || sum(quantity_reserved) || ' ' || sum(version) FROM sga.balances))`).Scan(&out); err != nil {
		c.t.Fatal(err)
	}
	return out
}

// T-03: no audit, no effect, of whatever kind; and once the audit works the same key does it.
func TestNoAuditNoEffect(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "10", "ISR4331", "", "SP-A"), mv(stock.Entrada, "1", "AP-3802", "", "SP-A", "A1"))
	task := c.must(mv(stock.AjusteNegativo, "1", "ISR4331", "SP-A", "")).Task
	name := "Novo"
	steps := []approval.Step{
		mv(stock.Saida, "1", "ISR4331", "SP-A", ""), mv(stock.AjusteNegativo, "1", "ISR4331", "SP-A", ""), reserve("1", "ISR4331", "SP-A", time.Now().Add(time.Hour)),
		{StateChange: &approval.AssetChange{PartNumber: "AP-3802", Serial: "A1", To: stock.Quarantine}},
		{Project: &approval.ProjectEdit{Create: true, ID: c.db.newID(), Code: "NOVO", Name: &name}},
		{CountOpen: &approval.CountOpen{ID: c.db.newID(), Name: "C", Type: "SPOT", Location: "SP-A"}},
	}
	c.breakAudit("sub-ana")
	before := c.written()
	check := func(what string, err error) {
		f := fault.Of(err)
		if err == nil || f.Code != fault.Internal || f.Message != "Erro interno." {
			t.Errorf("%s: got %v", what, err)
		}
		if now := c.written(); now != before {
			t.Errorf("%s left something: %s, %s", what, before, now)
		}
	}
	for i, step := range steps {
		r := c.request(step)
		r.Key = "k" + itoa(i)
		_, err := c.db.Submit(t.Context(), r)
		check(fmt.Sprintf("step %d", i), err)
	}
	decide := &approval.Decision{Actor: c.bia, Door: "test", Operation: "sga_approve_task", TaskID: task.ID, Fingerprint: task.Fingerprint, Render: render}
	c.exec(`DROP TRIGGER broken ON sga.audit_log`)
	c.breakAudit("sub-bia")
	_, err := c.db.Approve(t.Context(), decide)
	check("approval", err)
	_, err = c.db.Reject(t.Context(), decide)
	check("rejection", err)
	c.exec(`DROP TRIGGER broken ON sga.audit_log`)
	for i, step := range steps {
		r := c.request(step)
		r.Key = "k" + itoa(i)
		if _, err := c.db.Submit(t.Context(), r); err != nil {
			t.Errorf("step %d after the repair: %v", i, err)
		}
	}
}

// In a group that shares a transaction the others do not suffer for the one that cannot be audited.
func TestOthersAreNotHeldByABrokenAudit(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "100", "ISR4331", "", "SP-A"))
	c.breakAudit("sub-bad")
	bad := *c.ana
	bad.Subject = "sub-bad"
	var wait sync.WaitGroup
	for i := range 40 {
		wait.Go(func() {
			r := c.request(mv(stock.Saida, "1", "ISR4331", "SP-A", ""))
			want := fault.Code("")
			if i%4 == 0 {
				r.Actor, want = &bad, fault.Internal
			}
			if _, err := c.db.Submit(t.Context(), r); fault.CodeOf(err) != want {
				t.Errorf("%d: got %v, want %q", i, err, want)
			}
		})
	}
	wait.Wait()
	c.balance(keyRouter, keySPA, "70/0")
}

// I11: a queue of reads and refusals that is full refuses service, and forgets nothing that it took.
func TestAuditRefusesServiceWhenFull(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	tx, err := c.owner.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `LOCK TABLE sga.audit_log IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	taken := 0
	for range 3 * maxAuditQueue {
		if err = c.db.RecordCall(time.Now(), c.ana, approval.CallRecord{Door: "test", Operation: "flood", Result: "ok"}); err != nil {
			break
		}
		taken++
	}
	if fault.CodeOf(err) != fault.Unavailable || !fault.Of(err).Retryable {
		t.Errorf("after %d: %v", taken, err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	stored := -1
	for began := time.Now(); stored != taken && time.Since(began) < 20*time.Second; {
		if err := c.owner.QueryRow(t.Context(), `SELECT count(*) FROM sga.audit_log WHERE operation = 'flood'`).Scan(&stored); err != nil {
			t.Fatal(err)
		}
	}
	if stored != taken {
		t.Errorf("took %d, stored %d", taken, stored)
	}
	odd := [][]byte{[]byte(`{"a":`), []byte("\xff"), []byte("a\x00b"), []byte(`"\u0000"`), nil, make([]byte, maxAuditedArguments+1)}
	for _, raw := range odd {
		if err := c.db.RecordCall(time.Now(), nil, approval.CallRecord{Door: "test", Operation: "odd", Result: "invalid_argument", Arguments: raw}); err != nil {
			t.Error(err)
		}
	}
	for began := time.Now(); stored != len(odd) && time.Since(began) < 10*time.Second; {
		if err := c.owner.QueryRow(t.Context(), `SELECT count(*) FROM sga.audit_log WHERE operation = 'odd'`).Scan(&stored); err != nil {
			t.Fatal(err)
		}
	}
	if stored != len(odd) {
		t.Errorf("odd arguments: stored %d of %d", stored, len(odd))
	}
}
