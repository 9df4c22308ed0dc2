package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// What the issue of the second stores asks of the relay and of the proof, in events a second.
const (
	steadyRate = 2_000             // movements that the relay has to keep up with
	drainRate  = 3_000             // of a backlog, into PostgreSQL
	verifyRate = 10_000_000 / 60.0 // ten million in a minute
	// backlog is how many events wait at most when a drain begins; smaller data has fewer.
	backlog = 1_000_000
	// sampleEvery is how often the lag is looked at.
	sampleEvery = 50 * time.Millisecond
	// settle is how long the relay may take to have nothing left before a measurement.
	settle = 30 * time.Minute
)

var errBehind = errors.New("the relay did not catch up")

// secondCases measure what follows a movement: audit, outbox, relay, and the proof of all of it.
func (w world) secondCases() []testCase {
	return []testCase{
		{"audit-cost", "movement over MCP at 32 with audit and outbox, beside none of their rows", goal{Number: "audit", AtLeast: 0.85}, auditCost},
		{"relay-lag", fmt.Sprintf("age of the oldest undelivered event under %d movements a second", steadyRate), goal{Number: "relay", P99: 2000}, relayLag},
		{"relay-drain", "events a second from a backlog into the event table", goal{Number: "relay", AtLeast: 1}, relayDrain},
		{"verify", "events a second of nexo verify", goal{Number: "T-07", AtLeast: 1}, verifyTime},
	}
}

// Without their rows: the statements are still sent and planned, so what is measured is what the rows cost.
const (
	sqlNoAudit    = `CREATE OR REPLACE RULE bench_no_audit AS ON INSERT TO sga.audit_log DO INSTEAD NOTHING`
	sqlNoOutbox   = `CREATE OR REPLACE RULE bench_no_outbox AS ON INSERT TO sga.outbox DO INSTEAD NOTHING`
	sqlAuditAgain = `DROP RULE IF EXISTS bench_no_audit ON sga.audit_log`
	sqlOutboxBack = `DROP RULE IF EXISTS bench_no_outbox ON sga.outbox`
)

// costScale is the size of the data for it: small, because what is posted without an outbox cannot be proven, and
// so the database is thrown away.
const costScale = 0.02

// auditCost runs the same load with, without, and again with the rows of audit and outbox.
func auditCost(ctx context.Context, b *bench, r *row) error {
	small := &bench{o: b.o, to: b.to, world: newWorld(costScale), pg: b.pg, servers: map[string]*child{}, own: "cost_"}
	if err := small.database(ctx, small.sga(), fmt.Sprint(worldVersion), small.loadLedger); err != nil {
		return err
	}
	defer small.stopServers()
	conn, err := pgx.Connect(ctx, small.sga())
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := small.server(ctx); err != nil {
		return err
	}
	if err := small.caughtUp(ctx, conn); err != nil { // or the relay's past would be measured
		return err
	}
	moving := call{door: overMCP, operation: "sga_create_movement", args: small.world.move, connections: 32}
	before, err := small.call(ctx, moving)
	if err != nil {
		return err
	}
	if err := run(ctx, conn, sqlNoAudit, sqlNoOutbox); err != nil {
		return err
	}
	r.LimitName = "the same without"
	r.Limit, err = small.call(ctx, moving)
	if err := errors.Join(err, run(ctx, conn, sqlAuditAgain, sqlOutboxBack)); err != nil {
		return err
	}
	if r.Ours, err = small.call(ctx, moving); err != nil {
		return err
	}
	r.Ours.Rate, r.Ours.CPU, r.Ours.PGCPU = (before.Rate+r.Ours.Rate)/2, (before.CPU+r.Ours.CPU)/2, (before.PGCPU+r.Ours.PGCPU)/2
	r.Note = fmt.Sprintf("processor time of program and PostgreSQL: %.0f µs with, %.0f µs without", r.Ours.CPU+r.Ours.PGCPU, r.Limit.CPU+r.Limit.PGCPU)
	return nil
}

