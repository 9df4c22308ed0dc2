package postgres

import (
	"fmt"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// openCount starts a count of SP-A.
func (c *counter) openCount(kind, project string) uuid.UUID {
	c.t.Helper()
	id := c.db.newID()
	c.must(approval.Step{CountOpen: &approval.CountOpen{ID: id, Name: "Contagem", Type: kind, Location: "SP-A", Project: project, Blind: true}})
	return id
}

func counted(part, qty string, serials ...string) approval.CountResult {
	return approval.CountResult{ID: uuid.Must(uuid.NewV7()), PartNumber: part, Condition: stock.New, Quantity: dec(qty), Serials: serials}
}

func submitted(id uuid.UUID, results ...approval.CountResult) approval.Step {
	return approval.Step{CountSubmit: &approval.CountSubmit{CountID: id, Results: results}}
}

func closed(id uuid.UUID, cancel bool) approval.Step {
	return approval.Step{CountClose: &approval.CountClose{CountID: id, Cancel: cancel}}
}

// divergences writes those of a count as "PART expected→actual -missing +unexpected proposed".
func (c *counter) divergences(id uuid.UUID) []string {
	c.t.Helper()
	rows, err := c.owner.Query(c.t.Context(), `SELECT format('%s %s→%s -%s +%s %s', part_number, trim_scale(expected_quantity), trim_scale(actual_quantity),
		array_to_string(serials_missing, ','), array_to_string(serials_unexpected, ','), task_id IS NOT NULL)
		FROM sga.divergences JOIN sga.part_numbers USING (part_number_key) WHERE count_id = $1 ORDER BY 1`, id)
	if err != nil {
		c.t.Fatal(err)
	}
	defer rows.Close()
	out := []string{}
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			c.t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}

// A count opens a divergence for each difference of its last round, and proposes one task that makes the
// ledger agree. What nobody looked at is no divergence.
func TestDeskCount(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "10", "ISR4331", "", "SP-A"), mv(stock.Entrada, "7.5", "CABO-UTP", "", "SP-A"), mv(stock.Entrada, "4", "SFP-10G", "", "SP-A"),
		mv(stock.Entrada, "3", "AP-3802", "", "SP-A", "A1", "A2", "A3"))
	id := c.openCount("FULL", "")
	c.must(submitted(id, counted("ISR4331", "3"), counted("CABO-UTP", "9.25"), counted("AP-3802", "2", "a1", "A 3")))
	c.must(submitted(id, counted("ISR4331", "8"))) // a recount: the last round counts
	before := c.written()
	o := c.must(closed(id, false))
	if o.Status != approval.StatusPosted || o.Task == nil || len(o.Task.Steps) != 3 || o.Task.Type != approval.ApprovalAdjustment || o.Task.Reference != id {
		t.Fatalf("closed: %+v, task %+v", o, o.Task)
	}
	want := []string{"AP-3802 3→2 -A2 + t", "ISR4331 10→8 - + t", "cabo-utp 7.5→9.25 - + t"}
	if diff := cmp.Diff(want, c.divergences(id)); diff != "" {
		t.Error(diff)
	}
	c.balance(keyRouter, keySPA, "10/0") // nothing moves before somebody has decided
	if c.written() == before {
		t.Error("the proposal is not stored")
	}
	task, err := c.db.Task(t.Context(), o.Task.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.db.Approve(t.Context(), &approval.Decision{Actor: c.ana, TaskID: task.ID, Fingerprint: task.Fingerprint, Operation: "sga_approve_task", Render: render}); fault.CodeOf(err) != fault.PermissionDenied {
		t.Errorf("who closed the count approved it: %v", err)
	}
	done, err := c.db.Approve(t.Context(), &approval.Decision{Actor: c.bia, TaskID: task.ID, Fingerprint: task.Fingerprint, Operation: "sga_approve_task", Render: render})
	if err != nil || len(done.Posted) != 3 {
		t.Fatalf("approved: %+v, %v", done, err)
	}
	c.balance(keyRouter, keySPA, "8/0")
	c.balance(keyCable, keySPA, "9.25/0")
	c.balance(partSerial, keySPA, "2/0")
	c.balance(keyIdle, keySPA, "4/0")
	if got := c.assetStatus("A2"); got != "MISSING" {
		t.Errorf("the missing item is %s", got)
	}
	var n int
	if err := c.owner.QueryRow(t.Context(), `SELECT count(*) FROM sga.movements WHERE count_id = $1 AND reason_code = 'DIVERGENCIA_INVENTARIO' AND approved_by IS NOT NULL`,
		id).Scan(&n); err != nil || n != 3 {
		t.Errorf("%d movements name the count: %v", n, err)
	}
	for _, step := range []approval.Step{closed(id, false), closed(id, true), submitted(id, counted("ISR4331", "1"))} {
		if f := c.refused(fault.Conflict, step); f.Field != "count_id" || f.Retryable {
			t.Errorf("after its end: %+v", f)
		}
	}
}

