package postgres

import (
	"fmt"
	"sync"
	"testing"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
)

func ptr[T any](v T) *T { return &v }

func newProject(code string) approval.Step {
	return approval.Step{Project: &approval.ProjectEdit{Create: true, ID: uuid.Must(uuid.NewV7()), Code: code, Name: ptr("Projeto " + code)}}
}

func newPlace(code, parent string) approval.Step {
	e := &approval.LocationEdit{Create: true, ID: uuid.Must(uuid.NewV7()), Code: code, Name: ptr("Local " + code), Type: stock.Bin}
	if parent != "" {
		e.Parent = &parent
	}
	return approval.Step{Location: e}
}

func newPart(number string) approval.Step {
	return approval.Step{Part: &approval.PartEdit{Create: true, ID: uuid.Must(uuid.NewV7()), Number: number, Description: ptr("Peça " + number)}}
}

// What an admin writes is in the catalogue of the next call, with a version of its own and its event.
func TestDeskEditsMasterData(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	version := c.db.catalog.Load().version
	project := newProject("Renner")
	project.Project.Client, project.Project.StartsOn = ptr("Renner S.A."), ptr(day("2026-01-01"))
	o := c.must(project)
	if o.Posted[0].EntityID != project.Project.ID {
		t.Errorf("the answer names %v", o.Posted)
	}
	c.must(newPlace("SP-C", "sp"))
	part := newPart(" Switch 9200 ")
	part.Part.Fractional, part.Part.UnitCost, part.Part.NCM, part.Part.SupplierCodes = true, ptr(dec("12.5")), ptr("85176277"), []string{"CIS-1"}
	c.must(part)
	cat := c.db.catalog.Load()
	if cat.version != version+3 {
		t.Errorf("version %d after three edits of %d", cat.version, version)
	}
	p, _ := cat.Project("RENNER")
	l, _ := cat.Location("SP-C")
	n, _ := cat.Part("SWITCH 9200")
	if p == nil || l == nil || n == nil {
		t.Fatal("not in the catalogue")
	}
	if p.Client != "Renner S.A." || p.StartsOn != day("2026-01-01") || l.Parent != keySP || n.Number != "Switch 9200" || n.UnitCost.String() != "12.5000" && n.UnitCost.String() != "12.5" {
		t.Errorf("kept as %+v, %+v, %+v", p, l, n)
	}
	c.must(approval.Step{Project: &approval.ProjectEdit{Code: "renner", Active: ptr(false)}})
	c.must(approval.Step{Part: &approval.PartEdit{Number: "switch 9200", Category: ptr("SWITCH")}})
	c.must(approval.Step{Location: &approval.LocationEdit{Code: "SP-C", Policies: &stock.Policies{Conditions: []stock.Condition{stock.Defective}}}})
	cat = c.db.catalog.Load()
	p, _ = cat.Project("RENNER")
	n, _ = cat.Part("SWITCH 9200")
	if p.Active || p.Client != "Renner S.A." || n.Category != "SWITCH" || n.NCM != "85176277" || !n.Fractional {
		t.Errorf("an edit changes what it names and nothing else: %+v, %+v", p, n)
	}
	c.refused(fault.InvalidArgument, mv(stock.Entrada, "1", "ISR4331", "", "SP-C")) // only what is defective may enter
	var kinds string
	if err := c.owner.QueryRow(t.Context(), `SELECT string_agg(kind, ',' ORDER BY sequence) FROM (SELECT sequence, kind FROM sga.outbox UNION ALL
		SELECT sequence, kind FROM sga.event_log) e`).Scan(&kinds); err != nil || kinds != "project,location,part_number,project,part_number,location" {
		t.Errorf("events: %s, %v", kinds, err)
	}
}

