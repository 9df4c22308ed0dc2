package postgres

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
	"github.com/jackc/pgx/v5/pgconn"
)

var _ approval.Desk = (*DB)(nil)

// Limits of the desk. Two cores commit fastest with few transactions of many movements: a worker
// takes whatever is already waiting, never waits for more, and so a lone call is not delayed.
const (
	deskWorkers = 2
	maxGroup    = 128
	maxQueued   = 4096 // a caller beyond it is told to come back: the queue is seconds of work already
	maxSteps    = 1000 // of one request; the contract's batch
	maxAttempts = 6
	retryAtMost = 40 * time.Millisecond
	// failoverAtMost lets a group wait out a server's restart or a moved endpoint for a second or two; a
	// longer one is for the caller to come back after.
	failoverAtMost = 800 * time.Millisecond
	lockPatience   = "1s" // the desk's own transactions last milliseconds: whoever holds a row longer is stuck or a person at a console
	// hurriedPatience is for the requests of a group that met such a lock, tried one by one: the others must not wait long.
	hurriedPatience = "100ms"
	writeTimeout    = 20 * time.Second // of one group; a caller that has gone does not undo a commit
)

// desk groups requests that wait together into one transaction, each with its own answer.
type desk struct {
	db    *DB
	queue chan *pending
	wait  sync.WaitGroup
	known knownKeys
}

// pending is a request on its way through the desk. Exactly one of request and decision is set.
type pending struct {
	request  *approval.Request
	decision *approval.Decision
	approve  bool                 // of a decision
	change   *approval.TaskChange // decides nothing; decision is its first part
	task     *approval.Task
	plan     *plan
	planErr  error // the stored steps of a task no longer resolve
	refused  error // the answer, where something is written all the same (a fresh preview)
	outcome  *approval.Outcome
	hurried  bool // its group met a lock that did not open
	err      error
	done     chan struct{}
}

func newDesk(db *DB) *desk {
	d := &desk{db: db, queue: make(chan *pending, maxQueued)}
	d.known.seen = map[stock.Key]struct{}{}
	for range deskWorkers {
		d.wait.Add(1)
		go d.work()
	}
	return d
}

// close serves what is queued and stops the workers. Nothing may be submitted after it.
func (d *desk) close() {
	close(d.queue)
	d.wait.Wait()
}

// Submit implements approval.Desk.
func (db *DB) Submit(ctx context.Context, r *approval.Request) (*approval.Outcome, error) {
	if len(r.Steps) == 0 || len(r.Steps) > maxSteps {
		return nil, fault.InvalidArgument.With("São aceitos de 1 a %d passos.", "From 1 to %d steps are accepted.", maxSteps).Detail("maximum", maxSteps)
	}
	p := &pending{request: r, done: make(chan struct{})}
	if p.plan, p.err = planRequest(db.catalog.Load(), r); p.err != nil {
		return db.answered(ctx, p) // what was done once may not be possible again: its answer stands
	}
	out, err := db.desk.pass(ctx, p)
	switch fault.CodeOf(err) {
	case "", fault.Unavailable, fault.Internal, fault.IdempotencyMismatch:
		return out, err
	}
	// The same key may have been on its way through another worker: what it did is then what this one was refused for.
	return db.answered(ctx, &pending{request: r, err: err})
}

// pass queues p and waits for its answer. A caller that goes away leaves a write that may still be
// made: it learns what became of it by asking again with the same idempotency key.
func (d *desk) pass(ctx context.Context, p *pending) (*approval.Outcome, error) {
	select {
	case d.queue <- p:
	default:
		return nil, fault.Unavailable.With("O sistema está ocupado; tente de novo em instantes.", "The system is busy; try again shortly.")
	}
	select {
	case <-p.done:
		if isLost(p.err) {
			return nil, p.unknown("A conexão caiu durante o registro e não se sabe se ele foi feito: consulte antes de repetir, ou use idempotency_key.",
				"The connection broke while saving and it is not known whether it was done: look before repeating, or use idempotency_key.", p.err)
		}
		return p.outcome, translate(p.err)
	case <-ctx.Done():
		return nil, p.unknown("A chamada terminou antes da resposta: repita com a mesma idempotency_key.",
			"The call ended before the answer: repeat it with the same idempotency_key.", ctx.Err())
	}
}

// unknown says that a write may have been made. Only with a key is it safe for a program to ask again.
func (p *pending) unknown(pt, en string, cause error) error {
	err := fault.Unavailable.With(pt, en).Because(cause)
	if _, _, key := p.idempotency(); key == "" {
		return err.Final()
	}
	return err
}

func (d *desk) work() {
	defer d.wait.Done()
	for first := range d.queue {
		group := d.collect(first)
		d.serve(group)
	}
}