func run(ctx context.Context, conn *pgx.Conn, statements ...string) error {
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// sqlLag is the age of the oldest event that a consumer of the log has not been given, in milliseconds; events
// without a position wait too.
const sqlLag = `SELECT coalesce(extract(epoch FROM clock_timestamp() - least(
		(SELECT min(e.known_at) FROM sga.relay_cursors c CROSS JOIN LATERAL (SELECT known_at FROM sga.event_log e WHERE e.position > c.position
			ORDER BY e.position LIMIT 1) e WHERE c.source = 'events'),
		(SELECT min(recorded_at) FROM sga.outbox))), 0)::float8 * 1000`

// relayLag drives movements at a steady rate and looks at the lag meanwhile.
func relayLag(ctx context.Context, b *bench, r *row) error {
	c, err := b.server(ctx)
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, b.sga())
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if err := b.caughtUp(ctx, conn); err != nil {
		return err
	}
	l := &load{address: c.Address, connections: 32, warmup: b.warmup(), time: max(b.o.duration, 10*time.Second), rate: steadyRate,
		caller: func() caller { return overMCP(c, "sga_create_movement", b.world.move) }}
	sampling, stop := context.WithCancel(ctx)
	lags := make(chan []float64, 1)
	go func() { lags <- sampleLag(sampling, conn) }()
	t, err := l.run(ctx, func() {})
	stop()
	samples := <-lags
	if err != nil {
		return err
	}
	slices.Sort(samples)
	r.Ours = t.figure(1)
	r.Note = fmt.Sprintf("at %.0f movements a second; a call took %.1f ms at the median", r.Ours.Rate, r.Ours.P50)
	r.Ours.P50, r.Ours.P99 = percentile(samples, 50), percentile(samples, 99)
	return nil
}

func sampleLag(ctx context.Context, conn *pgx.Conn) []float64 {
	var out []float64
	for ctx.Err() == nil {
		var ms float64
		if err := conn.QueryRow(context.WithoutCancel(ctx), sqlLag).Scan(&ms); err == nil {
			out = append(out, ms)
		}
		pause(ctx, sampleEvery)
	}
	return out
}

const (
	sqlUndelivered = `SELECT coalesce(max(l.last - c.position), 0) FROM sga.relay_cursors c,
		(SELECT coalesce(max(position), 0) AS last FROM sga.event_log) l WHERE c.source = 'events'`
	sqlRewind    = `UPDATE sga.relay_cursors SET position = greatest(0, position - $1) WHERE consumer = 'inventory'`
	sqlEmptyKeys = `DELETE FROM keyed.items WHERE table_id = 'inventory'`
)

// caughtUp waits until every consumer has everything.
func (b *bench) caughtUp(ctx context.Context, conn *pgx.Conn) error {
	for end := time.Now().Add(settle); time.Now().Before(end); {
		var left int64
		if err := conn.QueryRow(ctx, sqlUndelivered).Scan(&left); err != nil || left == 0 {
			return err
		}
		if pause(ctx, sampleEvery); ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return errBehind
}

// relayDrain sets the consumer of the event table back and takes the time until it has caught up.
func relayDrain(ctx context.Context, b *bench, r *row) error {
	if _, err := b.server(ctx); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, b.sga())
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if err := b.caughtUp(ctx, conn); err != nil {
		return err
	}
	waiting := int64(min(backlog, b.world.movements))
	if err := run(ctx, conn, sqlEmptyKeys, "VACUUM keyed.items"); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, sqlRewind, waiting); err != nil {
		return err
	}
	pg, cpu, began := b.postgresCPU(), cpuOf(b.ours.pid()), time.Now()
	if err := b.caughtUp(ctx, conn); err != nil {
		return err
	}
	n, taken := float64(waiting), time.Since(began).Seconds()
	r.LimitName, r.Limit = "what is asked", figure{Rate: drainRate}
	r.Ours = figure{Rate: n / taken, CPU: float64((cpuOf(b.ours.pid()) - cpu).Microseconds()) / n,
		PGCPU: float64((b.postgresCPU() - pg).Microseconds()) / n, Load: loadAverage()}
	r.Note = fmt.Sprintf("%d events in %.1f s", waiting, taken)
	return nil
}

// verifyTime runs `nexo verify` as an auditor does, with nothing else.
func verifyTime(ctx context.Context, b *bench, r *row) error {
	if b.inside() {
		return errNoProgram
	}
	conn, err := pgx.Connect(ctx, b.sga())
	if err != nil {
		return err
	}
	var events int64
	err = conn.QueryRow(ctx, `SELECT count(*) FROM sga.event_log`).Scan(&events)
	conn.Close(ctx)
	if err != nil {
		return err
	}
	b.stopServers()
	cmd := exec.CommandContext(ctx, b.o.program, "verify")
	cmd.Env = b.environment("127.0.0.1:0")
	began := time.Now()
	text, err := cmd.CombinedOutput()
	taken := time.Since(began).Seconds()
	if err != nil {
		return fmt.Errorf("nexo verify: %w: %s", err, text[max(0, len(text)-300):])
	}
	r.LimitName, r.Limit = "10,000,000 in 60 s", figure{Rate: verifyRate}
	r.Ours = figure{Rate: float64(events) / taken, RSS: maxRSS(cmd), Load: loadAverage()}
	r.Note = fmt.Sprintf("%d events in %.1f s", events, taken)
	return nil
}