func TestDeskRefusesBadMasterData(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	late := newProject("TARDE")
	late.Project.StartsOn, late.Project.EndsOn = ptr(day("2026-02-01")), ptr(day("2026-01-01"))
	both := newPart("AMBOS")
	both.Part.Serialized, both.Part.Fractional = true, true
	ncm := newPart("NCM")
	ncm.Part.NCM = ptr("123")
	huge := newPart("CARA")
	huge.Part.UnitCost = ptr(dec("9007199254740993"))
	place := func(code string, e approval.LocationEdit) approval.Step {
		e.Code = code
		return approval.Step{Location: &e}
	}
	tests := []struct {
		name  string
		step  approval.Step
		code  fault.Code
		field string
	}{
		{"project there", newProject("ntt"), fault.AlreadyExists, "project_code"},
		{"project there under another spelling", newProject("ITAU"), fault.AlreadyExists, "project_code"},
		{"place there", newPlace("rj", ""), fault.AlreadyExists, "location_code"},
		{"part there", newPart("isr4331"), fault.AlreadyExists, "part_number"},
		{"no such project", approval.Step{Project: &approval.ProjectEdit{Code: "NADA"}}, fault.NotFound, "project_code"},
		{"no such place", place("NADA", approval.LocationEdit{}), fault.NotFound, "location_code"},
		{"no such part", approval.Step{Part: &approval.PartEdit{Number: "NADA"}}, fault.NotFound, "part_number"},
		{"no such parent", newPlace("SP-Z", "NADA"), fault.NotFound, "parent_location_id"},
		{"its own parent", place("SP", approval.LocationEdit{Parent: ptr("SP")}), fault.InvalidArgument, "parent_location_id"},
		{"a circle", place("SP", approval.LocationEdit{Parent: ptr("SP-A")}), fault.InvalidArgument, "parent_location_id"},
		{"the outside", place("EXTERNO", approval.LocationEdit{Name: ptr("x")}), fault.Conflict, "location_code"},
		{"the road", place("TRANSITO", approval.LocationEdit{Active: ptr(false)}), fault.Conflict, "location_code"},
		{"ends before it starts", late, fault.InvalidArgument, ""},
		{"serial and fractional", both, fault.InvalidArgument, ""},
		{"NCM of three digits", ncm, fault.InvalidArgument, ""},
		{"more than the column holds", huge, fault.InvalidArgument, ""},
		{"maximum below minimum", approval.Step{Part: &approval.PartEdit{Number: "ISR4331", Maximum: ptr(dec("1"))}}, fault.InvalidArgument, ""},
		{"asset of no part", approval.Step{Asset: &approval.AssetEdit{PartNumber: "NADA", Serial: "X"}}, fault.NotFound, "part_number"},
		{"no such asset", approval.Step{Asset: &approval.AssetEdit{PartNumber: "AP-3802", Serial: "X"}}, fault.NotFound, ""},
	}
	before := c.written()
	for _, tc := range tests {
		if f := c.refused(tc.code, tc.step); f.Field != tc.field {
			t.Errorf("%s: the refusal names %q, want %q", tc.name, f.Field, tc.field)
		}
	}
	if now := c.written(); now != before {
		t.Errorf("refusals wrote: %s, %s", before, now)
	}
}

// Fifty people create the same project: one succeeds, the others are told.
func TestDeskCreatesOnce(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	var wait sync.WaitGroup
	codes := make([]fault.Code, 20)
	for i := range codes {
		wait.Go(func() {
			_, err := c.submit(newProject("UNICO"))
			codes[i] = fault.CodeOf(err)
		})
	}
	wait.Wait()
	made := 0
	for _, code := range codes {
		if code == "" {
			made++
		} else if code != fault.AlreadyExists {
			t.Errorf("a loser is told %s", code)
		}
	}
	if made != 1 {
		t.Errorf("made %d times", made)
	}
}

