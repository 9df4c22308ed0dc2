package relay_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/item"
	"github.com/faiston/nexo/internal/relay"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/go-cmp/cmp"
)

const (
	inventory = "inventory"
	hilTasks  = "hil-tasks"
	auditLog  = "audit-log"
)

// The tables show what the ledger says: every balance, asset, movement, reservation, task, divergence and code,
// and nothing that names a person.
func TestTablesFollowTheLedger(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	w.life()
	w.drain(w.consumers())
	for prefix, want := range map[string]int64{
		"MOVE#": one[int64](w, `SELECT count(*) FROM sga.movements`), "ASSET#": one[int64](w, `SELECT count(*) FROM sga.assets`),
		"BALANCE#": one[int64](w, `SELECT count(*) FROM sga.balances WHERE version > 0`), "RESERVE#": 2, "DIV#": 1,
		"TASK#": one[int64](w, `SELECT count(*) FROM sga.tasks`), "PN#": 4, "LOC#": 7, "PROJ#": 3,
	} {
		got := one[int64](w, `SELECT count(*) FROM keyed.items WHERE table_id = $1 AND pk LIKE $2 || '%' AND (sk = 'METADATA' OR sk LIKE 'PROJ#%')`, inventory, prefix)
		if got != want {
			t.Errorf("%s %d items, want %d", prefix, got, want)
		}
	}
	if n := one[int64](w, `SELECT count(*) FROM sga.asset_events e WHERE NOT EXISTS (SELECT FROM keyed.items i JOIN sga.assets a ON a.asset_key = e.asset_key
		WHERE i.pk = 'ASSET#' || a.asset_id AND i.sk LIKE 'EVENT#%' AND (i.body->>'asset_version')::bigint = e.version)`); n != 0 {
		t.Errorf("%d entries of timelines are missing", n)
	}
	if n := one[int64](w, `SELECT count(*) FROM sga.balances b JOIN sga.part_numbers p USING (part_number_key) JOIN sga.locations l USING (location_key)
		JOIN sga.projects j ON j.project_key = b.project_key JOIN keyed.items i ON i.table_id = 'inventory' AND i.sk = 'PROJ#' || j.project_code || '#COND#' || b.condition
			AND i.pk = 'BALANCE#' || l.location_code || '#' || replace(p.part_number_folded, '#', '%23')
		WHERE (i.body->>'quantity_total')::numeric = b.quantity_total AND (i.body->>'quantity_reserved')::numeric = b.quantity_reserved AND i.version = b.version`); n !=
		one[int64](w, `SELECT count(*) FROM sga.balances WHERE version > 0`) {
		t.Errorf("only %d balances agree", n)
	}
	all := strings.Join(w.dump(inventory, hilTasks, auditLog), "\n")
	for _, name := range []string{"Maria", "sub-ana", `"ana"`} {
		if strings.Contains(all, name) {
			t.Errorf("the tables name a person: %s", name)
		}
	}
	if n, want := one[int64](w, `SELECT count(*) FROM keyed.items WHERE table_id = $1`, auditLog), one[int64](w, `SELECT count(*) FROM sga.audit_log`); n != want {
		t.Errorf("%d rows of the audit, want %d", n, want)
	}
}

