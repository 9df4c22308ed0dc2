package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/faiston/nexo/internal/config"
	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/item"
	"github.com/faiston/nexo/internal/oidc"
	"github.com/faiston/nexo/internal/ops"
	"github.com/faiston/nexo/internal/seal"
)

// words are what names or tells of the person of these tests.
func words() []string { return []string{"joana", "darkwood", "clavícula"} }

// joana is a person with everything that a person leaves behind; the id of the document about her comes back, too.
func (w *world) joana() (*identity.Actor, uuid.UUID) {
	w.t.Helper()
	ctx, a := w.t.Context(), w.act("joana.d", "logistics")
	if err := w.DB.SavePerson(ctx, &identity.PersonRecord{ID: a.PersonID, Name: "Joana Darkwood", Active: true, Projects: a.Projects, Locations: a.Locations}); err != nil {
		w.t.Fatal(err)
	}
	for _, c := range []struct{ name, args string }{
		{"sga_create_movement", `{"movement_type":"ENTRADA","part_number":"ABC-1","quantity":2,"destination_location_id":"SP"}`},
		{"sga_create_movement", `{"movement_type":"AJUSTE_NEGATIVO","part_number":"ABC-1","quantity":1,"source_location_id":"SP","reason":"contagem"}`},
		{"sga_get_pending_tasks", `{"assignee_id":"joana.d"}`},
	} {
		if _, err := w.Ops.Call(ctx, ops.Invocation{Name: c.name, Arguments: []byte(c.args), Actor: a, Door: "test"}); err != nil {
			w.t.Fatalf("%s: %v", c.name, err)
		}
	}
	raw, err := w.Ops.ReceiveDocument(ctx, ops.FileCall{Actor: w.act("admin", "admin"), Door: "test", Kind: "DOCUMENT", Name: "atestado joana.txt",
		ContentType: "text/plain", PersonID: a.PersonID.String(), Body: strings.NewReader("Joana Darkwood fraturou a clavícula.")})
	if err != nil {
		w.t.Fatal(err)
	}
	var out struct {
		ID uuid.UUID `json:"document_id"`
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		w.t.Fatal(err)
	}
	signIn := oidc.Entry{Value: []byte(`{"username":"joana.d"}`), Until: time.Now().Add(time.Hour), Subject: a.Subject}
	if err := oidc.NewItemStore(w.Items, time.Now).Put(ctx, oidc.KindSession, "s", signIn); err != nil {
		w.t.Fatal(err)
	}
	return a, out.ID
}

// settle lets the workers do what is due: positions, keyed tables, names, seals.
func (w *world) settle() {
	w.t.Helper()
	stop := w.startWorkers(w.t.Context())
	for one[bool](w, `SELECT EXISTS (SELECT FROM sga.outbox) OR NOT EXISTS (SELECT FROM sga.relay_cursors)
		OR EXISTS (SELECT FROM sga.relay_cursors WHERE consumer NOT LIKE '%audit%' AND position < (SELECT max(position) FROM sga.event_log))`) {
		if w.t.Context().Err() != nil {
			w.t.Fatal("the relay does not catch up")
		}
	}
	stop()
}

// found lists where a word is found: tables of the database, files of the data directory.
func (w *world) found() (out []string) {
	w.t.Helper()
	pool := w.db.Pool(w.t)
	rows, err := pool.Query(w.t.Context(), `SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`)
	if err != nil {
		w.t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct{ Schema, Name string }])
	if err != nil || len(tables) < 30 {
		w.t.Fatal(len(tables), err)
	}
	for _, table := range tables {
		name := pgx.Identifier{table.Schema, table.Name}.Sanitize()
		for _, word := range words() {
			var n int
			// Bytes are written in hex in a row's text.
			err := pool.QueryRow(w.t.Context(), `SELECT count(*) FROM `+name+` t WHERE t::text ILIKE '%' || $1 || '%' OR t::text LIKE '%' || $2 || '%'`,
				word, fmt.Sprintf("%x", word)).Scan(&n)
			if err != nil {
				w.t.Fatal(name, err)
			}
			if n > 0 {
				out = append(out, name+": "+word)
			}
		}
	}
	err = filepath.WalkDir(w.Config.DataDir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		for _, word := range words() {
			if bytes.Contains(bytes.ToLower(raw), []byte(word)) || strings.Contains(strings.ToLower(path), word) {
				out = append(out, path+": "+word)
			}
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// copyOf keeps what an older copy of the database would bring back of a person.
const copyOf = `CREATE SCHEMA older;
	CREATE TABLE older.people AS SELECT * FROM sga.people; CREATE TABLE older.logins AS SELECT * FROM sga.logins;
	CREATE TABLE older.person_keys AS SELECT * FROM sga.person_keys;`

// restore brings it back.
const restore = `UPDATE sga.people p SET display_name = o.display_name, sealed = o.sealed, erased_at = NULL, is_active = o.is_active FROM older.people o WHERE o.person_id = p.person_id;
	UPDATE sga.logins l SET username = o.username, is_disabled = false, groups = o.groups FROM older.logins o WHERE o.subject = l.subject;
	INSERT INTO sga.person_keys SELECT * FROM older.person_keys ON CONFLICT DO NOTHING;
	DROP SCHEMA older CASCADE;`

func (w *world) owner(sql string) {
	w.t.Helper()
	if _, err := w.db.Pool(w.t).Exec(w.t.Context(), sql); err != nil {
		w.t.Fatal(err)
	}
}

// again opens the program a second time, as a start does.
func (w *world) again() *App {
	w.t.Helper()
	a, err := Open(w.t.Context(), Options{Config: w.Config})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = a.Close(context.WithoutCancel(w.t.Context())) })
	return a
}

