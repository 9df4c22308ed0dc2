package ops_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/ops"
)

// I6 for every write: the same key gives the first answer and one effect, another body is refused before
// anything is written, and rights are looked at again.
func TestRepeatedWrites(t *testing.T) {
	t.Parallel()
	table := policy()
	eachOperation(t, func(t *testing.T, w *world, op *ops.Operation, base object) {
		fields := fieldsOf(t, op)
		keyed := slices.ContainsFunc(fields, func(f field) bool { return f.name() == "idempotency_key" })
		if op.Risk == ops.Read {
			if keyed {
				t.Errorf("%s reads and takes a key", op.Name)
			}
			return
		}
		if !keyed {
			t.Logf("%s takes no key", op.Name)
			return
		}
		bia := w.person("bia", identity.Admin)
		base["idempotency_key"] = "key-of-" + op.Name
		first := w.must(bia, op.Name, base)
		before := w.rows()
		again := w.must(bia, op.Name, base)
		if string(marshal(t, again)) != string(marshal(t, first)) || w.rows() != before {
			t.Errorf("the repetition answers %s\nfirst: %s", marshal(t, again), marshal(t, first))
		}
		if b := w.refused(fault.IdempotencyMismatch, bia, op.Name, another(t, base, fields)); b.Field != "idempotency_key" {
			t.Errorf("the mismatch names %q", b.Field)
		}
		if w.rows() != before {
			t.Errorf("the mismatch wrote")
		}
		w.checkRightsOfRepetition(op, table[op.Name], base)
	})
}

// checkRightsOfRepetition takes away what allowed the first call.
func (w *world) checkRightsOfRepetition(op *ops.Operation, row rule, base object) {
	w.t.Helper()
	if row.may != everybody {
		demoted := w.person("bia", identity.Viewer)
		w.refused(fault.PermissionDenied, demoted, op.Name, base)
	}
	if row.sight == "" {
		return
	}
	moved := w.person("bia", identity.Admin)
	moved.Projects, moved.Locations = identity.Only("ITAU"), identity.Only("RJ")
	w.refused(fault.NotFound, moved, op.Name, base)
}

// another is the same arguments with one difference that does not make them wrong.
func another(t *testing.T, base object, fields []field) object {
	t.Helper()
	for _, f := range fields {
		if slices.Contains([]string{"reason", "comment", "tag", "city", "client_name", "manufacturer", "count_name", "notes", "nf_number", "cancel"}, f.last()) {
			v := any("outro")
			if f.kind() == "boolean" {
				v = true
			}
			return set(base, f.path, v).(object)
		}
	}
	t.Fatal("no argument to change: name one")
	return nil
}

// I7 and I11: every effect, refusal and read has its audit row, and every movement says who, by which
// operation, under which rule and approval.
func TestEverythingIsAudited(t *testing.T) {
	t.Parallel()
	w := openWorld(t).stocked()
	bia, nobody := kinds(w.person("bia", identity.Admin))[0], w.person("nobody", "root")
	want := map[string]bool{}
	for name, row := range policy() {
		if _, err := w.reg.Lookup(name); err != nil {
			continue
		}
		out := w.must(bia, name, row.args(w, bia, here()))
		result := "ok"
		if out["status"] == "pending_approval" {
			result = "pending_approval"
		}
		if strings.HasPrefix(name, "sga_reject_task") {
			result = "rejected"
		}
		w.refused(fault.PermissionDenied, nobody, name, object{})
		want[name+" "+result], want[name+" permission_denied"] = true, true
	}
	w.must(bia, "sga_create_movements", object{"atomic": false, "movements": []any{object{"movement_type": "SAIDA", "part_number": "NADA", "quantity": 1,
		"source_location_id": "SP-A"}}})
	want["sga_create_movements not_found"] = true
	again := policy()["sga_create_movement"].args(w, bia, here())
	again["idempotency_key"] = "once"
	w.must(bia, "sga_create_movement", again)
	w.must(bia, "sga_create_movement", again)
	want["sga_create_movement replay"] = true
	w.audited(want)
	var bad int
	if err := w.owner.QueryRow(t.Context(), `SELECT count(*) FROM sga.movements m WHERE operation = '' OR rule = ''
		OR (movement_type IN ('AJUSTE_POSITIVO', 'AJUSTE_NEGATIVO')) <> (approved_by IS NOT NULL) OR approved_by = actor_id
		OR NOT EXISTS (SELECT FROM sga.audit_log a WHERE a.actor_id IN (m.actor_id, m.approved_by) AND a.sequence <= m.sequence AND a.result = 'ok')`).Scan(&bad); err != nil || bad > 0 {
		t.Errorf("%d movements do not say who and why: %v", bad, err)
	}
	var lines int
	if err := w.owner.QueryRow(t.Context(), `SELECT count(*) FROM sga.audit_log WHERE subject NOT IN ('sub-bia', 'sub-boss', 'sub-nobody') OR door <> 'test'
		OR client_id = '' OR session = '' OR actor_id IS NULL OR (result = 'ok' AND sequence IS NULL AND operation = 'sga_create_movement')`).Scan(&lines); err != nil || lines > 0 {
		t.Errorf("%d audit rows do not say who: %v", lines, err)
	}
}

// audited waits for rows of the audit: reads and refusals come within a second.
func (w *world) audited(want map[string]bool) {
	w.t.Helper()
	var missing []string
	for began := time.Now(); time.Since(began) < 10*time.Second; {
		rows, err := w.owner.Query(w.t.Context(), `SELECT DISTINCT operation || ' ' || result FROM sga.audit_log`)
		if err != nil {
			w.t.Fatal(err)
		}
		have := map[string]bool{}
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				w.t.Fatal(err)
			}
			have[line] = true
		}
		missing = nil
		for line := range want {
			if !have[line] {
				missing = append(missing, line)
			}
		}
		if missing == nil {
			return
		}
	}
	w.t.Errorf("not audited: %s", strings.Join(missing, ", "))
}
