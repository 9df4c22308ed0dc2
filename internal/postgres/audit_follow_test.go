package postgres

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/stock"
	"github.com/jackc/pgx/v5"
)

const sqlTestAudit = `INSERT INTO sga.audit_log (recorded_at, actor_kind, subject, client_id, door, operation, result)
	VALUES (clock_timestamp(), 'person', 'sub-ana', 'nexo-web', 'test', $1, 'ok')`

// follow reads the audit until enough rows have come, as a follower does.
func (l *ledger) follow(after int64, enough int) []stock.AuditRow {
	l.t.Helper()
	var out []stock.AuditRow
	for end := time.Now().Add(30 * time.Second); len(out) < enough; {
		rows, err := l.db.AuditAfter(l.t.Context(), after, 2)
		if err != nil {
			l.t.Fatal(err)
		}
		for _, r := range rows {
			out, after = append(out, r), r.ID
		}
		if time.Now().After(end) {
			l.t.Fatalf("%d of %d rows of the audit were settled", len(out), enough)
		}
	}
	return out
}

func operations(rows []stock.AuditRow) string {
	var names []string
	for _, r := range rows {
		names = append(names, r.Operation)
	}
	return strings.Join(names, " ")
}

// A transaction that drew its number and has not committed holds back what has higher ones, so that a follower
// never passes it by; one that is given up leaves a gap and no more.
func TestAuditIsSettledInOrder(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	open := func() pgx.Tx {
		tx, err := l.owner.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) })
		return tx
	}
	write := func(tx pgx.Tx, name string) {
		if _, err := tx.Exec(t.Context(), sqlTestAudit, name); err != nil {
			t.Fatal(err)
		}
	}
	idle := open() // has begun, and has drawn nothing
	if _, err := idle.Exec(t.Context(), `SELECT 1`); err != nil {
		t.Fatal(err)
	}
	l.exec(sqlTestAudit, "first")
	got := l.follow(0, 1)
	slow, lost := open(), open()
	write(slow, "slow")
	write(lost, "lost")
	l.exec(sqlTestAudit, "quick")
	for range 5 {
		rows, err := l.db.AuditAfter(t.Context(), 0, 10)
		if err != nil || operations(rows) != "first" {
			t.Fatalf("a row passed by an open transaction: %s, %v", operations(rows), err)
		}
	}
	if err := lost.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := slow.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	write(idle, "late")
	if err := idle.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	got = append(got, l.follow(got[0].ID, 3)...)
	if operations(got) != "first slow quick late" || !slices.IsSortedFunc(got, func(a, b stock.AuditRow) int { return int(a.ID - b.ID) }) {
		t.Errorf("got %s", operations(got))
	}
}

// Every row of many writers at once is met, once, in order.
func TestAuditFollowerMissesNothing(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	const writers, rows = 8, 40
	done := make(chan error, writers)
	for range writers {
		go func() {
			for range rows {
				tx, err := c.owner.Begin(t.Context())
				if err == nil {
					_, err = tx.Exec(t.Context(), sqlTestAudit, "w")
				}
				if err == nil {
					err = tx.Commit(t.Context())
				}
				if err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	got := c.follow(0, writers*rows)
	for range writers {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	for i := 1; i < len(got); i++ {
		if got[i].ID <= got[i-1].ID {
			t.Fatalf("%d after %d", got[i].ID, got[i-1].ID)
		}
	}
	if len(got) != writers*rows {
		t.Errorf("%d rows", len(got))
	}
}

func TestAuditRowIsWhole(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	r := c.request(mv(stock.Entrada, "3", "ISR4331", "", "SP-A"))
	r.Origin, r.Arguments = `192.0.2.7 "curl"`, []byte(`{"quantity":3}`)
	o, err := c.db.Submit(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.db.RecordCall(time.Now(), nil, approval.CallRecord{Door: "rest", Operation: "sga_get_balance", Result: "unauthenticated"}); err != nil {
		t.Fatal(err)
	}
	rows := c.follow(0, 2)
	made, refused := rows[0], rows[1]
	if made.Operation != "sga_create_movement" {
		made, refused = refused, made
	}
	if made.Actor != c.ana.PersonID || made.Subject != "sub-ana" || made.Door != "test" || made.Origin != r.Origin || made.Result != "ok" || made.Rule == "" ||
		made.Sequence != o.Posted[0].Movement.Sequence || string(made.Arguments) != `{"quantity":3}` || !strings.Contains(string(made.Change), `"SP-A"`) {
		t.Errorf("%+v", made)
	}
	if refused.ActorKind != "unknown" || refused.Result != "unauthenticated" || refused.Sequence != 0 || refused.Arguments != nil {
		t.Errorf("%+v", refused)
	}
}