// T-06: a person is erased from profile and documents by destroying a key; what is sealed still verifies; an older copy of
// the database brings nobody back.
func TestPersonIsErased(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.stock()
	joana, paper := w.joana()
	w.settle()
	if got := w.found(); len(got) != 1 || !strings.Contains(got[0], `"logins"`) {
		t.Errorf("before, only the login names her: %q", got)
	}
	if by := w.actorOfLast(); by != "Joana Darkwood" {
		t.Errorf("shown as %q", by)
	}
	w.owner(`UPDATE sga.tasks SET proposed_as = proposed_as || '{"username": "joana.d"}'`) // as the program of the version before kept it
	w.owner(copyOf)
	out := w.call("sga_erase_person", `{"person":"joana.d","reason":"pedido da titular"}`)
	if out["key_destroyed"] != true || out["logins"] != 1.0 || out["documents"] != 1.0 || out["sign_ins"] != 1.0 || out["tasks"] != 1.0 {
		t.Errorf("%v", out)
	}
	w.settle()
	w.isGone(joana, paper)
	w.owner(strings.Replace(restore, "DROP SCHEMA older CASCADE;", "", 1))
	if _, err := Migrate(t.Context(), Options{Config: w.Config}); err != nil || one[int](w, `SELECT count(*) FROM sga.person_keys WHERE person_id = $1`, joana.PersonID) != 0 {
		t.Errorf("after nexo migrate her key is there, %v", err)
	}
	w.owner(restore)
	if by := w.again().nameOf(t, joana.PersonID); !strings.HasPrefix(by, "apagado-") {
		t.Errorf("an older copy brings %q back", by)
	}
	w.DB.ApplyErasures(t.Context()) //nolint:errcheck // nothing is left; the cache of this process is emptied
	w.settle()
	w.isGone(joana, paper)
	if n := one[int](w, `SELECT count(*) FROM sga.audit_log WHERE operation = 'sga_erase_person' AND entity_id = $1`, joana.PersonID); n != 3 {
		t.Errorf("%d audit rows, want the call, the migration and the start", n)
	}
	if _, err := w.Act(t.Context(), Who{Username: "joana.d"}); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("the name comes back: %v", err)
	}
}

func (w *world) isGone(a *identity.Actor, paper uuid.UUID) {
	w.t.Helper()
	var left []string
	for _, where := range w.found() {
		if !strings.HasPrefix(where, `"older"`) { // the copy that is to be restored
			left = append(left, where)
		}
	}
	if len(left) > 0 {
		w.t.Errorf("she is still found in %q", left)
	}
	if by := w.actorOfLast(); by != "apagado-"+a.PersonID.String()[28:] {
		w.t.Errorf("shown as %q", by)
	}
	_, err := w.Ops.OpenDocument(w.t.Context(), ops.Invocation{Actor: w.act("admin", "admin"), Door: "test"}, paper)
	if fault.CodeOf(err) != fault.NotFound {
		w.t.Errorf("the document: %v", err)
	}
	page, err := w.Items.Query(w.t.Context(), item.Sessions(), item.Query{Index: item.SessionByUser, Partition: item.UserKey(a.Subject)})
	if err != nil || len(page.Items) > 0 {
		w.t.Errorf("%d sign-ins are left, %v", len(page.Items), err)
	}
	v, err := w.Verify(w.t.Context(), nil)
	if err != nil || len(v.Findings) > 0 || v.Blocks == 0 {
		w.t.Errorf("the chain: %+v, %v", v, err)
	}
}

// actorOfLast is who made the newest movement, as the screens show it.
func (w *world) actorOfLast() string {
	w.t.Helper()
	id := one[uuid.UUID](w, `SELECT movement_id FROM sga.movements ORDER BY sequence DESC LIMIT 1`)
	out, _ := json.Marshal(w.call("sga_get_movement", `{"movement_id":"`+id.String()+`"}`))
	for _, name := range []string{"Joana Darkwood", "apagado-"} {
		if i := strings.Index(string(out), name); i >= 0 {
			end := strings.IndexByte(string(out[i:]), '"')
			return string(out[i : i+end])
		}
	}
	return string(out)
}

