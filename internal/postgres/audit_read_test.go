package postgres

import (
	"fmt"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
)

// listed gives the numbers of all rows that a filter finds, page by page, newest first.
func (l *ledger) listed(f stock.AuditFilter, size int) (ids []int64, sealed int64) {
	l.t.Helper()
	for cursor := ""; ; {
		p, err := l.db.AuditRows(l.t.Context(), f, stock.Page{Limit: size, Cursor: cursor})
		if err != nil {
			l.t.Fatalf("%+v: %v", f, err)
		}
		for _, r := range p.Rows {
			ids = append(ids, r.ID)
		}
		if cursor, sealed = p.Next, p.Sealed; cursor == "" {
			return ids, sealed
		}
	}
}

func TestAuditIsListed(t *testing.T) {
	t.Parallel()
	n := openNotary(t)
	n.work(4)
	n.seal()
	n.exec(`INSERT INTO sga.clients (client_id, person_id, kind) VALUES ('robot', '00000000-0000-7000-8000-0000000000cc', 'service')`)
	entity := uuid.MustParse("00000000-0000-7000-8000-0000000000ee")
	n.exec(`INSERT INTO sga.audit_log (recorded_at, actor_id, actor_kind, subject, client_id, door, session, operation, result, entity_id)
		VALUES (now(), '00000000-0000-7000-8000-0000000000cc', 'service', 's', 'robot', 'mcp', 'S-1', 'sga_get_task', 'permission_denied', $1)`, entity)
	for name, tc := range map[string]struct {
		f    stock.AuditFilter
		want string
	}{
		"all":         {stock.AuditFilter{}, "[5 4 3 2 1]"},
		"a login":     {stock.AuditFilter{Actor: " Ana"}, "[4 3 2 1]"},
		"a person":    {stock.AuditFilter{Actor: "00000000-0000-7000-8000-0000000000aa"}, "[4 3 2 1]"},
		"a program":   {stock.AuditFilter{Actor: "robot"}, "[5]"},
		"an unknown":  {stock.AuditFilter{Actor: "00000000-0000-7000-8000-0000000000ff"}, "[]"},
		"a door":      {stock.AuditFilter{Door: "mcp"}, "[5]"},
		"a session":   {stock.AuditFilter{Session: "S-1"}, "[5]"},
		"a result":    {stock.AuditFilter{Result: "ok"}, "[4 3 2 1]"},
		"an entity":   {stock.AuditFilter{Entity: entity}, "[5]"},
		"operation":   {stock.AuditFilter{Operation: "sga_get_task", Actor: "ana"}, "[]"},
		"a long past": {stock.AuditFilter{To: day("2001-01-01")}, "[]"},
		"the future":  {stock.AuditFilter{From: day("2199-01-01")}, "[]"},
		"these days":  {stock.AuditFilter{From: stock.DateOf(time.Now()).AddDays(-1), To: stock.DateOf(time.Now()).AddDays(1)}, "[5 4 3 2 1]"},
	} {
		got, sealed := n.listed(tc.f, 2)
		if fmt.Sprint(got) != tc.want || sealed != 4 {
			t.Errorf("%s: %v, sealed up to %d, want %s", name, got, sealed, tc.want)
		}
	}
	for field, f := range map[string]stock.AuditFilter{"actor": {Actor: "nobody"}, "end_date": {From: day("2026-01-02"), To: day("2026-01-01")}} {
		if _, err := n.db.AuditRows(t.Context(), f, stock.Page{}); err == nil || fault.Of(err).Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := n.db.AuditRows(t.Context(), stock.AuditFilter{}, stock.Page{Cursor: "x"}); fault.CodeOf(err) != fault.InvalidArgument {
		t.Errorf("a cursor: %v", err)
	}
}

// Days are turned into numbers without losing a row: not one that was written late, not one of the first or last moment
// of a day in São Paulo. The answer is held against a plain look at every row.
func TestDaysOfTheAudit(t *testing.T) {
	t.Parallel()
	n := openNotary(t)
	n.exec(`INSERT INTO sga.audit_log (recorded_at, actor_kind, subject, client_id, door, session, operation, result)
		SELECT '2026-03-01T00:00:00-03:00'::timestamptz + (i / 10) * interval '1 hour' - CASE WHEN i % 7 = 0 THEN interval '20 hours' ELSE interval '0' END
			- CASE WHEN i % 240 = 0 THEN interval '1 microsecond' ELSE interval '0' END, 'person', 's', 'c', 'rest', '', 'x', 'ok' FROM generate_series(1, 2400) i`)
	// Blocks of 100 rows that were sealed a minute after the last row of theirs.
	n.exec(`INSERT INTO sga.seal_blocks SELECT 'audit', b, 1, b * 100 - 99, b * 100, 100, sha256('a'), sha256('b'), sha256('c'),
		(SELECT max(recorded_at) FROM sga.audit_log WHERE audit_id <= b * 100) + interval '1 minute', '' FROM generate_series(1, 24) b`)
	for _, days := range [][2]string{{"2026-03-01", "2026-03-01"}, {"2026-03-03", "2026-03-03"}, {"2026-03-05", "2026-03-07"}, {"", "2026-03-02"}, {"2026-03-09", ""},
		{"2026-02-28", "2026-02-28"}, {"2026-03-11", "2026-03-11"}, {"2026-03-12", ""}} {
		f := stock.AuditFilter{}
		if days[0] != "" {
			f.From = day(days[0])
		}
		if days[1] != "" {
			f.To = day(days[1])
		}
		got, _ := n.listed(f, 1000)
		var want []int64
		rows, err := n.owner.Query(t.Context(), `SELECT audit_id FROM sga.audit_log WHERE ($1 = '' OR (recorded_at AT TIME ZONE 'America/Sao_Paulo')::date >= nullif($1, '')::date)
			AND ($2 = '' OR (recorded_at AT TIME ZONE 'America/Sao_Paulo')::date <= nullif($2, '')::date) ORDER BY 1 DESC`, days[0], days[1])
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var id int64
			if err := rows.Scan(&id); err != nil {
				t.Fatal(err)
			}
			want = append(want, id)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%v: %d rows, want %d", days, len(got), len(want))
		}
	}
}
