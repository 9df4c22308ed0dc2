package ops_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/ops"
)

// losing is a store whose answers to what is written about documents get lost, after the commit or instead of it.
type losing struct {
	store
	committed bool
	answer    error
}

func (s losing) AddDocument(ctx context.Context, d *document.Document, a document.Act) error {
	if s.committed {
		if err := s.DB.AddDocument(ctx, d, a); err != nil {
			return err
		}
	}
	return s.answer
}

func (s losing) SettleDocument(ctx context.Context, id uuid.UUID, v document.Verdict, a document.Act) (*document.Document, error) {
	if s.committed {
		if _, err := s.DB.SettleDocument(ctx, id, v, a); err != nil {
			return nil, err
		}
	}
	return nil, s.answer
}

func (w *world) losing(committed bool, answer error) *ops.Registry {
	return ops.New(ops.Deps{Store: losing{store{w.db}, committed, answer}, Desk: w.db, NewID: newID, Now: time.Now, Objects: w.files, Sealer: w.keys})
}

func (w *world) objects() int {
	w.t.Helper()
	list, _, err := w.files.List(w.t.Context(), document.Documents, "", "", 100)
	if err != nil {
		w.t.Fatal(err)
	}
	return len(list)
}

// An answer that is lost loses no evidence: what is there keeps its bytes, and of what is not, they go only when it
// certainly does not come.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	away, refused := fault.Unavailable.With("fora", "away"), errors.New("a constraint")
	for name, tt := range map[string]struct {
		committed bool
		answer    error
		objects   int
	}{
		"after the commit":  {true, away, 1},
		"who knows":         {false, away, 1},
		"certainly refused": {false, refused, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := openWorld(t)
			ana := w.person("ana", identity.Logistics)
			raw, err := w.losing(tt.committed, tt.answer).ReceiveDocument(t.Context(), ops.FileCall{Actor: ana, Door: "test", Kind: "DOCUMENT", Name: "x.txt",
				ContentType: "text/plain", Body: strings.NewReader("recibo")})
			if (err == nil) != tt.committed || w.objects() != tt.objects {
				t.Fatalf("%d objects, %v", w.objects(), err)
			}
			if !tt.committed {
				return
			}
			if got := w.content(ana, text(parse(t, raw).(object)["document_id"])); got != "recibo" {
				t.Errorf("kept %q", got)
			}
		})
	}
}

// The same of an upload by URL: the call that lost its answer, and the one that came second, answer as the first.
func TestLostAnswersOfUploads(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	ana, body := w.person("ana", identity.Logistics), photo()
	up := w.upload(ana, here(), body)
	in := ops.Invocation{Actor: ana, Door: "test", Name: "sga_complete_upload", Arguments: []byte(`{"upload_id":"` + text(up["upload_id"]) + `"}`)}
	if _, err := w.losing(false, fault.Unavailable.With("fora", "away")).Call(t.Context(), in); fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("nothing was settled: %v", err)
	}
	raw, err := w.losing(true, fault.Unavailable.With("fora", "away")).Call(t.Context(), in)
	if err != nil || parse(t, raw).(object)["status"] != "AVAILABLE" {
		t.Errorf("settled, and the answer lost: %s, %v", raw, err)
	}
	if got := w.content(ana, text(up["document_id"])); got != string(body) {
		t.Errorf("%d bytes", len(got))
	}
	up = w.upload(ana, here(), photo())
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			if out, err := w.ask(ana, "sga_complete_upload", object{"upload_id": up["upload_id"]}); err != nil || out["status"] != "AVAILABLE" {
				t.Errorf("at once: %v, %v", out, err)
			}
		})
	}
	wait.Wait()
}

