package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/fault"
)

var _ document.Store = (*DB)(nil)

const (
	sqlInsertDocument = `INSERT INTO sga.documents (document_id, kind, file_name, declared_type, content_type, size, sha256, bucket, object_key,
		upload_handle, meant_type, meant_id, status, person_id, created_by, created_at, inspected_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, nullif($10, ''), nullif($11, ''), $12, $13, $14, $15, $16, $17)`

	// What is settled stays as it is: the row comes back either way.
	sqlClaimUpload = `UPDATE sga.documents d SET status = CASE WHEN d.status = 'UPLOADING' THEN 'QUARANTINED' ELSE d.status END
		WHERE d.upload_handle = $1 AND d.created_by = $2 RETURNING ` + documentColumns

	sqlSettleDocument = `UPDATE sga.documents d SET status = $2, content_type = $3, size = CASE WHEN $4::bigint > 0 THEN $4 ELSE d.size END,
		sha256 = CASE WHEN $5::text <> '' THEN $5 ELSE d.sha256 END, bucket = $6, object_key = $7, reason = $8, reason_en = $9, inspected_at = clock_timestamp()
		WHERE d.document_id = $1 AND d.status IN ('UPLOADING', 'QUARANTINED') RETURNING ` + documentColumns

	// Only what is available proves anything. A second link to the same thing is the first one.
	sqlLinkDocuments = `INSERT INTO sga.document_links (document_id, target_type, target_id, attached_by, attached_at)
		SELECT d.document_id, $2, $3, $4, clock_timestamp() FROM sga.documents d
		WHERE d.document_id = ANY($1::uuid[]) AND d.status = 'AVAILABLE' ORDER BY d.document_id
		ON CONFLICT DO NOTHING RETURNING document_id`

	// The evidence of many movements or tasks at once, with the events that tell of it: $1 arrays of documents, $2 what each is
	// attached to, $3 by whom. Ids that never were documents, which the version before took, stay what they were.
	sqlLinkEvidence = `WITH linked AS (INSERT INTO sga.document_links (document_id, target_type, target_id, attached_by, attached_at)
			SELECT d.document_id, $4, x.i, x.b, $5 FROM unnest($1::text[], $2::uuid[], $3::uuid[]) AS x(e, i, b) CROSS JOIN LATERAL unnest(x.e::uuid[]) AS u(id)
			JOIN sga.documents d ON d.document_id = u.id AND d.status = 'AVAILABLE' ORDER BY d.document_id, x.i
			ON CONFLICT DO NOTHING RETURNING document_id)
		INSERT INTO sga.outbox (sequence, kind, entity_id, recorded_at, payload)
		SELECT nextval('sga.event_sequence'), 'document_changed', document_id, $5, NULL FROM (SELECT DISTINCT document_id FROM linked ORDER BY document_id) y`
)

// AddDocument implements document.Store.
func (db *DB) AddDocument(ctx context.Context, d *document.Document, a document.Act) error {
	err := pgx.BeginFunc(ctx, db.writer, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, sqlInsertDocument, d.ID, string(d.Kind), d.Name, d.DeclaredType, d.Type, d.Size, d.SHA256, string(d.Bucket), d.Key,
			d.Handle, string(d.Meant.Kind), optionalID(d.Meant.ID), string(d.Status), optionalID(d.Person), d.CreatedBy, d.CreatedAt, timeOrNull(d.InspectedAt))
		if err != nil {
			return err
		}
		if d.Status == document.Available && d.Meant.Kind != "" {
			if _, err := tx.Exec(ctx, sqlLinkDocuments, []uuid.UUID{d.ID}, string(d.Meant.Kind), d.Meant.ID, d.CreatedBy); err != nil {
				return err
			}
		}
		return tellDocuments(ctx, tx, a, documentNews{"document_added", []uuid.UUID{d.ID}, d.Status, d})
	})
	if err != nil {
		return translate(fmt.Errorf("add document: %w", err))
	}
	db.PokePositions()
	return nil
}

// documentNews is what an act did to documents.
type documentNews struct {
	kind    string
	ids     []uuid.UUID
	status  document.Status
	content *document.Document // whose content the act brought; nil: none
}

// proof is what is sealed of a content, in its event and in the audit: Verify holds the row to it, and who opens the content
// holds the bytes to the row. The hash of what is about a person stays out: seals are never erased, and the person's key
// vouches for those bytes.
func (t *documentNews) proof() map[string]any {
	d := t.content
	if d == nil || t.status == document.Refused {
		return nil
	}
	out := map[string]any{"document_id": d.ID, "size": d.Size}
	if d.Person == uuid.Nil {
		out["sha256"] = d.SHA256
	}
	if t.status == document.Available {
		out["bucket"], out["object_key"] = string(d.Bucket), d.Key
	}
	return out
}

