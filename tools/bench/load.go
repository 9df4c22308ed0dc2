package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/faiston/nexo/internal/postgres"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// worldVersion changes when the rows of the data set change, so that old ones are made again.
const worldVersion = 3

const sqlLoadSession = `SET synchronous_commit = off; SET maintenance_work_mem = '512MB'; SET statement_timeout = 0`

// sqlLoaded is written last: a load that was cut short is begun anew.
const (
	sqlMark   = `CREATE TABLE public.bench_dataset (version text NOT NULL)`
	sqlMarked = `INSERT INTO public.bench_dataset VALUES ($1)`
	sqlLoaded = `SELECT version FROM public.bench_dataset`
	sqlAfter  = `SELECT setval('sga.event_sequence', $1), setval(pg_get_serial_sequence('sga.projects', 'project_key'), $2),
		setval(pg_get_serial_sequence('sga.locations', 'location_key'), $2), setval(pg_get_serial_sequence('sga.part_numbers', 'part_number_key'), $3),
		setval(pg_get_serial_sequence('sga.assets', 'asset_key'), $4)`
	sqlVersionUp = `UPDATE sga.catalog_version SET version = 2`
	sqlPerson    = `INSERT INTO sga.people (person_id, display_name, all_projects, all_locations) VALUES ($1, 'Carga inicial', true, true)`
)

// ready gives the database with the data set, making it where it is not there yet.
func (b *bench) ready(ctx context.Context) error {
	if b.loaded(ctx, b.sga(), fmt.Sprint(worldVersion)) {
		if _, err := postgres.Migrate(ctx, b.sga()); err != nil { // a migration of before was changed: only a new database can follow
			b.say("%v", err)
			if err := b.database(ctx, b.sga(), fmt.Sprint(worldVersion), b.loadLedger); err != nil {
				return err
			}
		}
	} else if err := b.database(ctx, b.sga(), fmt.Sprint(worldVersion), b.loadLedger); err != nil {
		return err
	}
	mark := fmt.Sprintf("%d %s", worldVersion, sqlLeanSchema)
	if b.loaded(ctx, b.lean(), mark) {
		return nil
	}
	return b.database(ctx, b.lean(), mark, b.loadLean)
}

// loaded reports whether a database is there, whole and of this version.
func (b *bench) loaded(ctx context.Context, dsn, mark string) bool {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return false
	}
	defer conn.Close(ctx)
	var have string
	return conn.QueryRow(ctx, sqlLoaded).Scan(&have) == nil && have == mark
}

// database makes a database by load, in place of one that is there.
func (b *bench) database(ctx context.Context, dsn, mark string, load func(context.Context, *pgx.Conn) error) error {
	name := databaseOf(dsn)
	began := time.Now()
	b.say("making %s: %d parts × %d places, %d assets, %d movements", name, b.world.parts, places, b.world.assets, b.world.movements)
	admin, err := pgx.Connect(ctx, b.pg.DSN(superuser, "postgres"))
	if err != nil {
		return err
	}
	defer admin.Close(ctx)
	for _, statement := range []string{"DROP DATABASE IF EXISTS %s WITH (FORCE)", "CREATE DATABASE %s"} {
		if _, err := admin.Exec(ctx, fmt.Sprintf(statement, pgx.Identifier{name}.Sanitize())); err != nil {
			return err
		}
	}
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sqlLoadSession); err != nil {
		return err
	}
	if err := load(ctx, conn); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for _, statement := range []string{"VACUUM (ANALYZE)", "CHECKPOINT", sqlMark} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	_, err = conn.Exec(ctx, sqlMarked, mark)
	b.say("made %s in %s", name, time.Since(began).Round(time.Second))
	return err
}

