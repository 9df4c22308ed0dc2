package ops_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/blob"
	"github.com/faiston/nexo/internal/dbtest"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/ops"
	"github.com/faiston/nexo/internal/postgres"
	"github.com/faiston/nexo/internal/seal"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// world is a small company on a real database, and every operation over it.
type world struct {
	t     testing.TB
	db    *postgres.DB
	owner *pgxpool.Pool
	reg   *ops.Registry
	boss  *identity.Actor // sees and does everything
	n     int             // makes names unique
	hooks *receiver       // takes what webhooks are sent
	files *blob.Files
	keys  *keyring
}

// companyRows: SP holds SP-A and SP-B; RJ stands alone; COFRE is restricted; CLI is a customer's place.
const companyRows = `
INSERT INTO sga.projects (project_key, project_id, project_code, project_name, client_name, catalog_version) VALUES
	(11, gen_random_uuid(), 'NTT', 'NTT Rede', 'NTT', 2), (12, gen_random_uuid(), 'ITAU', 'Itaú Agências', 'Itaú', 2);
INSERT INTO sga.locations (location_key, location_id, location_code, location_name, location_type, parent_location_key, policies, catalog_version) VALUES
	(11, gen_random_uuid(), 'SP', 'Depósito São Paulo', 'WAREHOUSE', NULL, '{}', 2),
	(12, gen_random_uuid(), 'SP-A', 'Prateleira A', 'BIN', 11, '{}', 2),
	(13, gen_random_uuid(), 'SP-B', 'Prateleira B', 'BIN', 11, '{}', 2),
	(14, gen_random_uuid(), 'RJ', 'Base Rio', 'TECHNICAL_BASE', NULL, '{}', 2),
	(15, gen_random_uuid(), 'COFRE', 'Cofre', 'WAREHOUSE', NULL, '{"restricted": true}', 2),
	(16, gen_random_uuid(), 'CLI', 'Cliente', 'CUSTOMER', NULL, '{}', 2);
INSERT INTO sga.part_numbers (part_number_key, part_number_id, part_number, part_number_folded, description, category, is_serialized, is_fractional,
	unit_of_measure, min_stock_level, unit_cost, catalog_version) VALUES
	(11, gen_random_uuid(), 'ISR4331', 'ISR4331', 'Roteador de serviços', 'ROTEADOR', false, false, 'UN', 5, 0.01, 2),
	(12, gen_random_uuid(), 'CABO-UTP', 'CABO-UTP', 'Cabo UTP cat 6', 'CABO', false, true, 'M', 100, NULL, 2),
	(13, gen_random_uuid(), 'AP-3802', 'AP-3802', 'Access point', 'WIFI', true, false, 'UN', 0, 4000, 2),
	(14, gen_random_uuid(), 'TORRE', 'TORRE', 'Torre', 'TORRE', false, false, 'UN', 0, 60000, 2);
UPDATE sga.catalog_version SET version = 2;`

