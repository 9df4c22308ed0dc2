package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/seal"
)

const (
	// Whoever erases an admin holds all of them, so that two cannot erase each other.
	sqlLockAdmins = `SELECT l.subject FROM sga.logins l WHERE 'admin' = ANY(l.groups) ORDER BY l.subject FOR UPDATE`

	sqlErasable = `SELECT p.person_id,
			EXISTS (SELECT FROM sga.logins l WHERE l.person_id = p.person_id AND 'admin' = ANY(l.groups) AND NOT l.is_disabled) AND p.is_active,
			EXISTS (SELECT FROM sga.logins l JOIN sga.people o USING (person_id) WHERE o.person_id <> p.person_id AND 'admin' = ANY(l.groups)
				AND NOT l.is_disabled AND o.is_active)
		FROM sga.people p WHERE p.person_id = $1 FOR UPDATE`

	// left is what an erasure has still to do for p.
	left = `(p.erased_at IS NULL OR EXISTS (SELECT FROM sga.person_keys k WHERE k.person_id = p.person_id)
		OR EXISTS (SELECT FROM sga.logins l WHERE l.person_id = p.person_id AND NOT l.is_disabled))`

	sqlToErase = `SELECT p.person_id FROM sga.people p WHERE p.person_id = ANY($1::uuid[]) AND ` + left

	sqlErasePerson = `UPDATE sga.people p SET display_name = 'apagado-' || right(p.person_id::text, 8), sealed = NULL, erased_at = coalesce(p.erased_at, $2),
			is_active = false, is_approver = false, updated_at = clock_timestamp()
		WHERE p.person_id = $1 AND ` + left

	sqlDestroyKey = `DELETE FROM sga.person_keys WHERE person_id = $1`

	sqlEraseLogins = `UPDATE sga.logins SET username = 'apagado-' || left(replace(gen_random_uuid()::text, '-', ''), 8), password_hash = '', groups = '{}',
			is_disabled = true
		WHERE person_id = $1 AND NOT (is_disabled AND password_hash = '' AND username LIKE 'apagado-%') RETURNING subject`

	sqlEraseTasks = `UPDATE sga.tasks SET proposed_as = proposed_as - 'username' WHERE proposed_by = $1 AND proposed_as ? 'username'`

	// The file is unreadable without the key; its name and checksum still told of it.
	sqlEraseDocuments = `UPDATE sga.documents SET file_name = 'apagado', sha256 = repeat('0', 64) WHERE person_id = $1 AND file_name <> 'apagado' RETURNING document_id`
)

func erasureKey(person uuid.UUID) string { return prefixErasures + person.String() + ".json" }

// ErasePerson forgets a person for good: the signed record of it is put outside the database first, and then one
// transaction destroys the person's key and all that names the person, together with the audit row of the call. It can
// be repeated. Nobody erases himself or the last active admin (conflict); somebody unknown is not_found.
func (db *DB) ErasePerson(ctx context.Context, e seal.Erasure, by *identity.Actor, call approval.CallRecord) (*identity.Erased, error) {
	proof := db.proof.Load()
	if proof == nil {
		return nil, fault.Unavailable.With("Apagar uma pessoa precisa da chave que assina: defina NEXO_SEAL_KEY.",
			"Erasing a person needs the key that signs: set NEXO_SEAL_KEY.").Final()
	}
	if e.Person == e.By {
		return nil, fault.Conflict.With("Ninguém apaga a si mesmo: peça a outro administrador.", "Nobody erases himself: ask another admin.").Final()
	}
	if err := proof.publish(ctx); err != nil {
		return nil, translate(fmt.Errorf("erase: %w", err))
	}
	defer db.people.forget()
	var done *identity.Erased
	err := pgx.BeginFunc(ctx, db.writer, func(tx pgx.Tx) error {
		if err := mayErase(ctx, tx, e.Person); err != nil {
			return err
		}
		// From here on a crash leaves a record without its effect, which the next start makes up for; never the reverse.
		kept, err := proof.keepErasure(ctx, e)
		if err != nil {
			return err
		}
		if done, err = erase(ctx, tx, kept); err != nil {
			return err
		}
		return auditErasure(ctx, tx, e.Person, by, call)
	})
	if err != nil {
		return nil, translate(fmt.Errorf("erase: %w", err))
	}
	db.PokePositions()
	return done, nil
}

