package postgres

import (
	"bytes"
	"crypto/rand"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/seal"
	"github.com/faiston/nexo/internal/stock"
)

// openNamed is a desk of people whose names are encrypted.
func openNamed(t *testing.T) *notary {
	t.Helper()
	n := openNotary(t)
	must(t, n.db.UsePersonKeys(bytes.Repeat([]byte{5}, 32), rand.Reader))
	n.db.UseProof(n.proof)
	return n
}

// somebody is a new person of a name, with a login.
func (n *notary) somebody(name, username string, groups ...string) uuid.UUID {
	n.t.Helper()
	id := uuid.Must(uuid.NewV7())
	if err := n.db.SavePerson(n.t.Context(), &identity.PersonRecord{ID: id, Name: name, Active: true}); err != nil {
		n.t.Fatal(err)
	}
	if err := n.db.SaveLogin(n.t.Context(), &identity.Login{Subject: "sub-" + id.String(), PersonID: id, Username: username, PasswordHash: "h", Groups: groups}); err != nil {
		n.t.Fatal(err)
	}
	return id
}

func (n *notary) shown(id uuid.UUID) string {
	n.t.Helper()
	n.db.people.forget()
	names, err := n.db.Names(n.t.Context(), []uuid.UUID{id})
	if err != nil {
		n.t.Fatal(err)
	}
	return names[id].Display
}

func (n *notary) row(id uuid.UUID) (name string, sealed, wrapped []byte) {
	n.t.Helper()
	err := n.owner.QueryRow(n.t.Context(), `SELECT `+sealedName+` FROM sga.people p LEFT JOIN sga.person_keys k USING (person_id) WHERE person_id = $1`, id).
		Scan(&name, &sealed, &wrapped)
	if err != nil {
		n.t.Fatal(err)
	}
	return name, sealed, wrapped
}

func TestNamesAreEncrypted(t *testing.T) {
	t.Parallel()
	n := openNamed(t)
	id := n.somebody("Maria Aparecida", "maria")
	name, sealed, wrapped := n.row(id)
	if name != pseudonym(id) || len(wrapped) == 0 || bytes.Contains(sealed, []byte("Maria")) {
		t.Errorf("kept as %q, %q", name, sealed)
	}
	login, err := n.db.LoginByUsername(t.Context(), "maria")
	if err != nil || login.Name != "Maria Aparecida" || n.shown(id) != "Maria Aparecida" || profile(t, n.db, login.Subject, "app").Name != "Maria Aparecida" {
		t.Errorf("read back as %+v, %v", login, err)
	}
	// A profile that is read and written again keeps its name, whether it could be read or not.
	for _, name := range []string{"Maria Aparecida", pseudonym(id)} {
		must(t, n.db.SavePerson(t.Context(), &identity.PersonRecord{ID: id, Name: name, Active: true}))
		if got := n.shown(id); got != "Maria Aparecida" {
			t.Errorf("after %q: %q", name, got)
		}
	}
	other := n.somebody("Outra", "outra")
	n.exec(`UPDATE sga.people SET sealed = (SELECT sealed FROM sga.people WHERE person_id = $1) WHERE person_id = $2`, id, other)
	if got := n.shown(other); got != pseudonym(other) {
		t.Errorf("another's name in the row is shown as %q", got)
	}
	n.exec(`UPDATE sga.person_keys SET wrapped_key = (SELECT wrapped_key FROM sga.person_keys WHERE person_id = $1) WHERE person_id = $2`, id, other)
	if got := n.shown(other); got != pseudonym(other) {
		t.Errorf("with another's key, too, it is shown as %q", got)
	}
	must(t, n.db.UsePersonKeys(bytes.Repeat([]byte{6}, 32), rand.Reader))
	if got := n.shown(id); got != pseudonym(id) {
		t.Errorf("with another master key it is %q", got)
	}
	if _, err := n.db.PersonSealer().Seal(t.Context(), id, nil); fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("another master key seals: %v", err)
	}
	if n.db.UsePersonKeys([]byte("short"), rand.Reader) == nil {
		t.Error("a short key is taken")
	}
}

