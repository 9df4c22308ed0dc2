package ops_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
)

// someone is a person with a login of that name; the id comes back.
func (w *world) someone(login string, groups ...string) string {
	w.t.Helper()
	a := w.person(login)
	if err := w.db.SavePerson(w.t.Context(), &identity.PersonRecord{ID: a.PersonID, Name: "Nome de " + login, Active: true}); err != nil {
		w.t.Fatal(err)
	}
	if err := w.db.SaveLogin(w.t.Context(), &identity.Login{Subject: a.Subject, PersonID: a.PersonID, Username: login, PasswordHash: "x", Groups: groups}); err != nil {
		w.t.Fatal(err)
	}
	return a.PersonID.String()
}

func TestWhoIsErased(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	id := w.someone("joana.dark")
	out := w.must(w.boss, "sga_erase_person", object{"person": " Joana.Dark ", "reason": "pedido"})
	if out["person_id"] != id || out["already_erased"] != false || fmt.Sprint(out["logins"]) != "1" {
		t.Errorf("%v", out)
	}
	again := w.must(w.boss, "sga_erase_person", object{"person_id": id, "reason": "pedido"})
	if again["already_erased"] != true || again["erased_at"] != out["erased_at"] || fmt.Sprint(again["logins"]) != "0" {
		t.Errorf("a second time: %v", again)
	}
	own := w.someone("boss", "admin")
	for name, tc := range map[string]struct {
		args object
		want fault.Code
	}{
		"nobody":           {object{"reason": "pedido"}, fault.InvalidArgument},
		"two":              {object{"person": "a", "person_id": id, "reason": "pedido"}, fault.InvalidArgument},
		"no reason":        {object{"person_id": id, "reason": " "}, fault.InvalidArgument},
		"no id":            {object{"person_id": "x", "reason": "pedido"}, fault.InvalidArgument},
		"an unknown login": {object{"person": "joana.dark", "reason": "pedido"}, fault.NotFound},
		"an unknown id":    {object{"person_id": newID(), "reason": "pedido"}, fault.NotFound},
		"oneself":          {object{"person_id": own, "reason": "pedido"}, fault.Conflict},
	} {
		if _, err := w.ask(w.boss, "sga_erase_person", tc.args); fault.CodeOf(err) != tc.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	other := w.person("other-boss", identity.Admin)
	w.refused(fault.Conflict, other, "sga_erase_person", object{"person": "boss", "reason": "pedido"}) // the last admin who can sign in
	w.someone("third", "admin")
	w.must(other, "sga_erase_person", object{"person": "boss", "reason": "pedido"})
}

// What names a person does not get into the audit, which keeps it for good: neither of what was done nor of what was refused.
func TestAuditKeepsNoLogins(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	w.someone("joana.dark")
	w.must(w.boss, "sga_get_pending_tasks", object{"assignee_id": "joana.dark"})
	w.refused(fault.PermissionDenied, w.person("x", identity.Viewer), "sga_erase_person", object{"person": "joana.dark", "reason": "pedido"})
	w.must(w.boss, "sga_erase_person", object{"person": "joana.dark", "reason": "pedido"})
	var all string
	for rows := 0; rows < 3; { // reads and refusals are written a moment later
		if err := w.owner.QueryRow(t.Context(), `SELECT count(*), coalesce(string_agg(a::text, ' '), '') FROM sga.audit_log a`).Scan(&rows, &all); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(all, "joana") || strings.Count(all, "(login)") != 2 {
		t.Errorf("%s", all)
	}
}
