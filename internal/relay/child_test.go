package relay_test

import (
	"testing"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/relay"
	"github.com/faiston/nexo/internal/stock"
)

// Comments and attachments are found by their task, and end when it does.
func TestTaskChildren(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	task := w.must(mv(stock.AjustePositivo, "1", "ISR4331", "", "RJ")).Task
	w.comment(task, "falta a foto")
	document := newID()
	w.exec(`INSERT INTO sga.documents (document_id, kind, file_name, declared_type, content_type, size, sha256, bucket, object_key, status, created_by, created_at, inspected_at)
		VALUES ($1, 'PHOTO', 'Maria da Silva.jpg', 'image/jpeg', 'image/jpeg', 10, repeat('a', 64), 'b', 'k', 'AVAILABLE', $2, now(), now())`, document, w.ana.PersonID)
	w.exec(`INSERT INTO sga.document_links VALUES ($1, 'TASK', $2, $3, now())`, document, task.ID, w.ana.PersonID)
	w.exec(`INSERT INTO sga.outbox VALUES (nextval('sga.event_sequence'), 'document_changed', $1, now(), NULL)`, document)
	subs := w.consumers()
	w.drain(subs)
	children := func() []string {
		t.Helper()
		p, err := w.tables.TaskChildren(t.Context(), task.ID.String(), relay.View{})
		if err != nil || len(p.Items) != 2 {
			t.Fatalf("%d children, %v", len(p.Items), err)
		}
		ends := []string{}
		for i := range p.Items {
			if member(t, &p.Items[i], "parent") != task.ID.String() {
				t.Errorf("child of %s", member(t, &p.Items[i], "parent"))
			}
			if !p.Items[i].ExpiresAt.IsZero() {
				ends = append(ends, p.Items[i].Partition)
			}
		}
		return ends
	}
	if ends := children(); len(ends) != 0 {
		t.Errorf("children of an open task end: %v", ends)
	}
	p, err := w.tables.TaskChildren(t.Context(), task.ID.String(), relay.View{Kind: "COMMENT"})
	if err != nil || members(t, p, "text") != "falta a foto" {
		t.Errorf("comments: %v, %v", p.Items, err)
	}
	if n := one[int](w, `SELECT count(*) FROM keyed.items WHERE table_id = 'inventory' AND pk = 'DOC#' || $1::text AND body->'links'->>0 = 'TASK#' || $2::text
		AND body::text NOT LIKE '%Maria%'`, document, task.ID); n != 1 {
		t.Error("the document is not in the event table, or under its name")
	}
	if _, err := w.db.Reject(t.Context(), &approval.Decision{Actor: w.bia, Door: "test", Operation: "sga_reject_task", TaskID: task.ID, Comment: "não", Render: render}); err != nil {
		t.Fatal(err)
	}
	w.drain(subs)
	if ends := children(); len(ends) != 2 {
		t.Errorf("children of a task that has ended: %v end", ends)
	}
}

func (w *world) comment(task *approval.Task, text string) {
	w.t.Helper()
	if _, err := w.db.ChangeTask(w.t.Context(), &approval.TaskChange{Kind: approval.ChangeComment, CommentID: newID(), Decision: approval.Decision{Actor: w.bia, Door: "test",
		Operation: "sga_comment_task", TaskID: task.ID, Comment: text, Render: render}}); err != nil {
		w.t.Fatal(err)
	}
}

func TestFamilies(t *testing.T) {
	t.Parallel()
	for operation, want := range map[string]string{"sga_create_movement": "MOVEMENT", "sga_approve_task": "TASK", "sga_search_assets": "ASSET",
		"sga_expire_reservation": "MOVEMENT", "sga_retry_dead_letter": "SYSTEM", "sga_get_balance": "MOVEMENT"} {
		if got := relay.FamilyOf(operation); got != want {
			t.Errorf("%s is of %s, want %s", operation, got, want)
		}
	}
}