// collect takes what else is waiting. Decisions and edits of master data go alone.
func (d *desk) collect(first *pending) []*pending {
	group := []*pending{first}
	if first.alone() {
		return group
	}
	for len(group) < maxGroup {
		select {
		case p, open := <-d.queue:
			if !open {
				return group
			}
			if p.alone() {
				d.serve([]*pending{p})
				continue
			}
			group = append(group, p)
		default:
			return group
		}
	}
	return group
}

func (p *pending) alone() bool {
	return p.decision != nil || p.plan.edits || len(p.request.Steps) > maxGroup
}

// serve runs a group to its end: requests that repeat a key already in the group come after it, and a
// group that fails as a whole is tried again one by one, so that no request suffers for another.
func (d *desk) serve(group []*pending) {
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	first, repeated := splitRepeated(group)
	err := d.attempt(ctx, first)
	down := isDown(err) // then the others would only wait in turn for a server that is not there
	for _, p := range first {
		switch {
		case err == nil:
		case !down && mayRepeat(p, err) && (len(first) > 1 || isLost(err)):
			p.hurried = isLockTimeout(err)
			if err := d.attempt(ctx, []*pending{p}); err != nil {
				p.outcome, p.err, down = nil, err, isDown(err)
			}
		default:
			p.outcome, p.err = nil, err
		}
		close(p.done)
	}
	if len(repeated) > 0 {
		d.serve(repeated)
	}
}

// lost is a failure after COMMIT was sent: whether the group was kept is not known.
type lost struct{ cause error }

func (l *lost) Error() string { return "answer to commit lost: " + l.cause.Error() }
func (l *lost) Unwrap() error { return l.cause }

func isLost(err error) bool {
	var l *lost
	return errors.As(err, &l)
}

// mayRepeat reports whether p may be tried again after err. Where the commit may have happened only its
// idempotency key can tell, so a request without one is answered that nobody knows.
func mayRepeat(p *pending, err error) bool {
	_, _, key := p.idempotency()
	return !isLost(err) || key != ""
}

// splitRepeated holds back requests whose idempotency key is already in the group.
func splitRepeated(group []*pending) (first, repeated []*pending) {
	type key struct{ subject, operation, key string }
	seen := map[key]bool{}
	for _, p := range group {
		r := p.request
		if r != nil && r.Key != "" {
			k := key{r.Actor.Subject, r.Operation, r.Key}
			if seen[k] {
				repeated = append(repeated, p)
				continue
			}
			seen[k] = true
		}
		first = append(first, p)
	}
	return first, repeated
}

// attempt runs the transaction of a group, again where the database asks for it or where the
// catalogue or the locked rows turned out not to be enough. An error here is the whole group's;
// a refusal of one request is in its pending.
func (d *desk) attempt(ctx context.Context, group []*pending) error {
	var extra []lockKey
	var err error
	for try := range maxAttempts {
		var again *again
		if again, err = d.transact(ctx, group, extra); err == nil && again == nil {
			return nil
		}
		if again != nil {
			extra = append(extra, again.keys...)
			if again.catalog {
				if err = d.replan(ctx, group); err != nil {
					return err
				}
			}
			err = errAgain
			continue
		}
		if !mayRetry(err) || len(group) > 1 && try > 0 && !isDown(err) {
			return err
		}
		pause(ctx, try, isDown(err))
	}
	if errors.Is(err, errAgain) {
		return fault.Conflict.With("Os dados mudaram muitas vezes durante a operação; tente de novo.", "The data changed too often during the operation; try again.")
	}
	return err
}

var errAgain = errors.New("rows or catalogue were not enough")

// replan resolves codes again over a fresh catalogue.
func (d *desk) replan(ctx context.Context, group []*pending) error {
	if err := d.db.refreshCatalog(ctx); err != nil {
		return err
	}
	for _, p := range group {
		if p.request != nil {
			p.plan, p.err = planRequest(d.db.catalog.Load(), p.request)
		}
	}
	return nil
}

// mayRetry reports whether the transaction certainly left nothing behind and may pass next time.
func mayRetry(err error) bool {
	if isLost(err) {
		return false
	}
	if isDown(err) { // COMMIT was not sent: another connection, perhaps to another server, may do it
		return true
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code {
		case "40001", "40P01", "23505": // serialization, deadlock, and a row that another process inserted first
			return true
		}
		return false
	}
	return pgconn.SafeToRetry(err)
}

// isLockTimeout reports SQLSTATE 55P03, lock_not_available.
func isLockTimeout(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "55P03"
}

// pause waits a random time that grows with the tries, so that those who failed together do not come
// back together; longer where the server itself is away.
func pause(ctx context.Context, try int, down bool) {
	most := retryAtMost
	if down {
		most = failoverAtMost
	}
	t := time.NewTimer(time.Duration(rand.Int64N(int64(most) >> (3 - min(try, 3)))))
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
