package relay_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/dbtest"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/item"
	"github.com/faiston/nexo/internal/postgres"
	"github.com/faiston/nexo/internal/relay"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// world is a small company on a real database, with its keyed tables and a relay.
type world struct {
	t        testing.TB
	db       *postgres.DB
	book     *postgres.Relay
	items    *postgres.Items
	owner    *pgxpool.Pool
	ana, bia *identity.Actor
	tables   relay.Tables
}

// founders is what the company begins with: rows of the first version of the catalogue, as a migration brings them.
const founders = `
INSERT INTO sga.projects (project_key, project_id, project_code, project_name) VALUES (11, gen_random_uuid(), 'NTT', 'NTT Rede');
INSERT INTO sga.locations (location_key, location_id, location_code, location_name, location_type, parent_location_key) VALUES
	(11, gen_random_uuid(), 'SP', 'Depósito São Paulo', 'WAREHOUSE', NULL), (12, gen_random_uuid(), 'SP-A', 'Prateleira A', 'BIN', 11),
	(14, gen_random_uuid(), 'RJ', 'Base Rio', 'TECHNICAL_BASE', NULL), (15, gen_random_uuid(), 'TEC-1', 'Maria da Silva', 'TECHNICIAN', NULL);
INSERT INTO sga.part_numbers (part_number_key, part_number_id, part_number, part_number_folded, description, is_serialized, is_fractional, unit_cost) VALUES
	(11, gen_random_uuid(), 'ISR4331', 'ISR4331', 'Roteador', false, false, 10), (12, gen_random_uuid(), 'cabo#utp', 'CABO#UTP', 'Cabo', false, true, 1),
	(21, gen_random_uuid(), 'AP-3802', 'AP-3802', 'Access point', true, false, 400)`

func openWorld(t testing.TB) *world {
	t.Helper()
	own := dbtest.New(t, dbtest.Template{Name: "sga", Hash: postgres.MigrationHash(), Build: func(ctx context.Context, dsn string) error {
		_, err := postgres.Migrate(ctx, dsn)
		return err
	}})
	w := &world{t: t, owner: own.Pool(t)}
	if _, err := w.owner.Exec(t.Context(), founders); err != nil {
		t.Fatal(err)
	}
	var err error
	if w.db, err = postgres.Open(t.Context(), postgres.Config{WriterURL: own.DSN(), ReaderURL: own.DSN(), MaxWriters: 4, MaxReaders: 4}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.db.Close)
	if w.book, err = postgres.OpenRelay(t.Context(), postgres.RelayConfig{WriterURL: own.DSN(), ReaderURL: own.DSN()}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.book.Close)
	if w.items, err = postgres.OpenItems(t.Context(), postgres.ItemsConfig{URL: own.DSN()}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.items.Close)
	w.tables = relay.Tables{Store: w.items}
	w.ana, w.bia = person("ana", 0xaa), person("bia", 0xbb)
	return w
}

