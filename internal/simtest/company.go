package simtest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/dbtest"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/postgres"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Company is a small company on a database of its own. Ana and Bia are administrators who may approve,
// each what the other proposes.
type Company struct {
	DB    *postgres.DB
	Owner *pgxpool.Pool // of the database's owner: sees everything, and is not slowed by the desk
	Data  *dbtest.DB
	Ana   *identity.Actor
	Bia   *identity.Actor
}

// maxOwners is enough for a sampler and the checks of a few subtests at once.
const maxOwners = 4

// Template is the migrated, empty database that tests clone.
func Template() dbtest.Template {
	return dbtest.Template{Name: "sga", Hash: postgres.MigrationHash(), Build: func(ctx context.Context, dsn string) error {
		_, err := postgres.Migrate(ctx, dsn)
		return err
	}}
}

// Open makes a company: a database, the desk over it, and the master data of Edits. It is closed when
// the test ends.
func Open(t testing.TB, opts ...dbtest.Option) *Company {
	t.Helper()
	c := Empty(t, opts...)
	for _, steps := range Edits() {
		if _, err := c.DB.Submit(t.Context(), c.Request(c.Ana, steps...)); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// Empty is a company without master data.
func Empty(t testing.TB, opts ...dbtest.Option) *Company {
	t.Helper()
	c := &Company{Data: dbtest.New(t, append(opts, Template())...), Ana: Person("ana", 0xaa), Bia: Person("bia", 0xbb)}
	cfg, err := pgxpool.ParseConfig(c.Data.DSN())
	if err != nil {
		t.Fatal(err)
	}
	cfg.MaxConns = maxOwners
	if c.Owner, err = pgxpool.NewWithConfig(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Owner.Close)
	c.DB = c.OpenDB(t, c.Data.DSN())
	return c
}

// OpenDB opens the company's database again, over dsn, as another process would. It is closed when the
// test ends.
func (c *Company) OpenDB(t testing.TB, dsn string) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), postgres.Config{WriterURL: dsn, ReaderURL: dsn, MaxWriters: 6, MaxReaders: 6})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// Person is an administrator and approver without limits; last tells persons apart.
func Person(name string, last byte) *identity.Actor {
	return &identity.Actor{PersonID: uuid.UUID{6: 0x70, 8: 0x80, 15: last}, Subject: "sub-" + name, Username: name, Client: "simtest",
		Kind: identity.Person, Roles: []identity.Role{identity.Admin}, Scopes: []string{identity.ScopeTools, identity.ScopeApprove},
		Projects: identity.Everywhere(), Locations: identity.Everywhere(),
		Approver: identity.Approver{May: true, Projects: identity.Everywhere()}}
}

// Request makes a request of a; its answer is the ids of the movements that it made.
func (c *Company) Request(a *identity.Actor, steps ...approval.Step) *approval.Request {
	return &approval.Request{Actor: a, Door: "simtest", Operation: "sga_create_movements", Steps: steps, Render: Render, Arguments: []byte(`{}`)}
}

// Render answers with the status and the movements of an outcome, as text that tests compare.
func Render(o *approval.Outcome) []byte {
	text := string(o.Status)
	for _, p := range o.Posted {
		if p.Movement != nil {
			text += fmt.Sprintf(" %s@%d", p.Movement.ID, p.Movement.Sequence)
		}
	}
	return []byte(text)
}

// Today is the database's business day.
func (c *Company) Today(t testing.TB) stock.Date {
	t.Helper()
	var day time.Time
	if err := c.Owner.QueryRow(t.Context(), `SELECT (clock_timestamp() AT TIME ZONE 'America/Sao_Paulo')::date`).Scan(&day); err != nil {
		t.Fatal(err)
	}
	return stock.DateOf(day)
}

// MustHold fails the test when an invariant is broken.
func (c *Company) MustHold(t testing.TB) {
	t.Helper()
	broken, err := Broken(t.Context(), c.Owner)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range broken {
		t.Error(b)
	}
}
