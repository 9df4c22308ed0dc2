package main

import (
	"context"
	"fmt"
	"math/rand/v2"
)

// testCase is one line of the table. run fills in the figures of r.
type testCase struct {
	name string
	what string
	goal goal
	run  func(ctx context.Context, b *bench, r *row) error
}

// cases are all lines, in the order in which they run: reads before the writes that grow the log.
func (w world) cases() []testCase {
	list := []testCase{
		{"start", "exec of nexo serve to /readyz, PostgreSQL being up", goal{Number: "9", Duration: 0.1}, startTime},
		{"noop", "sga_get_enum_values with token, 8 connections", goal{Number: "9", CPU: 40}, noop},
	}
	list = append(list, w.readCases(overMCP, "")...)
	list = append(list, w.searchCases()...)
	list = append(list, w.pastCases()...)
	list = append(list, w.readCases(overREST, "rest-")...)
	list = append(list, w.writeCases()...)
	list = append(list, w.secondCases()...)
	return append(list,
		testCase{"bulk", "sga_create_movements of 1,000, 2 connections", goal{Number: "6", AtLeast: 0.9}, bulk},
		testCase{"reconcile-pg", "a CSV of our stock against PostgreSQL", goal{Number: "7", AtMost: 0.55, RSS: 150}, reconcilePG},
		testCase{"reconcile-csv", "a CSV of 1,000,000 rows against another", goal{Number: "7", AtMost: 1.2}, reconcileCSV},
		testCase{"memory", "most memory of the server over all runs", goal{Number: "9", RSS: 60}, memory},
	)
}

// against runs a pgbench script, then ours.
func against(s script, clients int, q call) func(context.Context, *bench, *row) error {
	return func(ctx context.Context, b *bench, r *row) error {
		var err error
		r.LimitName = fmt.Sprintf("pgbench %s, %d", s.name, clients)
		if r.Limit, err = b.pgbench(ctx, s, clients); err != nil {
			r.Note = err.Error()
		}
		r.Ours, err = b.call(ctx, q)
		return err
	}
}

const readers = 8 // connections of the read cases

func (w world) readCases(door doorOf, prefix string) []testCase {
	balance, timeline, inventory := goal{Number: "4", AtLeast: 0.95}, goal{Number: "4", AtLeast: 0.65}, goal{Number: "4", AtLeast: 0.65}
	through := "MCP"
	if prefix != "" {
		through = "REST"
	}
	return []testCase{
		{prefix + "balance", "balance of a part at 50 places, over " + through, balance, againstBare(call{door: door, operation: "sga_get_balance", args: w.balance})},
		{prefix + "timeline", "timeline of 100 events, over " + through, timeline,
			against(w.timelineScript(), readers, call{door: door, operation: "sga_get_asset_timeline", args: w.timeline, connections: readers})},
		{prefix + "inventory", "page of 100 balances by cursor, over " + through, inventory,
			against(w.inventoryScript(), readers, call{door: turning(door), operation: "sga_list_inventory", connections: readers})},
	}
}

// againstBare compares with net/http straight on pgx.
func againstBare(q call) func(context.Context, *bench, *row) error {
	q.connections = readers
	return func(ctx context.Context, b *bench, r *row) error {
		r.LimitName = fmt.Sprintf("net/http + pgx, %d", readers)
		bare, err := b.limitServer(ctx, "bare")
		if err != nil {
			return err
		}
		part := b.world
		get := func(c *child, _ string, _ arguments) caller {
			return func(r *rand.Rand, to []byte) []byte {
				q := request{method: "GET", path: "/balance?part=" + partCode(r.IntN(part.parts)), host: c.Address}
				return q.append(to, nil)
			}
		}
		if r.Limit, err = b.drive(ctx, bare, call{door: get, operation: "bare", connections: readers}); err != nil {
			return err
		}
		r.Ours, err = b.call(ctx, q)
		return err
	}
}

func (w world) writeCases() []testCase {
	moving := func(connections int) call {
		return call{door: overMCP, operation: "sga_create_movement", args: w.move, connections: connections}
	}
	one := func(name string, clients, connections int, g goal) testCase {
		return testCase{name, fmt.Sprintf("movement over MCP, %d connections", connections), g, against(w.moveScript(), clients, moving(connections))}
	}
	rest := moving(readers)
	rest.door = overREST
	hot := call{door: overMCP, operation: "sga_create_movement", args: w.hotMove, connections: 32}
	return []testCase{
		one("movement-1", 1, 1, goal{}),
		one("movement-8", 8, 8, goal{Number: "1", AtLeast: 0.45}),
		one("movement-32", 32, 32, goal{Number: "1", AtLeast: 0.9}),
		one("movement-64", 32, 64, goal{}),
		one("movement-128", 32, 128, goal{Number: "1", AtLeast: 1.4, P99: 25}),
		{"rest-movement-8", "movement over REST, 8 connections", goal{Number: "4"}, against(w.moveScript(), 8, rest)},
		{"movement-hot", "one pair of balances over MCP, 32 connections; limit at 8", goal{Number: "2", AtLeast: 2.5}, against(hotScript(), 8, hot)},
	}
}

