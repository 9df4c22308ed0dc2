package postgres

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/dbtest"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
)

// ledger is a database with a small company, into which tests write the log row by row, so that reads
// are judged against rows that no other code of this package has made.
type ledger struct {
	t     testing.TB
	db    *DB
	owner *pgxpool.Pool
	own   *dbtest.DB
	held  map[stock.Key]stock.Balance
	actor uuid.UUID
	last  int64 // sequence of the last movement

	rounds int // of settled
}

// Keys of the company: SP holds SP-A and SP-B; RJ stands alone.
const (
	keySP, keySPA, keySPB, keyRJ stock.LocationKey = 11, 12, 13, 14
	keyNTT, keyITAU              stock.ProjectKey  = 11, 12
	keyRouter, keyCable, keyIdle stock.PartKey     = 11, 12, 13
)

func template() dbtest.Template {
	return dbtest.Template{Name: "sga", Hash: MigrationHash(), Build: func(ctx context.Context, dsn string) error {
		_, err := Migrate(ctx, dsn)
		return err
	}}
}

const companyRows = `
INSERT INTO sga.projects (project_key, project_id, project_code, project_name, client_name, catalog_version) VALUES
	(11, gen_random_uuid(), 'NTT', 'NTT Rede', 'NTT', 2), (12, gen_random_uuid(), 'ITAÚ', 'Itaú Agências', 'Itaú', 2);
INSERT INTO sga.locations (location_key, location_id, location_code, location_name, location_type, parent_location_key, city, catalog_version) VALUES
	(11, gen_random_uuid(), 'SP', 'Depósito São Paulo', 'WAREHOUSE', NULL, 'São Paulo', 2),
	(12, gen_random_uuid(), 'SP-A', 'Prateleira A', 'BIN', 11, 'São Paulo', 2),
	(13, gen_random_uuid(), 'SP-B', 'Prateleira B', 'BIN', 11, 'São Paulo', 2),
	(14, gen_random_uuid(), 'RJ', 'Base Rio', 'TECHNICAL_BASE', NULL, 'Rio de Janeiro', 2);
INSERT INTO sga.part_numbers (part_number_key, part_number_id, part_number, part_number_folded, description, category, manufacturer,
	unit_of_measure, is_fractional, min_stock_level, reorder_point, sap_material, catalog_version) VALUES
	(11, gen_random_uuid(), 'ISR4331', 'ISR4331', 'Roteador de serviços', 'ROTEADOR', 'Cisco', 'UN', false, 5, 8, '000000000000100011', 2),
	(12, gen_random_uuid(), 'cabo-utp', 'CABO-UTP', 'Cabo UTP cat 6', 'CABO', 'Furukawa', 'M', true, 100, NULL, '', 2),
	(13, gen_random_uuid(), 'SFP-10G', 'SFP-10G', 'Módulo óptico', 'MÓDULO', 'Cisco', 'UN', false, 0, NULL, '', 2);
UPDATE sga.catalog_version SET version = 2;
INSERT INTO sga.people (person_id, display_name, all_projects, all_locations) VALUES
	('00000000-0000-7000-8000-0000000000aa', 'Ana Souza', true, true);
INSERT INTO sga.logins (subject, person_id, username) VALUES ('sub-ana', '00000000-0000-7000-8000-0000000000aa', 'ana')`