func (a *App) nameOf(t *testing.T, person uuid.UUID) string {
	t.Helper()
	names, err := a.DB.Names(t.Context(), []uuid.UUID{person})
	if err != nil {
		t.Fatal(err)
	}
	return names[person].Display
}

// A record that somebody else signed, or that lies under another's name, erases nobody, and no call can build on it.
func TestForgedErasureIsRefused(t *testing.T) {
	t.Parallel()
	w := open(t)
	victim, other := w.act("victim", "viewer"), w.act("other", "viewer")
	forge := func(key seal.Key, about, under uuid.UUID) {
		payload := fmt.Appendf(nil, `{"person_id":%q,"by":%q,"at":"2026-01-01T00:00:00Z","reason":"x"}`, about, uuid.Nil)
		s := key.Sign(seal.KindErasure, payload)
		object, err := json.Marshal(map[string]any{"kind": s.Kind, "key": s.Key, "signature": s.Signature, "payload": json.RawMessage(s.Payload)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Objects.Put(t.Context(), document.Put{Bucket: document.Documents, Key: "erasures/" + under.String() + ".json", Type: "application/json",
			Size: int64(len(object)), Body: bytes.NewReader(object)}); err != nil {
			t.Fatal(err)
		}
	}
	forge(seal.NewKey([seal.SeedSize]byte{9}), victim.PersonID, victim.PersonID)
	forge(w.proof.Key, victim.PersonID, other.PersonID) // a true record, moved
	done, err := w.DB.ApplyErasures(t.Context())
	if err != nil || len(done.Refused) != 2 || len(done.Applied) != 0 {
		t.Errorf("%+v, %v", done, err)
	}
	a := w.again()
	for _, p := range []*identity.Actor{victim, other} {
		if name := a.nameOf(t, p.PersonID); name != p.Username {
			t.Errorf("%s is %q", p.Username, name)
		}
		_, err := w.Ops.Call(t.Context(), ops.Invocation{Name: "sga_erase_person", Actor: w.act("admin", "admin"), Door: "test",
			Arguments: []byte(`{"person_id":"` + p.PersonID.String() + `","reason":"pedido"}`)})
		if fault.CodeOf(err) != fault.Conflict {
			t.Errorf("%s: %v", p.Username, err)
		}
	}
	forge(w.proof.Key, victim.PersonID, victim.PersonID)
	if name := w.again().nameOf(t, victim.PersonID); !strings.HasPrefix(name, "apagado-") {
		t.Errorf("a crash behind the record leaves %q", name)
	}
}

// Names of before are encrypted when a program runs; without a key they stay, and nothing else changes.
func TestOldNamesAreEncrypted(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.act("velho", "viewer")
	w.owner(`UPDATE sga.people SET display_name = 'Nome Antigo', sealed = NULL; DELETE FROM sga.person_keys`)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	w.runPersons(ended, time.Hour) // stops at once, and can be begun again
	w.runPersons(t.Context(), time.Hour)
	if n := one[int](w, `SELECT count(*) FROM sga.people WHERE display_name LIKE 'pessoa-%' AND sealed IS NOT NULL`); n != 1 {
		t.Errorf("%d names are encrypted", n)
	}
	if name := w.nameOf(t, a.PersonID); name != "Nome Antigo" {
		t.Errorf("read back as %q", name)
	}
	w.owner(`UPDATE sga.people SET display_name = 'Nome Novo'`) // by the program of the version before
	if name := w.again().nameOf(t, a.PersonID); name != "Nome Novo" {
		t.Errorf("what the old program wrote is shown as %q", name)
	}
	if n, err := w.DB.SealNames(t.Context()); n != 1 || err != nil || w.nameOf(t, a.PersonID) != "Nome Novo" {
		t.Errorf("%d, %v, %q", n, err, w.nameOf(t, a.PersonID))
	}
	c := *w.Config
	c.Mode = config.AWS
	bare := &App{Config: &c, DB: w.DB, o: Options{}}
	bare.o.fill()
	if err := errors.Join(bare.openPersonKeys()); err != nil {
		t.Errorf("aws without a key: %v", err)
	}
}

// A user of the demonstration who was erased is not made again by the next start.
func TestErasedDemoUser(t *testing.T) {
	t.Parallel()
	w := open(t)
	if _, err := w.ensureUsers(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.call("sga_erase_person", `{"person":"viewer","reason":"pedido"}`)
	if made, err := w.ensureUsers(t.Context()); err != nil || len(made) != 0 {
		t.Errorf("made %v, %v", made, err)
	}
}
