package ops_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
)

// Who may not read invoices and values does not read them in proposals either.
func TestProposalsHideInvoicesAndValues(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	key := strings.Repeat("7", 44)
	moved := w.must(w.boss, "sga_create_movement", object{"movement_type": "AJUSTE_POSITIVO", "part_number": "TORRE", "quantity": 1,
		"destination_location_id": "SP-A", "project_id": "NTT", "nf_number": "NF-SECRETA", "nf_date": "2026-01-31", "nf_key": key})
	if got, want := w.must(w.boss, "sga_get_task", object{"task_id": moved["task_id"]})["summary"], "AJUSTE_POSITIVO 1 × TORRE → SP-A"; got != want {
		t.Errorf("the summary is %q, want %q", got, want)
	}
	part := w.must(w.person("log", identity.Logistics), "sga_create_part_number", object{"part_number": "CARO", "description": "Caro", "unit_cost": "98765.43"})
	tests := []struct {
		role identity.Role
		sees bool
	}{
		{identity.Admin, true}, {identity.Logistics, true}, {identity.Finance, true},
		{identity.Operations, false}, {identity.Technician, false}, {identity.Viewer, false},
	}
	for _, tc := range tests {
		a := w.person("reader", tc.role)
		shown := ""
		for _, answer := range []object{
			w.must(a, "sga_get_task", object{"task_id": moved["task_id"]}),
			w.must(a, "sga_get_task", object{"task_id": part["task_id"]}),
			w.must(a, "sga_get_pending_tasks", object{}),
		} {
			raw, err := json.Marshal(answer)
			if err != nil {
				t.Fatal(err)
			}
			shown += string(raw)
		}
		for _, secret := range []string{"60000", "NF-SECRETA", "2026-01-31", key, "98765.43"} {
			if got := strings.Contains(shown, secret); got != tc.sees {
				t.Errorf("%s: %s shown: %v", tc.role, secret, got)
			}
		}
	}
}

// A text that is no access key is not taken for one, since a key counts as evidence.
func TestMasterDataAndPapersAreWellFormed(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	entry := func(key string) object {
		return object{"movement_type": "ENTRADA", "part_number": "TORRE", "quantity": 1, "destination_location_id": "SP-A", "project_id": "NTT", "nf_key": key}
	}
	for _, key := range []string{"abc", strings.Repeat("1", 43), strings.Repeat("1", 43) + "é", strings.Repeat("1", 43) + " "} {
		if got := w.refused(fault.InvalidArgument, w.boss, "sga_create_movement", entry(key)).Field; got != "nf_key" {
			t.Errorf("%q: blames %q", key, got)
		}
	}
	w.must(w.boss, "sga_create_movement", entry("12ABC"+strings.Repeat("1", 39)))
	w.refused(fault.InvalidArgument, w.boss, "sga_create_part_number", object{"part_number": "A\nB", "description": "d"})
	w.refused(fault.InvalidArgument, w.boss, "sga_create_part_number", object{"part_number": "A-B", "description": "d\x1b[31m"})
	w.refused(fault.InvalidArgument, w.boss, "sga_create_part_number", object{"part_number": "A-B", "description": "d", "unit_of_measure": " "})
	w.refused(fault.InvalidArgument, w.boss, "sga_update_part_number", object{"part_number": "TORRE", "description": " "})
	w.refused(fault.InvalidArgument, w.boss, "sga_update_project", object{"project_code": "NTT", "project_name": ""})
	w.refused(fault.InvalidArgument, w.boss, "sga_update_location", object{"location_code": "SP-A", "location_name": "a\tb"})
	w.refused(fault.Conflict, w.boss, "sga_update_project", object{"project_code": "geral", "is_active": false})
	w.must(w.boss, "sga_update_project", object{"project_code": "GERAL", "project_name": "Sem projeto", "is_active": true})
}
