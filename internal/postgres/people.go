package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
	"github.com/govalues/decimal"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

var _ identity.Directory = (*DB)(nil)

// Logins may be read by the writer's role only, so everything about people goes through its pool.
const (
	sqlProfilePerson = `SELECT p.person_id, ` + sealedName + `, l.username, p.is_active AND NOT l.is_disabled,
			p.all_projects, p.project_codes, p.all_locations, p.location_codes,
			p.is_approver, p.approval_limit, p.approval_all_projects, p.approval_project_codes
		FROM sga.logins l JOIN sga.people p USING (person_id) LEFT JOIN sga.person_keys k ON k.person_id = p.person_id WHERE l.subject = $1`

	sqlProfileClient = `SELECT person_id, kind, roles, all_projects, project_codes, all_locations, location_codes
		FROM sga.clients WHERE client_id = $1`

	sqlLogin = `SELECT l.subject, l.person_id, l.username, ` + sealedName + `, l.password_hash, l.groups, l.is_disabled OR NOT p.is_active
		FROM sga.logins l JOIN sga.people p USING (person_id) LEFT JOIN sga.person_keys k ON k.person_id = p.person_id WHERE l.username = $1`

	sqlNames = `SELECT p.person_id, ` + sealedName + `,
			coalesce((SELECT min(l.username) FROM sga.logins l WHERE l.person_id = p.person_id), '')
		FROM sga.people p LEFT JOIN sga.person_keys k ON k.person_id = p.person_id WHERE p.person_id = ANY($1::uuid[])
		UNION ALL
		SELECT c.person_id, c.client_id, NULL, NULL, c.client_id FROM sga.clients c WHERE c.person_id = ANY($1::uuid[])`

	sqlSavePerson = `INSERT INTO sga.people AS p (person_id, display_name, is_active, all_projects, project_codes, all_locations, location_codes,
			is_approver, approval_limit, approval_all_projects, approval_project_codes)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (person_id) DO UPDATE SET display_name = excluded.display_name, is_active = excluded.is_active,
			all_projects = excluded.all_projects, project_codes = excluded.project_codes, all_locations = excluded.all_locations,
			location_codes = excluded.location_codes, is_approver = excluded.is_approver, approval_limit = excluded.approval_limit,
			approval_all_projects = excluded.approval_all_projects, approval_project_codes = excluded.approval_project_codes,
			updated_at = clock_timestamp() WHERE p.erased_at IS NULL`

	sqlSaveLogin = `INSERT INTO sga.logins AS l (subject, person_id, username, password_hash, groups, is_disabled)
		SELECT $1, $2, $3, $4, $5, $6 WHERE NOT EXISTS (SELECT FROM sga.people p WHERE p.person_id = $2 AND p.erased_at IS NOT NULL)
		ON CONFLICT (subject) DO UPDATE SET person_id = excluded.person_id, username = excluded.username, groups = excluded.groups,
			is_disabled = excluded.is_disabled,
			password_hash = CASE WHEN excluded.password_hash = '' THEN l.password_hash ELSE excluded.password_hash END`

	sqlSaveClient = `INSERT INTO sga.clients (client_id, person_id, kind, roles, all_projects, project_codes, all_locations, location_codes)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (client_id) DO UPDATE SET kind = excluded.kind, roles = excluded.roles, all_projects = excluded.all_projects,
			project_codes = excluded.project_codes, all_locations = excluded.all_locations, location_codes = excluded.location_codes`
)

// ProfileOf implements identity.Directory. A person keeps their own areas whatever program they use; the
// program only tells whether an agent acts. A subject without a login has the rights of its program.
func (db *DB) ProfileOf(ctx context.Context, subject, clientID string) (*identity.Profile, error) {
	cat := db.catalog.Load()
	key := profileKey{subject, clientID}
	if p := db.people.profile(key, cat.version); p != nil {
		return p, nil
	}
	began := db.people.generation()
	p, err := db.loadProfile(ctx, cat, subject, clientID)
	if err != nil {
		return nil, translate(fmt.Errorf("profile: %w", err))
	}
	db.people.keep(key, p, cat.version, began)
	return p, nil
}

func (db *DB) loadProfile(ctx context.Context, cat *catalog, subject, clientID string) (*identity.Profile, error) {
	p := &identity.Profile{}
	client := &identity.Profile{}
	var places, clientPlaces []string
	var projects, clientProjects, approval []string
	var roles []string
	var limit decimal.NullDecimal
	var name storedName
	batch := &pgx.Batch{}
	batch.Queue(sqlProfilePerson, subject).QueryRow(func(row pgx.Row) error {
		err := row.Scan(&p.PersonID, &name.plain, &name.sealed, &name.wrapped, &p.Username, &p.Active, &p.Projects.All, &projects, &p.Locations.All, &places,
			&p.Approver.May, &limit, &p.Approver.Projects.All, &approval)
		p.Known = err == nil
		return ignoreNoRows(err)
	})
	batch.Queue(sqlProfileClient, clientID).QueryRow(func(row pgx.Row) error {
		err := row.Scan(&client.PersonID, (*string)(&client.Kind), &roles, &client.Projects.All, &clientProjects, &client.Locations.All, &clientPlaces)
		client.Known = err == nil
		return ignoreNoRows(err)
	})
	if err := db.writer.SendBatch(ctx, batch).Close(); err != nil {
		return nil, err
	}
	switch {
	case p.Known:
		p.Kind, p.Name = identity.Person, db.nameOf(p.PersonID, name)
		if client.Known && client.Kind != identity.Person {
			p.Kind = identity.Agent
		}
		p.Projects.Codes, p.Locations.Codes, p.Approver.Projects.Codes = codes(projects), cat.withBelow(places), codes(approval)
		if limit.Valid {
			p.Approver.Limit = &limit.Decimal
		}
		return p, nil
	case client.Known && client.Kind != identity.Person:
		client.Active, client.Name = true, clientID
		client.Projects.Codes, client.Locations.Codes = codes(clientProjects), cat.withBelow(clientPlaces)
		for _, r := range roles {
			client.Roles = append(client.Roles, identity.Role(r))
		}
		return client, nil
	}
	return &identity.Profile{Active: true}, nil
}