func openWorld(t testing.TB) *world {
	t.Helper()
	own := dbtest.New(t, dbtest.Template{Name: "sga", Hash: postgres.MigrationHash(), Build: func(ctx context.Context, dsn string) error {
		_, err := postgres.Migrate(ctx, dsn)
		return err
	}})
	owner := own.Pool(t)
	if _, err := owner.Exec(t.Context(), companyRows); err != nil {
		t.Fatal(err)
	}
	db, err := postgres.Open(t.Context(), postgres.Config{WriterURL: own.DSN(), ReaderURL: own.DSN(), MaxWriters: 4, MaxReaders: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	w := &world{t: t, db: db, owner: owner}
	sender := w.openReceiver()
	w.files, w.keys = openFiles(t), &keyring{gone: map[uuid.UUID]bool{}}
	db.UseProof(postgres.Proof{Objects: w.files, Key: seal.NewKey([seal.SeedSize]byte{7}), Now: time.Now})
	w.reg = ops.New(ops.Deps{Store: store{db}, Desk: db, NewID: newID, Now: time.Now, Objects: w.files, Sealer: w.keys, Webhooks: sender, Relay: deliverer{}})
	w.boss = w.person("boss", identity.Admin)
	return w
}

// store names people from the directory, as package app wires it.
type store struct{ *postgres.DB }

func (s store) PersonByUsername(ctx context.Context, username string) (uuid.UUID, error) {
	l, err := s.LoginByUsername(ctx, username)
	if err != nil {
		return uuid.Nil, err
	}
	return l.PersonID, nil
}

func (s store) PersonNames(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]string, error) {
	known, err := s.Names(ctx, ids)
	out := map[uuid.UUID]string{}
	for id, n := range known {
		out[id] = n.Display
	}
	return out, err
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// person is somebody who sees everything and may approve everything; tests take away what they test.
func (w *world) person(name string, roles ...identity.Role) *identity.Actor {
	return &identity.Actor{PersonID: uuid.NewSHA1(uuid.NameSpaceDNS, []byte(name)), Subject: "sub-" + name, Username: name, Client: "nexo-web",
		Kind: identity.Person, Roles: roles, Scopes: []string{identity.ScopeTools, identity.ScopeApprove}, Session: "s-" + name,
		Projects: identity.Everywhere(), Locations: identity.Everywhere(), Approver: identity.Approver{May: true, Projects: identity.Everywhere()}}
}

// limited is the same person seeing only project NTT and the places of SP.
func limited(a *identity.Actor) *identity.Actor {
	c := *a
	c.Projects, c.Locations = identity.Only("NTT"), identity.Only("SP", "SP-A", "SP-B")
	return &c
}

// unique makes a name that no other call makes.
func (w *world) unique(prefix string) string {
	w.n++
	return fmt.Sprintf("%s-%d", prefix, w.n)
}

type object = map[string]any

// ask calls an operation as an actor. An answer must have the shape that the operation publishes.
func (w *world) ask(a *identity.Actor, name string, args any) (object, error) {
	w.t.Helper()
	raw, ok := args.([]byte)
	if !ok {
		var err error
		if raw, err = json.Marshal(args); err != nil {
			w.t.Fatal(err)
		}
	}
	out, err := w.reg.Call(context.WithoutCancel(w.t.Context()), ops.Invocation{Name: name, Arguments: raw, Actor: a, Door: "test"})
	if err != nil {
		checkFault(w.t, name, err)
		return nil, err
	}
	answer := parse(w.t, out).(object)
	op, err := w.reg.Lookup(name)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, wrong := range validate(parse(w.t, op.Output.JSON).(object), answer, "") {
		w.t.Errorf("%s answers against its schema: %s\n%s", name, wrong, out)
	}
	return answer, nil
}

// checkFault holds a refusal to what may leave the program (T-10), and the database to understanding
// what it was told (S-09).
func checkFault(t testing.TB, name string, err error) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) {
		t.Errorf("%s: %v is no fault", name, err)
		return
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) && (strings.HasPrefix(pg.Code, "42") || strings.HasPrefix(pg.Code, "22")) {
		t.Errorf("%s: the database said %s %s", name, pg.Code, pg.Message)
	}
	if f.Code == fault.Internal {
		t.Errorf("%s: internal: %v", name, err)
	}
	body := f.Wire()
	if body.Message == "" || body.MessageEN == "" || strings.Contains(body.Message+body.MessageEN, "SQLSTATE") {
		t.Errorf("%s: bad words: %+v", name, body)
	}
	if _, err := ops.Encode(body); err != nil {
		t.Errorf("%s: the refusal cannot be written: %v", name, err)
	}
}

// parse reads JSON with numbers as they are written.
func parse(t testing.TB, raw []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	return v
}

func (w *world) must(a *identity.Actor, name string, args any) object {
	w.t.Helper()
	out, err := w.ask(a, name, args)
	if err != nil {
		w.t.Fatalf("%s: %v", name, err)
	}
	return out
}

// refused expects a code, and gives the body for a closer look.
func (w *world) refused(want fault.Code, a *identity.Actor, name string, args any) fault.Body {
	w.t.Helper()
	_, err := w.ask(a, name, args)
	if fault.CodeOf(err) != want {
		w.t.Fatalf("%s: got %v, want %s", name, err, want)
	}
	return fault.Of(err).Wire()
}

// rows counts what only a write may add to. Zero balances and the audit of refusals do not count.
func (w *world) rows() string {
	w.t.Helper()
	var out string
	err := w.owner.QueryRow(w.t.Context(), `SELECT concat_ws('/', (SELECT count(*) FROM sga.movements), (SELECT count(*) FROM sga.asset_events),
		(SELECT count(*) FROM sga.outbox) + (SELECT count(*) FROM sga.event_log), (SELECT count(*) FROM sga.tasks),
		(SELECT count(*) FROM sga.tasks WHERE status = 'PENDING'), (SELECT count(*) FROM sga.assets), (SELECT count(*) FROM sga.reservations),
		(SELECT count(*) FROM sga.counts), (SELECT count(*) FROM sga.count_results), (SELECT version FROM sga.catalog_version),
		(SELECT count(*) FROM sga.idempotency_keys), (SELECT sum(quantity_total) || ' ' || sum(quantity_reserved) FROM sga.balances))`).Scan(&out)
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// put makes an entry by the boss.
func (w *world) put(part, qty string, at place, serials ...string) object {
	w.t.Helper()
	args := object{"movement_type": "ENTRADA", "part_number": part, "quantity": json.Number(qty), "destination_location_id": at.location, "project_id": at.project}
	if serials != nil {
		args["serial_numbers"] = serials
	}
	return w.must(w.boss, "sga_create_movement", args)
}

// balance gives "total/reserved" of a part at a place of a project.
func (w *world) balance(part string, at place) string {
	w.t.Helper()
	var out string
	err := w.owner.QueryRow(w.t.Context(), `SELECT coalesce(sum(quantity_total), 0)::float8 || '/' || coalesce(sum(quantity_reserved), 0)::float8
		FROM sga.balances JOIN sga.part_numbers USING (part_number_key) JOIN sga.locations USING (location_key) JOIN sga.projects USING (project_key)
		WHERE part_number = $1 AND location_code = $2 AND project_code = $3`, part, at.location, at.project).Scan(&out)
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// openRegistry is the declarations alone, for what needs no database.
func openRegistry() *ops.Registry { return ops.New(ops.Deps{}) }