func person(name string, last byte) *identity.Actor {
	return &identity.Actor{PersonID: uuid.UUID{15: last, 6: 0x70, 8: 0x80}, Subject: "sub-" + name, Username: name, Client: "nexo-web", Kind: identity.Person,
		Session: "s-" + name, Roles: []identity.Role{identity.Admin}, Scopes: []string{identity.ScopeTools, identity.ScopeApprove},
		Projects: identity.Everywhere(), Locations: identity.Everywhere(), Approver: identity.Approver{May: true, Projects: identity.Everywhere()}}
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

func render(*approval.Outcome) []byte { return []byte("{}") }

func (w *world) must(steps ...approval.Step) *approval.Outcome {
	w.t.Helper()
	o, err := w.db.Submit(w.t.Context(), &approval.Request{Actor: w.ana, Door: "test", Operation: "sga_create_movement", Steps: steps, Render: render,
		Arguments: []byte(`{"note":"Maria da Silva"}`)})
	if err != nil {
		w.t.Fatal(err)
	}
	return o
}

func (w *world) approve(t *approval.Task) {
	w.t.Helper()
	if _, err := w.db.Approve(w.t.Context(), &approval.Decision{Actor: w.bia, Door: "test", Operation: "sga_approve_task", TaskID: t.ID,
		Fingerprint: t.Fingerprint, Render: render}); err != nil {
		w.t.Fatal(err)
	}
}

func dec(s string) stock.Quantity {
	var q stock.Quantity
	if err := q.UnmarshalText([]byte(s)); err != nil {
		panic(err)
	}
	return q
}

// mv is a movement as a test asks for it; project NTT unless the place says otherwise.
func mv(kind stock.MovementType, qty, part, from, to string, serials ...string) approval.Step {
	return approval.Step{Move: &stock.MoveRequest{ID: newID(), Type: kind, Quantity: dec(qty), PartNumber: part, Source: from, Destination: to, Serials: serials}}
}

// life is a day in the company: every kind of thing that the tables show happens at least once.
func (w *world) life() {
	w.t.Helper()
	text := func(s string) *string { return &s }
	w.must(approval.Step{Project: &approval.ProjectEdit{Create: true, ID: newID(), Code: "ITAU", Name: text("Itaú")}})
	w.must(approval.Step{Part: &approval.PartEdit{Create: true, ID: newID(), Number: "SFP-10G", Description: text("Módulo")}})
	w.must(approval.Step{Location: &approval.LocationEdit{Create: true, ID: newID(), Code: "CLI", Name: text("Cliente"), Type: "CUSTOMER"}})
	w.must(mv(stock.Entrada, "10", "ISR4331", "", "SP-A"))
	w.must(mv(stock.Entrada, "1.5", "CABO#UTP", "", "SP-A"))
	w.must(mv(stock.Entrada, "3", "AP-3802", "", "SP-A", "S1", "S2", "S3"))
	w.must(mv(stock.Transferencia, "4", "ISR4331", "SP-A", "RJ"))
	w.must(mv(stock.Transferencia, "1", "AP-3802", "SP-A", "RJ", "S1"))
	other := mv(stock.Entrada, "2", "SFP-10G", "", "SP-A")
	other.Move.Project = "ITAU"
	w.must(other)
	r := mv(stock.Reserva, "2", "ISR4331", "SP-A", "")
	r.Move.Reservation, r.Move.ExpiresAt = newID(), time.Now().Add(time.Hour)
	w.must(r)
	out := mv(stock.Expedicao, "2", "ISR4331", "SP-A", "")
	out.Move.Reservation = r.Move.Reservation
	w.must(out)
	open := mv(stock.Reserva, "1", "ISR4331", "SP-A", "")
	open.Move.Reservation, open.Move.ExpiresAt = newID(), time.Now().Add(time.Hour)
	w.must(open)
	entry := w.must(mv(stock.Entrada, "7", "ISR4331", "", "RJ"))
	w.must(approval.Step{Reversal: &stock.Reversal{ID: newID(), Original: entry.Posted[0].Movement.ID}})
	w.must(approval.Step{StateChange: &approval.AssetChange{PartNumber: "AP-3802", Serial: "S2", To: stock.Quarantine, Reason: "caiu"}})
	w.must(approval.Step{Asset: &approval.AssetEdit{PartNumber: "AP-3802", Serial: "S2", AssetFacts: stock.AssetFacts{Tag: text("P-1")}}})
	w.count("3")
	w.must(approval.Step{Location: &approval.LocationEdit{Code: "RJ", City: text("Rio de Janeiro")}})
	w.queue()
}

// count finds fewer routers at SP-A than there should be; the adjustment is approved.
func (w *world) count(found string) {
	id := newID()
	w.must(approval.Step{CountOpen: &approval.CountOpen{ID: id, Name: "C", Type: "SPOT", Location: "SP-A"}})
	w.must(approval.Step{CountSubmit: &approval.CountSubmit{CountID: id, Results: []approval.CountResult{
		{ID: newID(), PartNumber: "ISR4331", Project: stock.GeneralCode, Condition: stock.New, Quantity: dec(found)}}}})
	w.approve(w.must(approval.Step{CountClose: &approval.CountClose{CountID: id}}).Task)
}

// queue leaves one task open, one rejected and one expired.
func (w *world) queue() {
	w.must(mv(stock.AjustePositivo, "1", "ISR4331", "", "RJ"))
	no, late := w.must(mv(stock.AjustePositivo, "2", "ISR4331", "", "RJ")).Task, w.must(mv(stock.AjustePositivo, "3", "ISR4331", "", "RJ")).Task
	if _, err := w.db.Reject(w.t.Context(), &approval.Decision{Actor: w.bia, Door: "test", Operation: "sga_reject_task", TaskID: no.ID, Comment: "não",
		Render: render}); err != nil {
		w.t.Fatal(err)
	}
	w.exec(`UPDATE sga.tasks SET expires_at = created_at WHERE task_id = $1`, late.ID)
	if n, err := w.db.ExpireTasks(w.t.Context()); n != 1 || err != nil {
		w.t.Fatalf("expired %d: %v", n, err)
	}
}

func (w *world) exec(statement string, args ...any) {
	w.t.Helper()
	if _, err := w.owner.Exec(w.t.Context(), statement, args...); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) assign() {
	w.t.Helper()
	if _, err := w.db.AssignPositions(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// consumers are the three projections.
func (w *world) consumers() []relay.Subscription {
	return []relay.Subscription{{Consumer: relay.NewInventory(w.items, w.book)}, {Consumer: relay.NewTasks(w.items, w.book)},
		{Consumer: relay.NewAudit(w.items), Source: relay.SourceAudit}}
}

func (w *world) options(holder string, subs []relay.Subscription) relay.Options {
	return relay.Options{Book: w.book, Holder: holder, Sources: w.sources(), NewID: newID,
		Subscriptions: func(context.Context) ([]relay.Subscription, error) { return subs, nil }}
}

func (w *world) sources() map[string]stock.EventReader {
	return map[string]stock.EventReader{relay.SourceEvents: w.book, relay.SourceAudit: relay.NewAuditSource(quiet{w}, w.book.LastAudit)}
}

// drain lets a relay work until every consumer is at the end of its log.
func (w *world) drain(subs []relay.Subscription) {
	w.t.Helper()
	w.assign()
	m := &idle{waiting: map[string]bool{}, done: make(chan struct{})}
	for _, s := range subs {
		m.waiting[s.Consumer.Name()] = true
	}
	o := w.options("test", subs)
	o.Meter = m
	w.runUntil(o, m.done)
}

// runUntil runs a relay until something has happened.
func (w *world) runUntil(o relay.Options, done <-chan struct{}) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	var wait sync.WaitGroup
	wait.Go(func() { relay.New(o).Run(ctx) })
	select {
	case <-done:
	case <-ctx.Done():
		w.t.Error("the relay did not come to its end")
	}
	cancel()
	wait.Wait()
}

// idle closes done when every consumer has been seen at its end.
type idle struct {
	mu      sync.Mutex
	waiting map[string]bool
	done    chan struct{}
}

func (m *idle) Lag(consumer string, events int64, _ time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if events > 0 || !m.waiting[consumer] {
		return
	}
	delete(m.waiting, consumer)
	if len(m.waiting) == 0 {
		close(m.done)
	}
}

func (*idle) Leading(bool)          {}
func (*idle) Delivered(string, int) {}
func (*idle) Failed(string)         {}
func (*idle) Buried(string)         {}

// dump is everything that the keyed tables hold, row by row.
func (w *world) dump(tables ...string) []string {
	w.t.Helper()
	rows, err := w.owner.Query(w.t.Context(), `SELECT to_jsonb(i)::text FROM keyed.items i WHERE table_id = ANY($1) ORDER BY table_id, pk, sk`, tables)
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			w.t.Fatal(err)
		}
		out = append(out, s)
	}
	if len(out) == 0 || rows.Err() != nil {
		w.t.Fatalf("%d rows, %v", len(out), rows.Err())
	}
	return out
}

