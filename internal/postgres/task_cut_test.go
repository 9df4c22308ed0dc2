package postgres

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/simtest/netproxy"
	"github.com/faiston/nexo/internal/stock"
)

// onTheWire is the name under which the driver prepares a statement, which is what travels once a connection knows it.
func onTheWire(sql string) string {
	sum := sha256.Sum256([]byte(sql))
	return "stmtcache_" + hex.EncodeToString(sum[:24])
}

// act is something that is done to a task, with what must be left of it exactly once.
type act struct {
	name string
	do   func(c *counter, db *DB, t *approval.Task, key string) (*approval.Outcome, error)
	want string // status, votes, comments, movements, events of the task after its creation
}

func acts() []act {
	keyed := func(d *approval.Decision, key string) *approval.Decision { d.Key = key; return d }
	change := func(kind approval.ChangeKind, edit func(c *counter, ch *approval.TaskChange)) func(*counter, *DB, *approval.Task, string) (*approval.Outcome, error) {
		return func(c *counter, db *DB, t *approval.Task, key string) (*approval.Outcome, error) {
			ch := c.change(c.bia, t, kind)
			ch.Key, ch.Operation = key, "sga_"+string(kind)+"_task"
			edit(c, ch)
			return db.ChangeTask(c.t.Context(), ch)
		}
	}
	return []act{
		{"vote", func(c *counter, db *DB, t *approval.Task, key string) (*approval.Outcome, error) {
			return db.Approve(c.t.Context(), keyed(c.decision(c.bia, t), key))
		}, "IN_PROGRESS 1 0 0 [task_voted]"},
		{"approve", func(c *counter, db *DB, t *approval.Task, key string) (*approval.Outcome, error) {
			if len(c.look(t.ID).Votes) == 0 {
				if _, err := c.db.Approve(c.t.Context(), c.decision(c.person("cai", 0xcc), t)); err != nil {
					return nil, err
				}
			}
			return db.Approve(c.t.Context(), keyed(c.decision(c.bia, t), key))
		}, "APPROVED 2 0 1 [task_voted task_approved]"},
		{"reject", func(c *counter, db *DB, t *approval.Task, key string) (*approval.Outcome, error) {
			d := keyed(c.decision(c.bia, t), key)
			d.Operation = "sga_reject_task"
			return db.Reject(c.t.Context(), d)
		}, "REJECTED 0 0 0 [task_rejected]"},
		{"comment", change(approval.ChangeComment, func(_ *counter, ch *approval.TaskChange) { ch.Comment = "falta a foto" }), "PENDING 0 1 0 [task_commented]"},
		{"assign", change(approval.ChangeAssign, func(c *counter, ch *approval.TaskChange) { ch.Assignee = c.bia.PersonID }), "IN_PROGRESS 0 0 0 [task_assigned]"},
		{"escalate", change(approval.ChangeEscalate, func(*counter, *approval.TaskChange) {}), "PENDING 0 0 0 [task_escalated]"},
		{"expire", func(c *counter, db *DB, t *approval.Task, _ string) (*approval.Outcome, error) {
			c.exec(`UPDATE sga.tasks SET expires_at = created_at WHERE task_id = $1 AND status = 'PENDING'`, t.ID)
			_, err := db.ExpireTasks(c.t.Context())
			return &approval.Outcome{}, err
		}, "EXPIRED 0 0 0 [task_expired]"},
	}
}

// left is what there is of a task, as act.want writes it; it also holds the log to itself.
func (c *counter) left(t *approval.Task) string {
	c.t.Helper()
	events := c.told(t.ID)[1:]
	var out string
	if err := c.owner.QueryRow(c.t.Context(), `SELECT concat_ws(' ', status, (SELECT count(*) FROM sga.task_votes v WHERE v.task_id = t.task_id),
		(SELECT count(*) FROM sga.task_comments m WHERE m.task_id = t.task_id), (SELECT count(*) FROM sga.movements m WHERE m.task_id = t.task_id))
		FROM sga.tasks t WHERE task_id = $1`, t.ID).Scan(&out); err != nil {
		c.t.Fatal(err)
	}
	return fmt.Sprint(out, " ", events)
}

