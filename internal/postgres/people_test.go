package postgres

import (
	"sync"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/govalues/decimal"
)

func profile(t *testing.T, db *DB, subject, client string) identity.Profile {
	t.Helper()
	p, err := db.ProfileOf(t.Context(), subject, client)
	if err != nil {
		t.Fatal(err)
	}
	return *p
}

func TestProfiles(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	limit := decimal.MustParse("50000.00")
	person := &identity.PersonRecord{ID: uuid.Must(uuid.NewV7()), Name: "João", Active: true, Projects: identity.Only("NTT"), Locations: identity.Only("sp", "NENHUM"),
		Approver: identity.Approver{May: true, Limit: &limit, Projects: identity.Everywhere()}}
	must(t, l.db.SavePerson(t.Context(), person))
	must(t, l.db.SaveLogin(t.Context(), &identity.Login{Subject: "s1", PersonID: person.ID, Username: "joao", PasswordHash: "h", Groups: []string{"logistics"}}))
	must(t, l.db.SaveLogin(t.Context(), &identity.Login{Subject: "s2", PersonID: person.ID, Username: "joao.2"}))
	agent := &identity.ClientRecord{ClientID: "agente", ActorID: uuid.Must(uuid.NewV7()), Kind: identity.Agent, Projects: identity.Everywhere()}
	robot := &identity.ClientRecord{ClientID: "robo", ActorID: uuid.Must(uuid.NewV7()), Kind: identity.Service, Roles: []identity.Role{identity.Viewer},
		Projects: identity.Only("ITAÚ"), Locations: identity.Everywhere()}
	must(t, l.db.SaveClient(t.Context(), agent))
	must(t, l.db.SaveClient(t.Context(), robot))
	limitRead := decimal.MustParse("50000")
	want := identity.Profile{Known: true, Active: true, PersonID: person.ID, Name: "João", Username: "joao", Kind: identity.Person,
		Projects: identity.Only("NTT"), Locations: identity.Only("sp", "SP", "SP-A", "SP-B", "NENHUM"),
		Approver: identity.Approver{May: true, Limit: &limitRead, Projects: identity.Area{All: true, Codes: map[string]bool{}}}}
	same := cmp.Comparer(func(a, b decimal.Decimal) bool { return a.Cmp(b) == 0 })
	if diff := cmp.Diff(want, profile(t, l.db, "s1", "app"), same); diff != "" {
		t.Error(diff)
	}
	if p := profile(t, l.db, "s2", "app"); p.PersonID != person.ID || p.Username != "joao.2" {
		t.Errorf("the second login is another person: %+v", p)
	}
	if p := profile(t, l.db, "s1", "agente"); p.Kind != identity.Agent || p.Projects.All || p.PersonID != person.ID {
		t.Errorf("a person through an agent has the agent's rights: %+v", p)
	}
	if p := profile(t, l.db, "robo", "robo"); p.Kind != identity.Service || p.PersonID != robot.ActorID || !p.Locations.All || !p.Projects.Has("ITAÚ") ||
		len(p.Roles) != 1 || p.Approver.May {
		t.Errorf("service: %+v", p)
	}
	if p := profile(t, l.db, "nobody", "app"); p.Known || p.Projects.Has("NTT") || p.Locations.Has("SP") || p.Approver.May || len(p.Roles) > 0 {
		t.Errorf("a stranger: %+v", p)
	}
	names, err := l.db.Names(t.Context(), []uuid.UUID{person.ID, robot.ActorID, uuid.Nil, uuid.Must(uuid.NewV7()), person.ID})
	if diff := cmp.Diff(map[uuid.UUID]identity.Name{person.ID: {Display: "João", Username: "joao"}, robot.ActorID: {Display: "robo", Username: "robo"}}, names); err != nil || diff != "" {
		t.Error(err, diff)
	}
	login, err := l.db.LoginByUsername(t.Context(), "joao")
	if diff := cmp.Diff(&identity.Login{Subject: "s1", PersonID: person.ID, Username: "joao", Name: "João", PasswordHash: "h", Groups: []string{"logistics"}}, login); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if _, err := l.db.LoginByUsername(t.Context(), "JOAO' OR '1'='1"); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("no such user: %v", err)
	}
	if err := l.db.SaveLogin(t.Context(), &identity.Login{Subject: "s3", PersonID: person.ID, Username: "joao"}); fault.CodeOf(err) != fault.AlreadyExists {
		t.Errorf("a user name taken twice: %v", err)
	}
	if err := l.db.SaveLogin(t.Context(), &identity.Login{Subject: "s4", PersonID: uuid.Must(uuid.NewV7()), Username: "x"}); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("a login of nobody: %v", err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestRevocation is the part of S-26 that the database answers for: at once in this process, within half
// a minute when another one made the change.
func TestRevocation(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	var mu sync.Mutex
	now := time.Now()
	l.db.people.now = func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	if p := profile(t, l.db, "sub-ana", "app"); !p.Active || !p.Projects.All {
		t.Fatalf("%+v", p)
	}
	l.exec(`UPDATE sga.logins SET is_disabled = true WHERE subject = 'sub-ana'`) // another process
	if p := profile(t, l.db, "sub-ana", "app"); !p.Active {
		t.Error("the cache is not used")
	}
	mu.Lock()
	now = now.Add(profileAge + time.Second)
	mu.Unlock()
	if p := profile(t, l.db, "sub-ana", "app"); p.Active {
		t.Error("a disabled login acts for more than half a minute")
	}
	login := &identity.Login{Subject: "sub-ana", PersonID: l.actor, Username: "ana"}
	must(t, l.db.SaveLogin(t.Context(), login))
	if p := profile(t, l.db, "sub-ana", "app"); !p.Active {
		t.Error("a change in this process is not seen at once")
	}
	must(t, l.db.SavePerson(t.Context(), &identity.PersonRecord{ID: l.actor, Name: "Ana Souza"}))
	if p := profile(t, l.db, "sub-ana", "app"); p.Active || p.Projects.All {
		t.Error("a person who left still acts")
	}
}

func TestLoginsAreHiddenFromReaders(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	if _, err := l.db.reader.Exec(t.Context(), `SELECT FROM sga.logins`); err == nil {
		t.Error("the reader's role reads password hashes")
	}
}
