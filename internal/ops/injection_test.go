package ops_test

import (
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/ops"
)

// hostileTexts mean something to a database, a pattern, a format or a terminal.
func hostileTexts() []string {
	return []string{`'; DROP TABLE sga.movements; --`, `" OR "1"="1`, `$1`, `$$x$$`, `%`, `_`, `%%%`, `\`, `\'`, `a\`, `{1,2}`, `{}`, `NULL`, `x'00'`, `E'\x00'`,
		`;`, `--`, `/*`, `%s%d%n`, `../../etc/passwd`, `${jndi:x}`, `<script>`, `=1+1`, "a\r\nb", "\x1b[31m", "\u202e", "ＳＰ－Ａ", "SP\u200b-A", "\u00a0", "İ", "ﬀ",
		strings.Repeat("'", 90), strings.Repeat("é", 50), "1; SELECT pg_sleep(9)", `(((`, `[`, `a|b&!`, `:*`, `<->`}
}

// S-09: such texts in every string of every operation are data. checkFault fails on anything that the
// database's parser or casts say; the 64 kB one is refused for its size.
func TestHostileTexts(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, w *world, op *ops.Operation, base object) {
		tables := w.tables()
		bia := w.person("bia", identity.Admin) // may decide on what the boss proposed
		for _, f := range fieldsOf(t, op) {
			if f.kind() != "string" {
				continue
			}
			texts := hostileTexts()
			if f.schema["enum"] != nil || f.schema["format"] != nil {
				texts = texts[:3]
			}
			for _, s := range texts {
				if _, err := w.ask(bia, op.Name, set(base, f.path, s)); fault.CodeOf(err) == fault.Unavailable {
					t.Errorf("%s = %q: %v", f.name(), s, err)
				}
			}
			w.refused(fault.InvalidArgument, w.boss, op.Name, set(base, f.path, strings.Repeat("'", 64<<10)))
		}
		if now := w.tables(); now != tables {
			t.Errorf("the schema changed: %s, %s", tables, now)
		}
	})
}

func (w *world) tables() string {
	w.t.Helper()
	var out string
	if err := w.owner.QueryRow(w.t.Context(), `SELECT count(*) || ' ' || sum(length(relname)) FROM pg_class`).Scan(&out); err != nil {
		w.t.Fatal(err)
	}
	return out
}

// What is stored is what was given, letter by letter.
func TestHostileTextsAreKeptAsGiven(t *testing.T) {
	t.Parallel()
	w := openWorld(t).stocked()
	for _, s := range hostileTexts() {
		args := adjustment(here(), "1")
		args["reason"] = s
		out := w.must(w.boss, "sga_create_movement", args)
		task := w.must(w.boss, "sga_get_task", object{"task_id": out["task_id"]})
		if got := get(task, []string{"steps", "[]", "move", "papers", "reason"}); got != s {
			t.Errorf("%q came back as %q", s, got)
		}
	}
}

// S-10: what orders, filters or continues a list is on a list itself.
func TestCursorsAreNotForged(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, w *world, op *ops.Operation, base object) {
		for _, f := range fieldsOf(t, op) {
			if f.last() != "cursor" {
				continue
			}
			for _, s := range append(hostileTexts(), "0", "1", "AAAA", "eyJhIjoxfQ", strings.Repeat("A", 1024), strings.Repeat("A", 1023)+"=") {
				if b := w.refused(fault.InvalidArgument, w.boss, op.Name, set(base, f.path, s)); b.Field != "cursor" {
					t.Errorf("cursor %.40q: the refusal names %q", s, b.Field)
				}
			}
		}
	})
}

// A cursor of one list, filter or caller continues no other.
func TestCursorsAreBound(t *testing.T) {
	t.Parallel()
	w := openWorld(t).stocked()
	for range 3 {
		w.task(here())
		w.task(nowhere())
	}
	page := object{"limit": 1}
	out := w.must(w.boss, "sga_get_pending_tasks", page)
	cursor := text(out["next_cursor"])
	next := w.must(w.boss, "sga_get_pending_tasks", object{"limit": 2, "cursor": cursor})
	if cursor == "" || len(next["items"].([]any)) != 2 {
		t.Fatalf("pages: %v, %v", out, next)
	}
	w.refused(fault.InvalidArgument, w.boss, "sga_get_pending_tasks", object{"cursor": cursor, "priority": "HIGH"})
	w.refused(fault.InvalidArgument, limited(w.boss), "sga_get_pending_tasks", object{"cursor": cursor})
	w.refused(fault.InvalidArgument, w.boss, "sga_get_pending_tasks", object{"cursor": cursor[:len(cursor)-1]})
	w.refused(fault.InvalidArgument, w.boss, "sga_get_movements", object{"cursor": cursor})
}