// No cut of the connection loses a decision, does it twice or does half of it: before the task is locked, between the
// locks and the writes, and after COMMIT was sent. Asking again with the same key gives the one answer.
func TestDecisionsSurviveEveryCut(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "1000", "ISR4331", "", "SP-A"))
	proxy := netproxy.Start(t, c.own.DSN())
	db, err := Open(t.Context(), Config{WriterURL: proxy.DSN(t, c.own.DSN()), ReaderURL: c.own.DSN(), MaxWriters: 1, MaxReaders: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	cuts := map[string]string{"the lock of the task": sqlLockTask, "the other locks": sqlDrawSequences, "the audit": sqlInsertAudit, "the commit": sqlCommit}
	n := 0
	for _, a := range acts() {
		for at, statement := range cuts {
			if a.name == "expire" {
				statement = map[string]string{"the lock of the task": sqlExpireTasks, "the audit": sqlInsertAudit}[at]
				if statement == "" {
					continue
				}
			}
			n++
			if _, err := a.do(c, db, c.disposal("1"), ""); err != nil { // the connection knows its statements
				t.Fatalf("%s: %v", a.name, err)
			}
			task, key := c.disposal("1"), fmt.Sprintf("%s-%d", a.name, n)
			before := proxy.Cuts()
			proxy.CutAfter(onTheWire(statement))
			var first *approval.Outcome
			for try := 0; ; try++ {
				if first, err = a.do(c, db, task, key); err == nil {
					break
				}
				if f := fault.Of(err); f.Code != fault.Unavailable || try > 5 {
					t.Fatalf("%s cut at %s: %v", a.name, at, err)
				}
			}
			if proxy.Cuts() != before+1 {
				t.Errorf("%s at %s: %d cuts", a.name, at, proxy.Cuts()-before)
			}
			if got := c.left(task); got != a.want {
				t.Errorf("%s cut at %s left %s, want %s", a.name, at, got, a.want)
			}
			if a.name == "expire" {
				continue
			}
			again, err := a.do(c, db, task, key)
			if err != nil || !again.Replay || string(again.Answer) != string(first.Answer) || c.left(task) != a.want {
				t.Errorf("%s cut at %s, asked again: %+v, %v; left %s", a.name, at, again, err, c.left(task))
			}
		}
	}
}

// The same where the server itself ends the connection, with the locks taken and nothing written.
func TestDecisionsSurviveAKilledBackend(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "1000", "ISR4331", "", "SP-A"))
	for _, a := range acts() {
		if a.name == "expire" {
			continue // takes no lock that another can hold against it: it skips what is locked
		}
		task := c.disposal("1")
		if a.name == "approve" { // the first vote comes before the lock
			if _, err := c.db.Approve(t.Context(), c.decision(c.person("cai", 0xcc), task)); err != nil {
				t.Fatal(err)
			}
		}
		tx, err := c.owner.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		// The outbox stays closed: the decision has its locks and waits with its writes.
		if _, err := tx.Exec(t.Context(), `LOCK TABLE sga.outbox IN EXCLUSIVE MODE`); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { _, err := a.do(c, c.db, task, "k-"+a.name); done <- err }()
		for killed := 0; killed == 0; {
			if err := tx.QueryRow(t.Context(), `SELECT count(pg_terminate_backend(pid)) FROM pg_locks JOIN pg_stat_activity USING (pid)
				WHERE relation = 'sga.outbox'::regclass AND NOT granted AND datname = current_database()`).Scan(&killed); err != nil {
				t.Fatal(err)
			}
		}
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		err = <-done
		for try := 0; err != nil; try++ {
			if f := fault.Of(err); f.Code != fault.Unavailable || !f.Retryable || try > 5 {
				t.Fatalf("%s: %v", a.name, err)
			}
			_, err = a.do(c, c.db, task, "k-"+a.name)
		}
		if got := c.left(task); got != a.want {
			t.Errorf("%s left %s, want %s", a.name, got, a.want)
		}
	}
}

// T-03 for tasks: without its event, its line of history or its audit row nothing is done.
func TestNoTraceNoDecision(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "1000", "ISR4331", "", "SP-A"))
	for table, column := range map[string]string{"outbox": "kind", "task_history": "change", "audit_log": "operation"} {
		for _, a := range acts() {
			if a.name == "approve" || a.name == "comment" && table == "task_history" || a.name == "expire" && table == "outbox" {
				continue // approve is a vote first; a comment is its own history; the outbox of an expiry is the statement itself
			}
			task := c.disposal("1")
			c.exec(`ALTER TABLE sga.` + table + ` ADD CONSTRAINT broken CHECK (` + column + ` = 'x') NOT VALID`)
			_, err := a.do(c, c.db, task, "")
			c.exec(`ALTER TABLE sga.` + table + ` DROP CONSTRAINT broken`)
			if err == nil {
				t.Errorf("%s went through without %s", a.name, table)
			}
			c.exec(`UPDATE sga.tasks SET expires_at = created_at + interval '7 days' WHERE task_id = $1`, task.ID)
			if got := c.left(task); got != "PENDING 0 0 0 []" {
				t.Errorf("%s without %s left %s", a.name, table, got)
			}
		}
	}
}