func ignoreNoRows(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}

func codes(list []string) map[string]bool { return identity.Only(list...).Codes }

// withBelow adds to places the codes of the places below them. Codes that are no place stay, and see nothing.
func (c *catalog) withBelow(places []string) map[string]bool {
	out := codes(places)
	for _, code := range places {
		l, ok := c.Location(stock.Fold(code))
		if !ok {
			continue
		}
		for _, k := range c.below(l.Key) {
			out[c.locationByKey[stock.LocationKey(k)].Code] = true
		}
	}
	return out
}

// LoginByUsername implements identity.Directory.
func (db *DB) LoginByUsername(ctx context.Context, username string) (*identity.Login, error) {
	l := &identity.Login{}
	var name storedName
	err := db.writer.QueryRow(ctx, sqlLogin, username).Scan(&l.Subject, &l.PersonID, &l.Username, &name.plain, &name.sealed, &name.wrapped, &l.PasswordHash,
		&l.Groups, &l.Disabled)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.NotFound.With("Usuário não encontrado.", "User not found.")
	}
	if err != nil {
		return nil, translate(fmt.Errorf("login: %w", err))
	}
	l.Name = db.nameOf(l.PersonID, name)
	return l, nil
}

// SavePerson implements identity.Directory. The name is encrypted in the same transaction. Somebody who was erased is
// not written again (conflict).
func (db *DB) SavePerson(ctx context.Context, p *identity.PersonRecord) error {
	name := p.Name
	if db.vault.Load() != nil {
		name = pseudonym(p.ID)
	}
	keep := func(tx pgx.Tx) error { return db.keepName(ctx, tx, p.ID, p.Name) }
	return db.savePeople(ctx, keep, sqlSavePerson, p.ID, name, p.Active, p.Projects.All, sortedCodes(p.Projects), p.Locations.All, sortedCodes(p.Locations),
		p.Approver.May, p.Approver.Limit, p.Approver.Projects.All, sortedCodes(p.Approver.Projects))
}

// SaveLogin implements identity.Directory.
func (db *DB) SaveLogin(ctx context.Context, l *identity.Login) error {
	groups := l.Groups
	if groups == nil {
		groups = []string{}
	}
	return db.savePeople(ctx, nil, sqlSaveLogin, l.Subject, l.PersonID, l.Username, l.PasswordHash, groups, l.Disabled)
}

// SaveClient implements identity.Directory.
func (db *DB) SaveClient(ctx context.Context, c *identity.ClientRecord) error {
	roles := make([]string, len(c.Roles))
	for i, r := range c.Roles {
		roles[i] = string(r)
	}
	return db.savePeople(ctx, nil, sqlSaveClient, c.ClientID, c.ActorID, string(c.Kind), roles, c.Projects.All, sortedCodes(c.Projects),
		c.Locations.All, sortedCodes(c.Locations))
}

// savePeople writes one row and then does what belongs to it. A row that was not written is that of somebody erased.
func (db *DB) savePeople(ctx context.Context, then func(pgx.Tx) error, statement string, args ...any) error {
	defer db.people.forget()
	err := pgx.BeginFunc(ctx, db.writer, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, statement, args...)
		if err == nil && tag.RowsAffected() == 0 {
			err = erasedFault()
		}
		if err != nil || then == nil {
			return err
		}
		return then(tx)
	})
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "23505" { // unique_violation: of logins.username or clients.person_id
		return fault.AlreadyExists.With("Já existe outro com esse nome.", "Another one has that name.").Because(err)
	}
	if errors.As(err, &pg) && pg.Code == "23503" { // foreign_key_violation
		return fault.NotFound.With("Pessoa não encontrada.", "Person not found.").Because(err)
	}
	if err != nil {
		return translate(fmt.Errorf("save people: %w", err))
	}
	return nil
}

func sortedCodes(a identity.Area) []string {
	out := slices.Sorted(maps.Keys(a.Codes))
	if out == nil {
		return []string{}
	}
	return out
}

// Names implements identity.Directory.
func (db *DB) Names(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]identity.Name, error) {
	began := db.people.generation()
	out, missing := db.people.known(ids)
	if len(missing) == 0 {
		return out, nil
	}
	rows, err := db.writer.Query(ctx, sqlNames, missing)
	if err != nil {
		return nil, translate(fmt.Errorf("names: %w", err))
	}
	var id uuid.UUID
	var n identity.Name
	var name storedName
	_, err = pgx.ForEachRow(rows, []any{&id, &name.plain, &name.sealed, &name.wrapped, &n.Username}, func() error {
		n.Display = db.nameOf(id, name)
		out[id] = n
		return nil
	})
	if err != nil {
		return nil, translate(fmt.Errorf("names: %w", err))
	}
	for _, id := range missing {
		db.people.name(id, out[id], began)
	}
	return out, nil
}