// mayErase holds the person, and the admins, until the transaction ends.
func mayErase(ctx context.Context, tx pgx.Tx, person uuid.UUID) error {
	if _, err := tx.Exec(ctx, sqlLockAdmins); err != nil {
		return err
	}
	var id uuid.UUID
	var admin, others bool
	err := tx.QueryRow(ctx, sqlErasable, person).Scan(&id, &admin, &others)
	if isNoRows(err) {
		return fault.NotFound.With("Pessoa não encontrada.", "Person not found.").On("person")
	}
	if err == nil && admin && !others {
		return fault.Conflict.With("É o último administrador ativo.", "This is the last active admin.").On("person").Final()
	}
	return err
}

// keepErasure puts the signed record outside the database, or finds the one that lies there. A forged one is refused.
func (p *Proof) keepErasure(ctx context.Context, e seal.Erasure) (seal.Erasure, error) {
	err := p.put(ctx, erasureKey(e.Person), seal.KindErasure, e)
	if fault.CodeOf(err) != fault.AlreadyExists {
		return e, err
	}
	ring, err := p.ring(ctx)
	if err != nil {
		return e, err
	}
	return p.erasure(ctx, ring, erasureKey(e.Person))
}

// erasure reads a record. One that is not signed by us, or lies under another person's name, is refused (conflict).
func (p *Proof) erasure(ctx context.Context, ring seal.Ring, key string) (e seal.Erasure, err error) {
	err = p.open(ctx, ring, key, seal.KindErasure, &e)
	if err == nil && erasureKey(e.Person) != key {
		err = errNoStatement
	}
	if isForged(err) {
		return e, fault.Conflict.With("O registro de apagamento %s não foi assinado por esta instalação.",
			"The record of erasure %s was not signed by this installation.", key).Because(err).Final()
	}
	return e, err
}

// erase destroys the key of a person and clears what names the person.
func erase(ctx context.Context, tx pgx.Tx, e seal.Erasure) (*identity.Erased, error) {
	out := &identity.Erased{PersonID: e.Person, At: e.At}
	tag, err := tx.Exec(ctx, sqlErasePerson, e.Person, e.At) // first: whoever makes a key waits for this row
	if err != nil {
		return nil, err
	}
	out.Already = tag.RowsAffected() == 0
	if tag, err = tx.Exec(ctx, sqlDestroyKey, e.Person); err != nil {
		return nil, err
	}
	out.Key = tag.RowsAffected() > 0
	rows, err := tx.Query(ctx, sqlEraseLogins, e.Person)
	if err != nil {
		return nil, err
	}
	if out.Subjects, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		return nil, err
	}
	out.Logins = len(out.Subjects)
	if tag, err = tx.Exec(ctx, sqlEraseTasks, e.Person); err != nil {
		return nil, err
	}
	out.Tasks = int(tag.RowsAffected())
	out.Documents, err = eraseDocuments(ctx, tx, e.Person)
	return out, err
}

// eraseDocuments clears what was known of the documents about a person, and tells those that follow documents.
func eraseDocuments(ctx context.Context, tx pgx.Tx, person uuid.UUID) (int, error) {
	rows, err := tx.Query(ctx, sqlEraseDocuments, person)
	if err != nil {
		return 0, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return 0, err
	}
	b := &pgx.Batch{}
	for _, id := range ids {
		queueEvent(b, "document_changed", id, nil)
	}
	return len(ids), tx.SendBatch(ctx, b).Close()
}

func auditErasure(ctx context.Context, tx pgx.Tx, person uuid.UUID, by *identity.Actor, call approval.CallRecord) error {
	var audit auditColumns
	audit.add(time.Now(), by, call, auditFacts{result: call.Result, entity: person})
	b := &pgx.Batch{}
	audit.queue(b)
	return tx.SendBatch(ctx, b).Close()
}