// Proposed master data is made by approving, and is refused when somebody made it meanwhile.
func TestDeskApprovesMasterData(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	logistics := *c.ana
	logistics.Roles = []identity.Role{identity.Logistics}
	propose := func(step approval.Step) *approval.Task {
		r := c.request(step)
		r.Actor = &logistics
		o, err := c.db.Submit(t.Context(), r)
		if err != nil || o.Task == nil {
			t.Fatalf("proposed: %+v, %v", o, err)
		}
		return o.Task
	}
	approve := func(task *approval.Task) (*approval.Outcome, error) {
		return c.db.Approve(t.Context(), &approval.Decision{Actor: c.bia, TaskID: task.ID, Fingerprint: task.Fingerprint, Operation: "sga_approve_task", Render: render})
	}
	project, taken := propose(newProject("A-1")), propose(newProject("A-2"))
	c.must(newProject("A-2"))
	if o, err := approve(project); err != nil || o.Posted[0].EntityID != project.Steps[0].Project.ID {
		t.Errorf("approved: %+v, %v", o, err)
	}
	if _, ok := c.db.Catalog().Project("A-1"); !ok {
		t.Error("not in the catalogue")
	}
	before := c.written()
	if _, err := approve(taken); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("made twice: %v", err)
	}
	if task, err := c.db.Task(t.Context(), taken.ID); err != nil || task.Status != approval.Pending || c.written() != before {
		t.Errorf("the refused approval left %+v, %v", task, err)
	}
}

// The facts of an asset are edited, its place and state are not; a change of state is an event without a movement.
func TestDeskAssetFactsAndStates(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	in := mv(stock.Entrada, "1", "AP-3802", "", "SP-A", "A1")
	in.Move.Asset = &stock.AssetFacts{Ownership: stock.ThirdParty, AcquisitionCost: ptr(dec("3999.90")), Tag: ptr("P-77"), WarrantyEnd: ptr(day("2028-01-01"))}
	c.must(in)
	c.must(approval.Step{Asset: &approval.AssetEdit{PartNumber: "ap-3802", Serial: "a 1", AssetFacts: stock.AssetFacts{CurrentValue: ptr(dec("100"))}}})
	var facts string
	if err := c.owner.QueryRow(t.Context(), `SELECT concat_ws(' ', ownership, trim_scale(acquisition_cost), trim_scale(current_value), tag, warranty_end_date, status)
		FROM sga.assets WHERE serial_key = 'A1'`).Scan(&facts); err != nil || facts != "THIRD_PARTY 3999.9 100 P-77 2028-01-01 IN_STOCK" {
		t.Errorf("kept %s, %v", facts, err)
	}
	state := func(to stock.AssetStatus) approval.Step {
		return approval.Step{StateChange: &approval.AssetChange{PartNumber: "AP-3802", Serial: "a1", To: to, Reason: "teste"}}
	}
	for _, to := range []stock.AssetStatus{stock.InStaging, stock.InStock, stock.UnderMaintenance, stock.Quarantine, stock.InStock, stock.Bad} {
		o := c.must(state(to))
		if got := c.assetStatus("A1"); got != string(to) || len(o.Posted[0].Assets) != 1 || o.Posted[0].Movement != nil {
			t.Errorf("to %s: %s, %+v", to, got, o.Posted)
		}
	}
	for _, to := range []stock.AssetStatus{stock.InStock, stock.InUse, stock.Reserved, stock.Bad, stock.Disposal, stock.Missing} {
		if f := c.refused(fault.Conflict, state(to)); f.Field != "status" || f.Retryable {
			t.Errorf("BAD to %s: %+v", to, f)
		}
	}
	c.refused(fault.NotFound, approval.Step{StateChange: &approval.AssetChange{PartNumber: "AP-3802", Serial: "Z", To: stock.Bad}})
	var versions string
	if err := c.owner.QueryRow(t.Context(), `SELECT string_agg(e.version || ':' || e.to_status, ' ' ORDER BY e.version) FROM sga.asset_events e
		JOIN sga.assets USING (asset_key) WHERE serial_key = 'A1'`).Scan(&versions); err != nil {
		t.Fatal(err)
	}
	if want := "1:IN_STOCK 2:IN_STAGING 3:IN_STOCK 4:UNDER_MAINTENANCE 5:QUARANTINE 6:IN_STOCK 7:BAD"; versions != want {
		t.Errorf("the timeline is %s, want %s", versions, want)
	}
	if got := fmt.Sprint(c.assetStatus("A1")); got != "BAD" {
		t.Errorf("status %s", got)
	}
}
