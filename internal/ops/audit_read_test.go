package ops_test

import (
	"testing"

	"github.com/faiston/nexo/internal/fault"
)

// The auditor sees calls that were allowed and calls that were refused, with who made them.
func TestTheAuditorSeesEveryCall(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	w.put("ISR4331", "1", here())
	out := w.must(w.boss, "sga_list_audit", object{"operation": "sga_create_movement", "limit": 1})
	items := out["items"].([]any)
	if len(items) != 1 {
		t.Fatalf("%v", out)
	}
	row := items[0].(object)
	if row["operation"] != "sga_create_movement" || row["result"] != "ok" || row["sealed"] != false || text(row["change"]) == "" || text(row["arguments"]) == "" || row["sequence"] == nil {
		t.Errorf("%v", row)
	}
	mine := w.must(w.boss, "sga_list_audit", object{"entity_id": row["entity_id"]})["items"].([]any)
	if len(mine) == 0 {
		t.Errorf("nothing of %v", row["entity_id"])
	}
	w.refused(fault.NotFound, w.boss, "sga_list_audit", object{"actor": "nobody at all"})
	w.refused(fault.InvalidArgument, w.boss, "sga_list_audit", object{"start_date": "2026-02-02", "end_date": "2026-02-01"})
	w.refused(fault.InvalidArgument, w.boss, "sga_list_audit", object{"cursor": "x"})
}