func TestPersonSealer(t *testing.T) {
	t.Parallel()
	n := openNamed(t)
	id, other := n.somebody("A", "a"), n.somebody("B", "b")
	n.exec(`DELETE FROM sga.person_keys`)
	s := n.db.PersonSealer()
	var sealed [8][]byte
	var all sync.WaitGroup
	for i := range sealed { // the first document of a person, from several processes
		all.Go(func() {
			var err error
			if sealed[i], err = s.Seal(t.Context(), id, []byte("atestado")); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, b := range sealed {
		if plain, err := s.Open(t.Context(), id, b); err != nil || string(plain) != "atestado" || bytes.Contains(b, plain) {
			t.Errorf("%q, %v", plain, err)
		}
	}
	if _, err := s.Seal(t.Context(), other, nil); err != nil {
		t.Error(err)
	}
	for what, tc := range map[string]struct {
		person uuid.UUID
		want   fault.Code
	}{"another's": {other, fault.Unavailable}, "nobody's": {uuid.Must(uuid.NewV7()), fault.NotFound}} {
		if _, err := s.Open(t.Context(), tc.person, sealed[0]); fault.CodeOf(err) != tc.want {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := s.Seal(t.Context(), uuid.Must(uuid.NewV7()), nil); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("a document about nobody: %v", err)
	}
	if _, err := n.db.reader.Exec(t.Context(), `SELECT FROM sga.person_keys`); err == nil {
		t.Error("the reader's role reads keys")
	}
}

func (n *notary) erase(id uuid.UUID, by uuid.UUID) (*identity.Erased, error) {
	return n.db.ErasePerson(n.t.Context(), seal.Erasure{Person: id, By: by, At: n.now.UTC(), Reason: "pedido"}, n.ana,
		approval.CallRecord{Door: "test", Operation: "sga_erase_person", Result: "ok"})
}

func TestErasedStayErased(t *testing.T) {
	t.Parallel()
	n := openNamed(t)
	id := n.somebody("Maria Aparecida", "maria")
	sealed, err := n.db.PersonSealer().Seal(t.Context(), id, []byte("x"))
	must(t, err)
	if done, err := n.erase(id, n.ana.PersonID); err != nil || !done.Key || done.Already || done.Logins != 1 {
		t.Fatalf("%+v, %v", done, err)
	}
	if got := n.shown(id); got != "apagado-"+id.String()[28:] {
		t.Errorf("shown as %q", got)
	}
	for what, err := range map[string]error{
		"the person": n.db.SavePerson(t.Context(), &identity.PersonRecord{ID: id, Name: "Maria"}),
		"a login":    n.db.SaveLogin(t.Context(), &identity.Login{Subject: "new", PersonID: id, Username: "maria"}),
	} {
		if fault.CodeOf(err) != fault.Conflict {
			t.Errorf("%s comes back: %v", what, err)
		}
	}
	if _, err := n.db.PersonSealer().Seal(t.Context(), id, nil); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("a new key: %v", err)
	}
	if _, err := n.db.PersonSealer().Open(t.Context(), id, sealed); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("an old document: %v", err)
	}
	if k, err := n.db.SealNames(t.Context()); k > 0 && n.shown(id) != "apagado-"+id.String()[28:] || err != nil {
		t.Errorf("%d, %v, %q", k, err, n.shown(id))
	}
	if erased, err := n.db.WasErased(t.Context(), id); !erased || err != nil {
		t.Error(erased, err)
	}
	if done, err := n.erase(id, n.ana.PersonID); err != nil || !done.Already || done.Key || done.Logins != 0 {
		t.Errorf("again: %+v, %v", done, err)
	}
	if _, err := n.erase(n.ana.PersonID, n.ana.PersonID); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("oneself: %v", err)
	}
	n.db.proof.Store(nil)
	if _, err := n.erase(id, n.ana.PersonID); fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("without a key that signs: %v", err)
	}
}

// Two admins who erase each other at the same moment leave one of them, whoever is first.
func TestAnAdminRemains(t *testing.T) {
	t.Parallel()
	n := openNamed(t)
	n.exec(`UPDATE sga.logins SET groups = '{}'`)
	one, two := n.somebody("Um", "um", "admin"), n.somebody("Dois", "dois", "admin")
	failed := make(chan error, 2)
	go func() { _, err := n.erase(one, two); failed <- err }()
	go func() { _, err := n.erase(two, one); failed <- err }()
	a, b := <-failed, <-failed
	if (a == nil) == (b == nil) || a != nil && fault.CodeOf(a) != fault.Conflict || b != nil && fault.CodeOf(b) != fault.Conflict {
		t.Errorf("%v, %v", a, b)
	}
	var listed int
	must(t, n.proof.list(t.Context(), prefixErasures, func(string) error { listed++; return nil }))
	if again, err := n.db.ApplyErasures(t.Context()); listed != 1 || err != nil || len(again.Applied)+len(again.Refused) != 0 {
		t.Errorf("%d records; a start does %+v, %v", listed, again, err)
	}
}

// A crash between the record and the transaction is made up for by the next start.
func TestErasureAfterACrash(t *testing.T) {
	t.Parallel()
	n := openNamed(t)
	n.must(mv(stock.Entrada, "1", "ISR4331", "", "SP-A"))
	id := n.somebody("Maria Aparecida", "maria")
	must(t, n.proof.put(t.Context(), erasureKey(id), seal.KindErasure, seal.Erasure{Person: id, By: n.bia.PersonID, At: n.now.UTC(), Reason: "pedido"}))
	must(t, n.proof.put(t.Context(), prefixErasures+"readme.json", seal.KindErasure, seal.Erasure{}))
	for round, want := range []int{1, 0} {
		done, err := n.db.ApplyErasures(t.Context())
		if err != nil || len(done.Applied) != want || len(done.Refused) != 1 {
			t.Errorf("round %d: %+v, %v", round, done, err)
		}
	}
	if got := n.shown(id); !strings.HasPrefix(got, "apagado-") {
		t.Errorf("shown as %q", got)
	}
	n.seal()
	if got := n.checked().Findings; len(got) > 0 {
		t.Errorf("%+v", got)
	}
}