// swap puts other bytes into the place of a document, as whoever owns the store can.
func (w *world) swap(id string, body []byte) {
	w.t.Helper()
	d, err := w.db.RecordedDocument(w.t.Context(), uuid.MustParse(id))
	if err == nil {
		_, err = w.files.Put(w.t.Context(), document.Put{Bucket: d.Bucket, Key: d.Key, Type: d.Type, Size: int64(len(body)), Body: bytes.NewReader(body)})
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// Bytes that are not those that were inspected are not given out, and the log says why.
func TestChangedBytes(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	ana := w.person("ana", identity.Logistics)
	for _, other := range []string{"recibo 2", "recibo", "recibo 1 e mais"} {
		id := w.loose(ana, "DOCUMENT", "x.txt", "text/plain", []byte("recibo 1"))
		w.swap(id, []byte(other))
		if _, err := w.open(ana, id); fault.CodeOf(err) != fault.Internal || !strings.Contains(fmt.Sprint(err), "TAMPERING: the content of document "+id) {
			t.Errorf("%q: %v", other, err)
		}
	}
	large := append([]byte("%PDF-1.4\n"), make([]byte, 33<<20)...)
	id := w.loose(ana, "MANUAL", "m.pdf", "application/pdf", large)
	if got := w.content(ana, id); got != string(large) {
		t.Errorf("%d bytes of a large one", len(got))
	}
	large[len(large)/2] = 1
	w.swap(id, large)
	c, err := w.open(ana, id)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Body.Close() //nolint:errcheck // only read
	if n, err := io.Copy(io.Discard, c.Body); n >= int64(len(large)) || fault.CodeOf(err) != fault.Internal || !strings.Contains(fmt.Sprint(err), "TAMPERING") {
		t.Errorf("%d of %d bytes of a large one, %v", n, len(large), err)
	}
}

// What is known of a content is sealed with its event and stands in the audit; the verification names the row that differs.
func TestChangedRows(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	ana := w.person("ana", identity.Logistics)
	ids := []string{w.document(ana, here()), w.evidence(ana), w.evidence(ana), w.evidence(ana)}
	own := text(w.bring(ops.FileCall{Actor: ana, Kind: "DOCUMENT", Name: "t.txt", ContentType: "text/plain", PersonID: ana.PersonID.String(), Body: strings.NewReader("termo")})["document_id"])
	exec := func(statement string, args ...any) {
		t.Helper()
		if tag, err := w.owner.Exec(t.Context(), statement, args...); err != nil || tag.RowsAffected() != 1 {
			t.Fatalf("%s: %v, %v", statement, tag, err)
		}
	}
	if _, err := w.db.AssignPositions(t.Context()); err != nil {
		t.Fatal(err)
	}
	if out := w.must(w.boss, "sga_verify_ledger", object{}); out["sound"] != true {
		t.Fatalf("untouched: %v", out["findings"])
	}
	var told, audited, personal int
	if err := w.owner.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM sga.documents d JOIN sga.event_log l ON l.entity_id = d.document_id
			AND l.payload->>'sha256' = d.sha256 AND l.payload->>'object_key' = d.object_key AND (l.payload->>'size')::bigint = d.size),
		(SELECT count(*) FROM sga.documents d JOIN sga.audit_log a ON a.entity_id = d.document_id
			AND a.arguments->'content'->>'sha256' = d.sha256 AND a.arguments->'content'->>'object_key' = d.object_key),
		(SELECT count(*) FROM sga.documents d JOIN sga.event_log l ON l.entity_id = d.document_id AND l.payload ? 'sha256' WHERE d.document_id = $1)`,
		own).Scan(&told, &audited, &personal); err != nil || told != 4 || audited != 4 || personal != 0 {
		t.Errorf("%d told, %d audited, %d hashes of what is about persons, %v", told, audited, personal, err)
	}
	exec(`UPDATE sga.documents SET sha256 = repeat('a', 64) WHERE document_id = $1`, ids[0])
	exec(`UPDATE sga.documents SET size = size + 1 WHERE document_id = $1`, ids[1])
	exec(`UPDATE sga.documents SET object_key = 'evidence/other' WHERE document_id = $1`, ids[2])
	exec(`UPDATE sga.documents SET status = 'REFUSED' WHERE document_id = $1`, ids[3])
	found := fmt.Sprint(w.must(w.boss, "sga_verify_ledger", object{})["findings"])
	for i, what := range []string{"sha256", "size", "key", "status"} {
		if !strings.Contains(found, "Document "+ids[i]+" ("+what+") is not what its sealed event says.") {
			t.Errorf("%s of %s is not named: %s", what, ids[i], found)
		}
	}
}

// An approval by two is proved by two votes of others than the proposer, and by the sealed events.
func TestChangedVotes(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ change, want string }{
		"a vote is gone":       {`DELETE FROM sga.task_votes WHERE vote_id = (SELECT min(vote_id::text)::uuid FROM sga.task_votes)`, "was approved without the votes"},
		"a vote is void":       {`UPDATE sga.task_votes SET voided_at = now() WHERE vote_id = (SELECT min(vote_id::text)::uuid FROM sga.task_votes)`, "was approved without the votes"},
		"one was enough":       {`UPDATE sga.tasks SET approvals_needed = 1`, "is not what the sealed events say"},
		"the proposer voted":   {`UPDATE sga.task_votes v SET person_id = t.proposed_by FROM sga.tasks t WHERE vote_id = (SELECT min(vote_id::text)::uuid FROM sga.task_votes)`, "was approved without the votes"},
		"for something else":   {`UPDATE sga.task_votes SET fingerprint = 'x' WHERE vote_id = (SELECT min(vote_id::text)::uuid FROM sga.task_votes)`, "was approved without the votes"},
		"who decided is other": {`UPDATE sga.tasks SET decided_by = gen_random_uuid()`, "was approved without the votes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := openWorld(t).stocked()
			task := w.lost(1)
			for _, who := range []string{"ana", "bia"} {
				shown := w.must(w.person(who, identity.Admin), "sga_get_task", object{"task_id": task["task_id"]})
				w.must(w.person(who, identity.Admin), "sga_approve_task", object{"task_id": task["task_id"], "fingerprint": shown["fingerprint"]})
			}
			if _, err := w.db.AssignPositions(t.Context()); err != nil {
				t.Fatal(err)
			}
			if out := w.must(w.boss, "sga_verify_ledger", object{}); out["sound"] != true {
				t.Fatalf("untouched: %v", out["findings"])
			}
			if _, err := w.owner.Exec(t.Context(), tt.change); err != nil {
				t.Fatal(err)
			}
			if found := fmt.Sprint(w.must(w.boss, "sga_verify_ledger", object{})["findings"]); !strings.Contains(found, text(task["task_id"])+" "+tt.want) {
				t.Errorf("found %s", found)
			}
		})
	}
}
