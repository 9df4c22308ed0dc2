package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/seal"
)

const sqlWasErased = `SELECT EXISTS (SELECT FROM sga.people WHERE person_id = $1 AND erased_at IS NOT NULL)`

// WasErased reports whether a person was erased: nobody is made under that id again.
func (db *DB) WasErased(ctx context.Context, person uuid.UUID) (erased bool, err error) {
	err = db.writer.QueryRow(ctx, sqlWasErased, person).Scan(&erased)
	return erased, translate(err)
}

// Reerased is what applying the list of erasures again came to.
type Reerased struct {
	Applied []identity.Erased // persons whom an older copy of the database had brought back
	Refused []string          // keys of objects that are no record of ours, or of nobody
}

// ApplyErasures erases again whom the list of erasures names and the database still knows, as after an older copy of it
// was restored. A record that is not signed by a key of the ring is refused, and named. Without a key that signs it
// does nothing.
func (db *DB) ApplyErasures(ctx context.Context) (*Reerased, error) {
	out := &Reerased{}
	proof := db.proof.Load()
	if proof == nil {
		return out, nil
	}
	ids, err := db.toErase(ctx, proof, out)
	if err != nil || len(ids) == 0 {
		return out, translate(err)
	}
	ring, err := proof.ring(ctx)
	if err != nil {
		return out, translate(fmt.Errorf("erasures: %w", err))
	}
	defer db.people.forget()
	for _, id := range ids {
		e, err := proof.erasure(ctx, ring, erasureKey(id))
		if fault.CodeOf(err) == fault.Conflict {
			out.Refused = append(out.Refused, erasureKey(id))
			continue
		}
		if err != nil {
			return out, translate(fmt.Errorf("erasures: %w", err))
		}
		done, err := db.eraseAgain(ctx, e)
		if err != nil {
			return out, translate(fmt.Errorf("erasures: %w", err))
		}
		out.Applied = append(out.Applied, *done)
	}
	db.PokePositions()
	return out, nil
}

// toErase lists whom the records name of whom something is left. Nothing is opened yet, so that a start stays fast.
func (db *DB) toErase(ctx context.Context, proof *Proof, out *Reerased) ([]uuid.UUID, error) {
	var listed []uuid.UUID
	err := proof.list(ctx, prefixErasures, func(key string) error {
		id, err := uuid.Parse(strings.TrimSuffix(strings.TrimPrefix(key, prefixErasures), ".json"))
		if err != nil || erasureKey(id) != key {
			out.Refused = append(out.Refused, key)
			return nil
		}
		listed = append(listed, id)
		return nil
	})
	if err != nil || len(listed) == 0 {
		return nil, err
	}
	rows, err := db.writer.Query(ctx, sqlToErase, listed)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
}

func (db *DB) eraseAgain(ctx context.Context, e seal.Erasure) (done *identity.Erased, err error) {
	err = pgx.BeginFunc(ctx, db.writer, func(tx pgx.Tx) error {
		if done, err = erase(ctx, tx, e); err != nil {
			return err
		}
		return auditErasure(ctx, tx, e.Person, identity.TheSystem(),
			approval.CallRecord{Door: "system", Operation: "sga_erase_person", Result: "again", Arguments: []byte(`{"person_id":"` + e.Person.String() + `"}`)})
	})
	return done, err
}