// twice, out of order, a day late: the tables come out the same, byte for byte.
func TestDeliveryInAnyOrder(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	w.life()
	w.drain(w.consumers())
	want := w.dump(inventory, hilTasks)
	events, err := w.book.EventsAfter(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 4 {
		w.wipe()
		late := append(slices.Clone(events), events...)
		random.Shuffle(len(late), func(i, j int) { late[i], late[j] = late[j], late[i] })
		subs := w.consumers()[:2]
		for len(late) > 0 {
			n := min(1+random.IntN(30), len(late))
			for _, s := range subs {
				if done, err := s.Consumer.Deliver(t.Context(), late[:n]); done != n || err != nil {
					t.Fatalf("delivered %d of %d: %v", done, n, err)
				}
			}
			late = late[n:]
		}
		if diff := cmp.Diff(want, w.dump(inventory, hilTasks)); diff != "" {
			t.Fatalf("round %d: %s", round, diff)
		}
	}
}

// What was delivered bit by bit, while things changed, equals what a rebuild makes of the ledger at the end.
func TestRebuildMakesTheSame(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	subs := w.consumers()
	w.must(mv(stock.Entrada, "100", "ISR4331", "", "SP-A"))
	w.drain(subs)
	w.life()
	w.drain(subs)
	for range 3 {
		w.must(mv(stock.Transferencia, "1", "ISR4331", "RJ", "SP-A"))
		w.drain(subs)
	}
	want := w.dump(inventory, hilTasks, auditLog)
	for _, table := range item.Tables() { // DeleteAll, partition by partition
		for _, partition := range one[[]string](w, `SELECT coalesce(array_agg(DISTINCT pk), '{}') FROM keyed.items WHERE table_id = $1`, table.ID) {
			if err := w.items.DeleteAll(t.Context(), table, partition); err != nil {
				t.Fatal(err)
			}
		}
	}
	rebuild := func(clean bool) {
		t.Helper()
		for _, s := range w.consumers() {
			source := s.Source
			if source == "" {
				source = relay.SourceEvents
			}
			if _, err := relay.Rebuild(t.Context(), relay.RebuildOptions{Book: w.book, Source: w.sources()[source], Name: source, Consumer: s.Consumer,
				Holder: "test", Clean: clean}); err != nil {
				t.Fatal(err)
			}
		}
	}
	rebuild(false)
	if diff := cmp.Diff(want, w.dump(inventory, hilTasks, auditLog)); diff != "" {
		t.Fatal(diff)
	}
	w.exec(`UPDATE keyed.items SET body = '{"forged":true}' WHERE table_id = $1 AND pk LIKE 'BALANCE#%'`, inventory)
	w.exec(`INSERT INTO keyed.items (table_id, pk, sk, version, body) SELECT table_id, pk, 'FORGED', 1, '{}' FROM keyed.items WHERE pk LIKE 'ASSET#%' LIMIT 1`)
	rebuild(true)
	if diff := cmp.Diff(want, w.dump(inventory, hilTasks, auditLog)); diff != "" {
		t.Fatal(diff)
	}
}

// A rebuild that was interrupted goes on where it was, and only one runs at a time.
func TestRebuildGoesOn(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	w.life()
	w.drain(w.consumers())
	want := w.dump(inventory)
	w.wipe()
	o := relay.RebuildOptions{Book: w.book, Source: w.book, Name: relay.SourceEvents, Consumer: relay.NewInventory(w.items, w.book), Holder: "test", Clean: true}
	for i := range 2 { // once in each pass
		o.Fault = func(relay.Point) error { return fmt.Errorf("killed") }
		if _, err := relay.Rebuild(t.Context(), o); err == nil {
			t.Fatalf("interruption %d did not happen", i)
		}
	}
	if _, err := w.book.TakeLease(t.Context(), "rebuild:inventory", "other", 3600e9); err != nil {
		t.Fatal(err)
	}
	o.Fault = nil
	if _, err := relay.Rebuild(t.Context(), o); err == nil {
		t.Error("two rebuilds of one table at once")
	}
	w.exec(`UPDATE sga.relay_leases SET expires_at = now()`)
	o.Consumer = relay.NewInventory(w.items, w.book)
	if _, err := relay.Rebuild(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, w.dump(inventory)); diff != "" {
		t.Error(diff)
	}
	w.noRebuild()
}

// noRebuild holds the book to no trace of a rebuild that has ended.
func (w *world) noRebuild() {
	w.t.Helper()
	if n := one[int64](w, `SELECT count(*) FROM sga.relay_cursors WHERE consumer LIKE 'rebuild:%'`); n != 0 {
		w.t.Errorf("%d cursors stay", n)
	}
}

// What a rebuild without Clean has filled before it was interrupted does not keep one with Clean from emptying the table,
// whatever a rebuild before both has emptied.
func TestRebuildCleansAfterAnInterruption(t *testing.T) {
	t.Parallel()
	for name, before := range map[string][]bool{"filled": {false}, "half emptied, then filled": {true, false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := openWorld(t)
			w.life()
			w.drain(w.consumers())
			want := w.dump(inventory)
			w.exec(`INSERT INTO keyed.items (table_id, pk, sk, version, body) SELECT table_id, pk, 'FORGED', 1, '{}' FROM keyed.items WHERE pk LIKE 'ASSET#%' LIMIT 1`)
			anew := 0
			o := relay.RebuildOptions{Book: w.book, Source: w.book, Name: relay.SourceEvents, Consumer: relay.NewInventory(w.items, w.book), Holder: "test",
				Anew: func() { anew++ }}
			for _, o.Clean = range before {
				pages := 0
				o.Progress = func(int64, int64) { pages++ }
				o.Fault = func(relay.Point) error { return fmt.Errorf("killed") }
				if _, err := relay.Rebuild(t.Context(), o); err == nil || pages == 0 {
					t.Fatalf("not interrupted: %v", err)
				}
				// Killed after the cursor has moved: the page that was done counts.
				w.exec(`UPDATE sga.relay_cursors SET position = 1 WHERE position = 0 AND consumer = CASE WHEN $1 THEN 'rebuild:inventory:clean' ELSE 'rebuild:inventory' END`, o.Clean)
			}
			o.Clean, o.Fault = true, nil
			if _, err := relay.Rebuild(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, w.dump(inventory)); diff != "" || anew != 1 {
				t.Errorf("begun anew %d times: %s", anew, diff)
			}
			w.noRebuild()
		})
	}
}