// tellDocuments writes the events and the audit row of an act, in its transaction.
func tellDocuments(ctx context.Context, tx pgx.Tx, a document.Act, t documentNews) error {
	b, proof := &pgx.Batch{}, t.proof()
	for _, id := range t.ids {
		var n news // without codes only those who see everything learn of it
		if len(a.Projects)+len(a.Locations) > 0 {
			n = news{"projects": nonNil(a.Projects), "locations": nonNil(a.Locations), "document_id": id, "status": t.status}
		} else if proof != nil {
			n = news{"status": t.status}
		}
		for name, value := range proof {
			n[name] = value
		}
		queueEvent(b, t.kind, id, n)
	}
	call := a.Call
	call.Result = "ok"
	if t.status == document.Refused {
		call.Result = "refused"
	}
	if proof != nil {
		call.Arguments = withContent(call.Arguments, proof)
	}
	var audit auditColumns
	facts := auditFacts{result: call.Result}
	if len(t.ids) > 0 {
		facts.entity = t.ids[0]
	}
	audit.add(time.Now(), a.Actor, call, facts)
	audit.queue(b)
	return tx.SendBatch(ctx, b).Close()
}

// withContent adds to the arguments of a call what its content was found to be.
func withContent(arguments []byte, proof map[string]any) []byte {
	all := map[string]jsontext.Value{}
	if len(arguments) > 0 && json.Unmarshal(arguments, &all) != nil {
		return arguments
	}
	all["content"] = jsontext.Value(marshal(proof))
	out, err := json.Marshal(all, json.Deterministic(true))
	if err != nil {
		return arguments
	}
	return out
}

// ClaimUpload implements document.Store.
func (db *DB) ClaimUpload(ctx context.Context, handle string, by uuid.UUID) (*document.Document, error) {
	rows, err := db.writer.Query(ctx, sqlClaimUpload, handle, by)
	if err != nil {
		return nil, translate(fmt.Errorf("claim upload: %w", err))
	}
	d, err := pgx.CollectExactlyOneRow(rows, readDocument)
	if isNoRows(err) {
		return nil, fault.NotFound.With("Envio não encontrado.", "Upload not found.").On("upload_id")
	}
	return d, translate(err)
}

// SettleDocument implements document.Store.
func (db *DB) SettleDocument(ctx context.Context, id uuid.UUID, v document.Verdict, a document.Act) (d *document.Document, err error) {
	err = pgx.BeginFunc(ctx, db.writer, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, sqlSettleDocument, id, string(v.Status), v.Type, v.Size, v.SHA256, string(v.Bucket), v.Key, v.Reason, v.ReasonEN)
		if err != nil {
			return err
		}
		if d, err = pgx.CollectExactlyOneRow(rows, readDocument); isNoRows(err) {
			return fault.Conflict.With("O documento já foi inspecionado.", "The document has been inspected already.").Final()
		}
		if err != nil {
			return err
		}
		if v.Status == document.Available && d.Meant.Kind != "" {
			if _, err := tx.Exec(ctx, sqlLinkDocuments, []uuid.UUID{id}, string(d.Meant.Kind), d.Meant.ID, d.CreatedBy); err != nil {
				return err
			}
			d.Links = []document.Link{{Target: d.Meant, By: d.CreatedBy, At: d.InspectedAt}}
			d.Version++
		}
		return tellDocuments(ctx, tx, a, documentNews{"document_changed", []uuid.UUID{id}, v.Status, d})
	})
	if err != nil {
		return nil, translate(fmt.Errorf("settle document: %w", err))
	}
	db.PokePositions()
	return d, nil
}

// AttachDocuments implements document.Store.
func (db *DB) AttachDocuments(ctx context.Context, ids []uuid.UUID, t document.Target, a document.Act) (added int, err error) {
	err = pgx.BeginFunc(ctx, db.writer, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, sqlLinkDocuments, ids, string(t.Kind), t.ID, a.Actor.PersonID)
		if err != nil {
			return err
		}
		linked, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		if err != nil {
			return err
		}
		added = len(linked)
		return tellDocuments(ctx, tx, a, documentNews{"document_changed", linked, document.Available, nil})
	})
	if err != nil {
		return 0, translate(fmt.Errorf("attach documents: %w", err))
	}
	db.PokePositions()
	return added, nil
}

// evidenceColumns is links that the desk writes with what they prove.
type evidenceColumns struct {
	documents  []string // arrays of ids
	target, by []pgtype.UUID
}

func (c *evidenceColumns) add(documents string, target, by pgtype.UUID) {
	if documents != "{}" {
		c.documents, c.target, c.by = append(c.documents, documents), append(c.target, target), append(c.by, by)
	}
}

func (c *evidenceColumns) queue(b *pgx.Batch, kind document.TargetKind, at time.Time) {
	if len(c.documents) > 0 {
		b.Queue(sqlLinkEvidence, c.documents, c.target, c.by, string(kind), at)
	}
}

// writeEvidence attaches documents to the movements and tasks that name them, in the same transaction.
func (s *session) writeEvidence(b *pgx.Batch) {
	e := &s.effects
	var movements, tasks evidenceColumns
	for i, ids := range e.movements.evidences {
		movements.add(ids, e.movements.id[i], e.movements.actor[i])
	}
	for _, t := range e.tasks {
		tasks.add(idArray(t.Evidence), optionalID(t.ID), optionalID(t.ProposedBy))
	}
	for _, c := range e.task.comments {
		tasks.add(idArray(c.Evidence), optionalID(c.task), optionalID(c.Author))
	}
	movements.queue(b, document.OfMovement, s.state.Now)
	tasks.queue(b, document.OfTask, s.state.Now)
}