func openLedger(t testing.TB) *ledger {
	t.Helper()
	own := dbtest.New(t, template())
	cfg, err := pgxpool.ParseConfig(own.DSN())
	if err != nil {
		t.Fatal(err)
	}
	cfg.MaxConns = 8
	owner, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(owner.Close)
	if _, err := owner.Exec(t.Context(), companyRows); err != nil {
		t.Fatal(err)
	}
	db, err := Open(t.Context(), Config{WriterURL: own.DSN(), ReaderURL: own.DSN(), MaxWriters: 4, MaxReaders: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return &ledger{t: t, db: db, owner: owner, own: own, held: map[stock.Key]stock.Balance{},
		actor: uuid.MustParse("00000000-0000-7000-8000-0000000000aa")}
}

func (l *ledger) exec(statement string, args ...any) {
	l.t.Helper()
	if _, err := l.owner.Exec(l.t.Context(), statement, args...); err != nil {
		l.t.Fatalf("%s: %v", statement, err)
	}
}

func day(s string) stock.Date {
	d, err := stock.ParseDate(s, "")
	if err != nil {
		panic(err)
	}
	return d
}

// move is a movement as a test writes it; zero fields have the usual values.
type move struct {
	kind     stock.MovementType
	part     stock.PartKey
	qty      string
	from, to stock.LocationKey
	project  stock.ProjectKey
	cond     stock.Condition
	on       string
	recorded time.Time
	released string
	reverses uuid.UUID
	at       int64 // sequence; 0 draws one
	hidden   bool  // leaves the outbox row to the test
}

func (l *ledger) movement(m move) stock.Movement {
	row := stock.Movement{ID: uuid.Must(uuid.NewV7()), Type: m.kind, Part: m.part, Project: m.project, Source: m.from, Destination: m.to,
		SourceCondition: m.cond, Condition: m.cond, Quantity: dec(m.qty), ReversalOf: m.reverses, MovementOn: day("2026-03-10"), RecordedAt: m.recorded}
	if row.Source == 0 {
		row.Source = stock.OutsideKey
	}
	if row.Destination == 0 {
		row.Destination = stock.OutsideKey
	}
	if row.Project == 0 {
		row.Project = stock.GeneralKey
	}
	if row.Condition == "" {
		row.Condition, row.SourceCondition = stock.New, stock.New
	}
	if m.on != "" {
		row.MovementOn = day(m.on)
	}
	if m.released != "" {
		row.Released = dec(m.released)
	}
	if row.RecordedAt.IsZero() {
		row.RecordedAt = time.Now().Truncate(time.Microsecond)
	}
	return row
}

func dec(s string) stock.Quantity {
	if s == "" {
		s = "1"
	}
	var q stock.Quantity
	if err := q.UnmarshalText([]byte(s)); err != nil {
		panic(err)
	}
	return q
}

// post writes a movement with all that belongs to it, and returns it.
func (l *ledger) post(m move) stock.Movement {
	l.t.Helper()
	row := l.movement(m)
	row.Sequence = m.at
	if m.at == 0 {
		if err := l.owner.QueryRow(l.t.Context(), `SELECT nextval('sga.event_sequence')`).Scan(&row.Sequence); err != nil {
			l.t.Fatal(err)
		}
	}
	l.last = row.Sequence
	for i, d := range row.Deltas() {
		b := l.held[d.Key]
		b.Total, b.Reserved, b.Version = plus(l.t, b.Total, d.Total), plus(l.t, b.Reserved, d.Reserved), b.Version+1
		l.held[d.Key] = b
		if i == 0 && row.Source != stock.OutsideKey {
			row.SourceVersion = b.Version
		} else {
			row.DestVersion = b.Version
		}
		l.exec(`INSERT INTO sga.balances (part_number_key, location_key, project_key, condition, quantity_total, quantity_reserved, version, last_movement_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (part_number_key, location_key, project_key, condition) DO UPDATE SET
			quantity_total = excluded.quantity_total, quantity_reserved = excluded.quantity_reserved, version = excluded.version,
			last_movement_at = excluded.last_movement_at`,
			int32(d.Key.Part), int32(d.Key.Location), int32(d.Key.Project), string(d.Key.Condition), b.Total, b.Reserved, b.Version, row.RecordedAt)
	}
	l.insert(row)
	if !m.hidden {
		l.exec(`INSERT INTO sga.outbox (sequence, kind, entity_id, recorded_at, payload) VALUES ($1, 'movement', $2, $3, '{}')`,
			row.Sequence, row.ID, row.RecordedAt)
	}
	return row
}

func plus(t testing.TB, a, b stock.Quantity) stock.Quantity {
	s, err := a.Add(b)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (l *ledger) insert(row stock.Movement) {
	l.t.Helper()
	var reversal *uuid.UUID
	if row.ReversalOf != uuid.Nil {
		reversal = &row.ReversalOf
	}
	l.exec(`INSERT INTO sga.movements (sequence, movement_id, movement_type, movement_on, recorded_at, part_number_key, project_key,
		source_location_key, destination_location_key, source_condition, condition, quantity, released, reversal_of, source_version,
		destination_version, actor_id, actor_kind, operation, rule) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
		$17, 'person', 'sga_create_movement', 'movimento')`,
		row.Sequence, row.ID, string(row.Type), row.MovementOn.Time(), row.RecordedAt, int32(row.Part), int32(row.Project), int32(row.Source),
		int32(row.Destination), string(row.SourceCondition), string(row.Condition), row.Quantity, row.Released, reversal, row.SourceVersion,
		row.DestVersion, l.actor)
	l.exec(`INSERT INTO sga.movement_ids (movement_id, sequence) VALUES ($1, $2)`, row.ID, row.Sequence)
	if reversal != nil {
		l.exec(`INSERT INTO sga.movement_reversals (reversal_of, movement_id) VALUES ($1, $2)`, *reversal, row.ID)
	}
}

// figures writes balances as "LOCATION/PROJECT/CONDITION total(reserved)", which test failures can be read by.
func figures(cat stock.Catalog, rows []stock.BalanceRow) []string {
	out := []string{}
	for _, r := range rows {
		p, _ := cat.PartByKey(r.Part)
		loc, _ := cat.LocationByKey(r.Location)
		proj, _ := cat.ProjectByKey(r.Project)
		out = append(out, fmt.Sprintf("%s %s/%s/%s %s(%s)", p.Number, loc.Code, proj.Code, r.Condition, r.Total.Trim(0), r.Reserved.Trim(0)))
	}
	return out
}