// searchCases ask as people do; the limits search serials only, ours every form at once.
func (w world) searchCases() []testCase {
	const any = ""
	ask := func(name, kind string, p99 float64, text func(*rand.Rand) string) testCase {
		q := call{door: overMCP, operation: "sga_search_assets", args: search(kind, text), connections: readers}
		t := testCase{name: "search-" + name, what: "asset search by " + name + ", 8 connections", goal: goal{Number: "5", P99: p99}}
		switch name {
		case "serial", "prefix", "inner-5", "inner-3":
			t.run = against(w.searchScript(name), readers, q)
		default:
			t.run = func(ctx context.Context, b *bench, r *row) (err error) {
				r.Ours, err = b.call(ctx, q)
				return err
			}
		}
		return t
	}
	fixed := func(texts ...string) func(*rand.Rand) string {
		return func(r *rand.Rand) string { return texts[r.IntN(len(texts))] }
	}
	return []testCase{
		ask("serial", any, 25, w.someSerial),
		ask("prefix", any, 25, func(r *rand.Rand) string { s := w.someSerial(r); return s[:min(7, len(s)-1)] }),
		ask("inner-5", any, 25, w.piece(5)),
		ask("inner-3", any, 50, w.piece(3)),
		ask("rare word", any, 25, func(r *rand.Rand) string { return rareWord(r.IntN(w.parts)) }),
		ask("common word", any, 25, fixed("roteador", "notebook", "impressora", "sem fio")),
		ask("description", "description", 25, fixed("roteador industrial", "leitor")),
		ask("person", any, 25, func(r *rand.Rand) string { return placeName(warehouses + r.IntN(places-warehouses)) }),
		ask("ticket", any, 25, func(r *rand.Rand) string { return ticketCode(1 + r.IntN(max(1, w.assets/5))) }),
	}
}

func (w world) pastCases() []testCase {
	past := func(name, what string, part func(*rand.Rand) int) testCase {
		q := call{door: overMCP, operation: "sga_get_balance", args: w.asOf(part), connections: 1}
		return testCase{name, what, goal{Number: "past", P99: 100}, func(ctx context.Context, b *bench, r *row) (err error) {
			r.Ours, err = b.call(ctx, q)
			return err
		}}
	}
	return []testCase{
		past("as-of", "balance of a part on a past day, one connection", func(r *rand.Rand) int { return r.IntN(w.parts) }),
		past("as-of-hottest", "the same of the part with most movements", func(*rand.Rand) int { return hottestPart }),
	}
}

// startTime needs the program itself.
func startTime(ctx context.Context, b *bench, r *row) error {
	if b.inside() {
		r.Note = "there is no program to start"
		return errNoProgram
	}
	best := figure{Load: loadAverage()}
	for range 3 { // the least of three: what else the machine does only adds
		c, err := b.startProgram(ctx)
		if err != nil {
			return err
		}
		if best.Seconds == 0 || c.Seconds < best.Seconds {
			best.Seconds = c.Seconds
		}
		best.RSS = rssOf(c.pid(), "VmRSS")
		c.stop()
	}
	r.Ours = best
	return nil
}

func noop(ctx context.Context, b *bench, r *row) error {
	sdk, err := b.limitServer(ctx, "sdk")
	if err != nil {
		return err
	}
	q := call{door: overMCP, operation: "sga_get_enum_values", args: enumValues, connections: readers}
	r.LimitName = "typed go-sdk tool, no token, 8"
	if r.Limit, err = b.drive(ctx, sdk, q); err != nil {
		return err
	}
	r.Note = fmt.Sprintf("the SDK's tool takes %.0f µs", r.Limit.CPU)
	r.Ours, err = b.call(ctx, q)
	return err
}

func memory(_ context.Context, b *bench, r *row) error {
	r.Ours = figure{RSS: b.peak, Load: loadAverage()}
	if b.peak == 0 {
		return errNoProgram
	}
	return nil
}