// loadLedger writes what the desk would have written for calls of sga_create_movements of a thousand each.
func (b *bench) loadLedger(ctx context.Context, conn *pgx.Conn) error {
	if _, err := postgres.Migrate(ctx, b.sga()); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, sqlPerson, actorID()); err != nil {
		return err
	}
	w := b.world
	end := newLedger(w)
	if err := end.tell(func(*move) error { return nil }); err != nil {
		return err
	}
	steps := [][]table{
		{w.projectRows(), w.placeRows(), w.partRows()},
		{end.balanceRows()},
		{end.assetRows()},
		{w.movementRows()},
		{w.idRows(), w.eventRows(), w.auditRows()},
		{w.assetEventRows()},
	}
	for _, group := range steps {
		var names []string
		for _, t := range group {
			names = append(names, t.name)
		}
		err := withoutIndexes(ctx, conn, names, func() error {
			for _, t := range group {
				if err := copyTable(ctx, conn, t); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		b.say("  %s", strings.Join(names, ", "))
	}
	if _, err := conn.Exec(ctx, sqlVersionUp); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, sqlAfter, w.movements, firstKey+places, firstKey+w.parts, w.assets)
	return err
}

func (w world) projectRows() table {
	return table{"sga.projects", "project_key, project_id, project_code, project_name, client_name, catalog_version", func(o *rowWriter) error {
		for i := range projects {
			code := projectCode(i)
			o.int(firstKey + i).id(idOf(w.begin, saltProject, uint64(i))).text(code).text("Projeto " + code).text(fmt.Sprintf("Cliente %d", i%7)).int(2)
			if err := o.end(); err != nil {
				return err
			}
		}
		return nil
	}}
}

func (w world) placeRows() table {
	return table{"sga.locations", "location_key, location_id, location_code, location_name, location_type, city, catalog_version", func(o *rowWriter) error {
		for i := range places {
			kind := "WAREHOUSE"
			if i >= warehouses {
				kind = "TECHNICIAN"
			}
			city := []string{"São Paulo", "Campinas", "Brasília", "Recife", "Curitiba"}[i%5]
			o.int(firstKey + i).id(idOf(w.begin, saltPlace, uint64(i))).text(placeCode(i)).text(placeName(i)).text(kind).text(city).int(2)
			if err := o.end(); err != nil {
				return err
			}
		}
		return nil
	}}
}

func (w world) partRows() table {
	return table{"sga.part_numbers", `part_number_key, part_number_id, part_number, part_number_folded, description, category, manufacturer, is_serialized,
		min_stock_level, search_text, catalog_version`, func(o *rowWriter) error {
		for i := range w.parts {
			maker := []string{"Cisco", "HPE", "Dell", "Aruba"}[i%4]
			serialised := "f"
			if i%2 == 1 {
				serialised = "t"
			}
			o.int(firstKey + i).id(idOf(w.begin, saltPart, uint64(i))).text(partCode(i)).text(stock.Fold(partCode(i))).text(description(i)).text("REDE").text(maker)
			o.text(serialised).int(5).text(stock.Fold(partCode(i) + " " + description(i) + " REDE " + maker)).int(2)
			if err := o.end(); err != nil {
				return err
			}
		}
		return nil
	}}
}

func (l *ledger) balanceRows() table {
	return table{"sga.balances", "part_number_key, location_key, project_key, condition, quantity_total, version, last_movement_at", func(o *rowWriter) error {
		for i := range l.total {
			part := i / places
			o.int(firstKey + part).int(firstKey + i%places).int(firstKey + partProject(part)).text("NEW").int(int(l.total[i])).int(int(l.version[i])).time(l.moved[i])
			if err := o.end(); err != nil {
				return err
			}
		}
		return nil
	}}
}

func (l *ledger) assetRows() table {
	return table{"sga.assets", `asset_key, asset_id, part_number_key, serial_number, serial_key, project_key, location_key, status, condition, last_movement_id,
		last_movement_at, version, nf_number, ticket, created_at, updated_at`, func(o *rowWriter) error {
		for a := range l.assets {
			part, serial, at := assetPart(a), l.serial(a), l.at(int(l.last[a]))
			place, status := outsideKey, "IN_USE"
			if l.place[a] != 0 {
				place, status = int(l.place[a])+firstKey-1, "IN_STOCK"
			}
			ticket := ""
			if l.ticket[a] != 0 {
				ticket = ticketCode(int(l.ticket[a]))
			}
			first := l.at(part*places + (a-firstAsset(part))/(perSerial/places) + 1)
			o.int(a + 1).id(idOf(l.begin, saltAsset, uint64(a))).int(firstKey + part).text(serial).text(stock.SerialKey(serial)).int(firstKey + partProject(part))
			o.int(place).text(status).text("NEW").id(movementID(at, int(l.last[a]))).time(at).int(int(l.events[a]))
			o.text(invoice(part)).text(ticket).time(first).time(at)
			if err := o.end(); err != nil {
				return err
			}
		}
		return nil
	}}
}

func movementID(at time.Time, sequence int) uuid.UUID {
	return idOf(at, saltMovement, uint64(sequence))
}

func invoice(part int) string { return fmt.Sprint(10_000 + part) }

var errNotTrue = errors.New("the log does not make the balances")

// verify replays the log, where the flag asks for it: what was loaded, and what the runs have added.
func (b *bench) verify(ctx context.Context) error {
	if !b.o.verify {
		return nil
	}
	db, err := postgres.Open(ctx, postgres.Config{WriterURL: b.sga(), ReaderURL: b.sga(), MaxWriters: 1, MaxReaders: 2})
	if err != nil {
		return err
	}
	defer db.Close()
	began := time.Now()
	out, err := db.Verify(ctx, nil)
	if err != nil {
		return err
	}
	for _, f := range out.Findings {
		b.say("%s: %s", f.Invariant, f.MessageEN)
	}
	if len(out.Findings) > 0 {
		return errNotTrue
	}
	b.say("verified %d movements in %s", out.Movements, time.Since(began).Round(10*time.Millisecond))
	return nil
}