func (w *world) wipe() { w.exec(`TRUNCATE keyed.items`) }

// one reads a single value.
func one[T any](w *world, statement string, args ...any) (v T) {
	w.t.Helper()
	if err := w.owner.QueryRow(w.t.Context(), statement, args...).Scan(&v); err != nil {
		w.t.Fatal(err)
	}
	return v
}

// member reads a member of an item's body.
func member(t testing.TB, it *item.Item, name string) string {
	t.Helper()
	var body map[string]any
	if err := json.Unmarshal(it.Body, &body); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(body[name])
}

// members reads one member of all items of a page.
func members(t testing.TB, p item.Page, name string) string {
	t.Helper()
	out := make([]string, len(p.Items))
	for i := range p.Items {
		out[i] = member(t, &p.Items[i], name)
	}
	return strings.Join(out, " ")
}

// quiet reads the audit as it is. Nobody writes while a test reads, so everything is settled; the real follower
// waits for every open transaction of the server, those of other tests too.
type quiet struct{ w *world }

func (q quiet) AuditAfter(ctx context.Context, after int64, limit int) ([]stock.AuditRow, error) {
	rows, err := q.w.owner.Query(ctx, `SELECT audit_id, recorded_at, actor_id, actor_kind, subject, client_id, door, session, operation, result, rule,
		coalesce(sequence, 0), coalesce(entity_id, '00000000-0000-0000-0000-000000000000'), change FROM sga.audit_log WHERE audit_id > $1 ORDER BY 1 LIMIT $2`, after, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r stock.AuditRow, err error) {
		err = row.Scan(&r.ID, &r.RecordedAt, &r.Actor, &r.ActorKind, &r.Subject, &r.Client, &r.Door, &r.Session, &r.Operation, &r.Result, &r.Rule,
			&r.Sequence, &r.Entity, &r.Change)
		return r, err
	})
}
