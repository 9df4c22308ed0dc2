package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/faiston/nexo/internal/fault"
)

// Names are encrypted in sga.people.sealed with the person's own key. In display_name stands a pseudonym then: that is
// what the program of the version before shows, and what is shown where there is no master key. A display_name that is
// no pseudonym was written by that program, or without a master key; it is newer than what is sealed and counts.
const (
	// sealedName is what nameOf reads of p, a row of sga.people, and k, its key if it has one.
	sealedName = `p.display_name, p.sealed, k.wrapped_key`

	pseudonymOfP = `'pessoa-' || right(p.person_id::text, 8)`

	sqlOpenNames = `SELECT p.person_id FROM sga.people p WHERE p.person_id > $1 AND p.erased_at IS NULL AND p.display_name <> ` + pseudonymOfP + `
		ORDER BY p.person_id LIMIT $2`

	sqlOpenName = `SELECT p.display_name FROM sga.people p WHERE p.person_id = $1 AND p.erased_at IS NULL AND p.display_name <> ` + pseudonymOfP + ` FOR UPDATE`

	sqlSealName = `UPDATE sga.people SET display_name = $2, sealed = $3 WHERE person_id = $1 AND erased_at IS NULL`
)

// sealBatch is how many people are looked up at once while their names are encrypted; each is a transaction of its own.
const sealBatch = 100

// pseudonym is how somebody is shown whose name cannot be read, as the database writes it, too.
func pseudonym(person uuid.UUID) string { return "pessoa-" + person.String()[28:] }

// storedName is a name as it is kept.
type storedName struct {
	plain           string
	sealed, wrapped []byte
}

// nameOf gives the name of a person, or what stands for it.
func (db *DB) nameOf(person uuid.UUID, n storedName) string {
	v := db.vault.Load()
	if v == nil || n.sealed == nil || n.wrapped == nil || n.plain != pseudonym(person) {
		return n.plain
	}
	key, err := v.unwrap(person, n.wrapped)
	if err == nil {
		var name []byte
		if name, err = key.Open(nil, nil, n.sealed, person[:]); err == nil {
			return string(name)
		}
	}
	db.log.Error("a person's name cannot be read", "person_id", person, "error", err)
	return n.plain
}

// keepName encrypts a name in the transaction that writes its person. What stands for a name is no name.
func (db *DB) keepName(ctx context.Context, tx pgx.Tx, person uuid.UUID, name string) error {
	v := db.vault.Load()
	if v == nil || name == pseudonym(person) {
		return nil
	}
	key, err := v.ensureKey(ctx, tx, person)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, sqlSealName, person, pseudonym(person), key.Seal(nil, nil, []byte(name), person[:]))
	return err
}

// SealNames encrypts the names that are not yet, and says how many it were. It can be stopped and begun again, and
// several processes may do it; without a master key it does nothing.
func (db *DB) SealNames(ctx context.Context) (n int, err error) {
	if db.vault.Load() == nil {
		return 0, nil
	}
	defer db.people.forget()
	for last := uuid.Nil; ; {
		rows, err := db.writer.Query(ctx, sqlOpenNames, last, sealBatch)
		if err != nil {
			return n, translate(fmt.Errorf("seal names: %w", err))
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		if err != nil {
			return n, translate(fmt.Errorf("seal names: %w", err))
		}
		for _, id := range ids {
			if err := db.sealName(ctx, id); err != nil {
				return n, translate(fmt.Errorf("seal names: %w", err))
			}
			last = id
			n++
		}
		if len(ids) < sealBatch {
			return n, nil
		}
	}
}

func (db *DB) sealName(ctx context.Context, person uuid.UUID) error {
	return pgx.BeginFunc(ctx, db.writer, func(tx pgx.Tx) error {
		var name string
		if err := tx.QueryRow(ctx, sqlOpenName, person).Scan(&name); err != nil {
			return ignoreNoRows(err) // somebody else was faster
		}
		return db.keepName(ctx, tx, person, name)
	})
}

// showNames replaces ids of persons and programs, as text, by how they are shown; by nothing where they are unknown.
func (db *DB) showNames(ctx context.Context, fields ...*string) error {
	ids := make([]uuid.UUID, len(fields))
	for i, f := range fields {
		ids[i], _ = uuid.Parse(*f) // empty is nobody
	}
	names, err := db.Names(ctx, ids)
	if err != nil {
		return err
	}
	for i, f := range fields {
		*f = names[ids[i]].Display
	}
	return nil
}

// erasedFault refuses to bring somebody back.
func erasedFault() error {
	return fault.Conflict.With("Esta pessoa foi apagada e não volta: use outro nome de usuário.",
		"This person was erased and does not come back: use another user name.").Final()
}