// What a person has to find out is left to a person: items that should not be there, and goods that are
// missing and promised.
func TestDeskCountLeavesRiddles(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "5", "ISR4331", "", "SP-A"), mv(stock.Entrada, "1", "AP-3802", "", "SP-A", "A1"), mv(stock.Entrada, "1", "AP-3802", "", "RJ", "B1"),
		mv(stock.Entrada, "6", "SFP-10G", "", "SP-A"))
	c.must(reserve("4", "ISR4331", "SP-A", time.Now().Add(time.Hour)))
	id := c.openCount("SPOT", "")
	c.must(submitted(id, counted("ISR4331", "2"), counted("AP-3802", "1", "B1"), counted("SFP-10G", "5")))
	o := c.must(closed(id, false))
	want := []string{"AP-3802 1→1 -A1 +B1 f", "ISR4331 5→2 - + f", "SFP-10G 6→5 - + t"}
	if diff := cmp.Diff(want, c.divergences(id)); diff != "" || o.Task == nil || len(o.Task.Steps) != 1 {
		t.Errorf("%s\ntask %+v", diff, o.Task)
	}
	same := c.openCount("CYCLIC", "")
	c.must(submitted(same, counted("SFP-10G", "6"), counted("AP-3802", "1", "A1")))
	if o := c.must(closed(same, false)); o.Task != nil || len(c.divergences(same)) != 0 {
		t.Errorf("a count that agrees: %+v, %v", o.Task, c.divergences(same))
	}
	none := c.openCount("FULL", "")
	c.must(submitted(none, counted("ISR4331", "0")))
	if o := c.must(closed(none, true)); o.Task != nil || len(c.divergences(none)) != 0 {
		t.Errorf("a cancelled count: %+v", o)
	}
}

func TestDeskCountRefusals(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	id, ours := c.openCount("SPOT", ""), c.openCount("SPOT", "NTT")
	other := counted("ISR4331", "1")
	other.Project = "ITAÚ"
	none := counted("ISR4331", "1")
	tests := []struct {
		step  approval.Step
		code  fault.Code
		field string
	}{
		{submitted(uuid.Must(uuid.NewV7()), none), fault.NotFound, "count_id"},
		{closed(uuid.Must(uuid.NewV7()), false), fault.NotFound, "count_id"},
		{submitted(id, counted("NADA", "1")), fault.NotFound, "results[0].part_number"},
		{submitted(id, counted("ISR4331", "1.5")), fault.InvalidArgument, "results[0].counted_quantity"},
		{submitted(id, counted("CABO-UTP", "1.0000001")), fault.InvalidArgument, "results[0].counted_quantity"},
		{submitted(id, none, counted("AP-3802", "2", "A1")), fault.InvalidArgument, "results[1].serial_numbers"},
		{submitted(id, counted("AP-3802", "2", "A1", "a 1")), fault.InvalidArgument, "results[0].serial_numbers"},
		{submitted(id, counted("ISR4331", "1", "A1")), fault.InvalidArgument, "results[0].serial_numbers"},
		{submitted(ours, other), fault.InvalidArgument, "results[0].project_id"},
		{submitted(ours, none), fault.InvalidArgument, "results[0].project_id"},
		{approval.Step{CountOpen: &approval.CountOpen{ID: c.db.newID(), Name: "x", Type: "SPOT", Location: "NADA"}}, fault.NotFound, "location_id"},
		{approval.Step{CountOpen: &approval.CountOpen{ID: c.db.newID(), Name: "x", Type: "SPOT", Location: "SP", Project: "NADA"}}, fault.NotFound, "project_id"},
	}
	before := c.written()
	for i, tc := range tests {
		if f := c.refused(tc.code, tc.step); f.Field != tc.field {
			t.Errorf("%d: the refusal names %q, want %q", i, f.Field, tc.field)
		}
	}
	if now := c.written(); now != before {
		t.Errorf("refusals wrote: %s, %s", before, now)
	}
	r := c.request(submitted(id, none))
	r.Key = "same"
	for range 2 {
		if _, err := c.db.Submit(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	var rounds string
	if err := c.owner.QueryRow(t.Context(), `SELECT string_agg(round::text, ',') FROM sga.count_results WHERE count_id = $1`, id).Scan(&rounds); err != nil || rounds != "1" {
		t.Errorf("rounds %s, %v", rounds, err)
	}
}

// A count closed with the goods moving under it shows what was there under lock.
func TestDeskCountComparesUnderLock(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "10", "ISR4331", "", "SP-A"))
	id := c.openCount("SPOT", "")
	c.must(submitted(id, counted("ISR4331", "10")))
	c.must(mv(stock.Saida, "1", "ISR4331", "SP-A", ""))
	o := c.must(closed(id, false))
	if got := fmt.Sprint(c.divergences(id)); got != "[ISR4331 9→10 - + t]" {
		t.Errorf("got %s", got)
	}
	c.must(mv(stock.Saida, "1", "ISR4331", "SP-A", ""))
	_, err := c.db.Approve(t.Context(), &approval.Decision{Actor: c.bia, TaskID: o.Task.ID, Fingerprint: o.Task.Fingerprint, Operation: "sga_approve_task", Render: render})
	if fault.CodeOf(err) != fault.Conflict {
		t.Errorf("the counted figure has changed: %v", err)
	}
}