func TestAccessPatterns(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	w.life()
	w.drain(w.consumers())
	asset := one[string](w, `SELECT asset_id::text FROM sga.assets WHERE serial_key = 'S2'`)
	month := one[string](w, `SELECT to_char(max(movement_on), 'YYYY-MM') FROM sga.movements`)
	movements := one[int](w, `SELECT count(*) FROM sga.movements`)
	page := func(p item.Page, err error) item.Page {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	check := func(name, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	ctx := t.Context()
	check("timeline", members(t, page(w.tables.Timeline(ctx, asset, relay.View{})), "to_status"), "IN_STOCK QUARANTINE")
	check("serial", members(t, page(w.tables.BySerial(ctx, " s 2", relay.View{})), "tag"), "P-1")
	check("place, assets", members(t, page(w.tables.AtLocation(ctx, "rj", relay.View{Kind: "ASSET"})), "serial_number"), "S1")
	check("place, balances", members(t, page(w.tables.AtLocation(ctx, "SP-A", relay.View{Kind: "BALANCE"})), "part_number"), "AP-3802 cabo#utp ISR4331 SFP-10G")
	check("place, movements", members(t, page(w.tables.AtLocation(ctx, "RJ", relay.View{Kind: "MOVE"})), "movement_type"), "TRANSFERENCIA TRANSFERENCIA ENTRADA ENTRADA")
	check("place, what left it", members(t, page(w.tables.AtLocation(ctx, "SP-A", relay.View{Kind: "MOVE", Limit: 5})), "entity_type"), "MOVE MOVE MOVE MOVE_SOURCE MOVE_SOURCE")
	check("project", members(t, page(w.tables.InProject(ctx, "ITAU", relay.View{})), "entity_type"), "BALANCE MOVE")
	check("GERAL, spread", members(t, page(w.tables.InProject(ctx, "GERAL", relay.View{Kind: "DIV"})), "divergence_status"), "RESOLVED")
	check("status", members(t, page(w.tables.WithStatus(ctx, "QUARANTINE", relay.View{Kind: "ASSET"})), "serial_number"), "S2")
	check("status of reservations", members(t, page(w.tables.WithStatus(ctx, "ACTIVE", relay.View{Kind: "RESERVE"})), "quantity"), "1")
	var seen []string
	v := relay.View{Limit: 3}
	for {
		p := page(w.tables.InMonth(ctx, month, v))
		for i := range p.Items {
			if strings.HasPrefix(p.Items[i].Partition, "MOVE#") {
				seen = append(seen, p.Items[i].Index[item.ByDate].Sort)
			}
		}
		if v.Cursor = p.Next; v.Cursor == "" {
			break
		}
	}
	if !slices.IsSorted(seen) || len(seen) != movements || len(slices.Compact(slices.Clone(seen))) != movements {
		t.Errorf("month: %d movements, want %d, sorted: %v", len(seen), movements, slices.IsSorted(seen))
	}
	down := page(w.tables.InMonth(ctx, month, relay.View{Descending: true, Limit: 1000}))
	if len(down.Items) < movements || down.Items[0].Index[item.ByDate].Sort < seen[len(seen)-1] {
		t.Errorf("month, newest first: %d", len(down.Items))
	}
}

func TestTaskAndAuditPatterns(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	w.life()
	w.exec(`UPDATE sga.tasks SET assignee_id = $1 WHERE status = 'PENDING'`, w.bia.PersonID)
	urgent := w.must(mv(stock.AjustePositivo, "9", "ISR4331", "", "RJ")).Task
	w.exec(`UPDATE sga.tasks SET priority = 'URGENT' WHERE task_id = $1`, urgent.ID)
	w.drain(w.consumers())
	ctx := t.Context()
	p, err := w.tables.TasksWithStatus(ctx, "PENDING", relay.View{})
	if err != nil || members(t, p, "priority") != "URGENT HIGH" || p.Items[0].Partition != urgent.ID.String() || !p.Items[0].ExpiresAt.IsZero() {
		t.Errorf("queue: %s %v", members(t, p, "priority"), err)
	}
	for status := range map[string]bool{"APPROVED": true, "REJECTED": true, "EXPIRED": true} {
		p, err := w.tables.TasksWithStatus(ctx, status, relay.View{})
		if err != nil || len(p.Items) != 1 || p.Items[0].ExpiresAt.IsZero() {
			t.Errorf("%s: %d tasks, %v", status, len(p.Items), err)
		}
	}
	if p, err := w.tables.TasksOf(ctx, w.bia.PersonID.String(), "PENDING", relay.View{}); err != nil || len(p.Items) != 1 {
		t.Errorf("assigned: %d, %v", len(p.Items), err)
	}
	if p, err := w.tables.TasksOfType(ctx, "APPROVAL_ADJUSTMENT", "", relay.View{}); err != nil || len(p.Items) != 5 {
		t.Errorf("of type: %d, %v", len(p.Items), err)
	}
	day := one[string](w, `SELECT to_char(max(recorded_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD') FROM sga.audit_log`)
	calls := one[int](w, `SELECT count(*) FROM sga.audit_log WHERE to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') = $1`, day)
	if p, err := w.tables.AuditOfDay(ctx, day, relay.View{Limit: 900}); err != nil || len(p.Items) != calls {
		t.Errorf("audit of the day: %d of %d, %v", len(p.Items), calls, err)
	}
	if p, err := w.tables.AuditOfActor(ctx, "person", w.bia.PersonID.String(), relay.View{}); err != nil || members(t, p, "action") != "sga_approve_task sga_reject_task" {
		t.Errorf("audit of a person: %s %v", members(t, p, "action"), err)
	}
	if p, err := w.tables.AuditOfSession(ctx, "s-bia", relay.View{}); err != nil || len(p.Items) != 2 {
		t.Errorf("audit of a session: %d %v", len(p.Items), err)
	}
	if p, err := w.tables.AuditOfFamily(ctx, "TASK", relay.View{}); err != nil || len(p.Items) != 3 {
		t.Errorf("audit of tasks: %s %v", members(t, p, "action"), err)
	}
	if p, err := w.tables.AuditOfEntity(ctx, "TASK", member(t, &mustPage(t)(w.tables.TasksWithStatus(ctx, "EXPIRED", relay.View{})).Items[0], "reference_id"), relay.View{}); err != nil || len(p.Items) != 0 {
		t.Errorf("audit of nothing: %v", err)
	}
}

func mustPage(t *testing.T) func(item.Page, error) item.Page {
	return func(p item.Page, err error) item.Page {
		t.Helper()
		if err != nil || len(p.Items) == 0 {
			t.Fatalf("%d items, %v", len(p.Items), err)
		}
		return p
	}
}
