package app

import (
	"os"
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/config"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/oidc"
)

func TestDemoUsers(t *testing.T) {
	t.Parallel()
	w := open(t)
	made, err := w.ensureUsers(t.Context())
	if err != nil || len(made) != 8 {
		t.Fatalf("%d users, %v", len(made), err)
	}
	info, err := os.Stat(w.demoFile())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the file of passwords: %v, %v", info, err)
	}
	raw, err := os.ReadFile(w.demoFile())
	if err != nil {
		t.Fatal(err)
	}
	for _, acc := range made {
		user, err := directory{w.DB}.User(t.Context(), acc.Username)
		if err != nil || user.PasswordHash == "" || strings.Contains(user.PasswordHash, acc.Password) || user.Groups[0] != acc.Role {
			t.Errorf("%s: %+v, %v", acc.Username, user, err)
		}
		if strings.Count(string(raw), acc.Password) != 1 {
			t.Errorf("the file does not have %s once", acc.Username)
		}
		actor := w.act(acc.Username)
		if wantsApprover := acc.Username == "admin" || acc.Username == "admin2" || acc.Username == "lead"; actor.Approver.May != wantsApprover {
			t.Errorf("%s: approver %v", acc.Username, actor.Approver.May)
		}
		if !actor.Is(identity.Role(acc.Role)) || actor.Kind != identity.Person || !actor.HasScope(identity.ScopeApprove) {
			t.Errorf("%s acts as %+v", acc.Username, actor)
		}
	}
	if again, err := w.ensureUsers(t.Context()); err != nil || len(again) != 0 {
		t.Errorf("a second start made %d users, %v", len(again), err)
	}
}

// A name that the shell made first gets its password at the first start, and stays the same person.
func TestDemoUserAfterToken(t *testing.T) {
	t.Parallel()
	w := open(t)
	before := w.act("lead", "logistics")
	made, err := w.ensureUsers(t.Context())
	if err != nil || len(made) != 8 {
		t.Fatalf("%d users, %v", len(made), err)
	}
	if after := w.act("lead"); after.PersonID != before.PersonID || after.Subject != before.Subject {
		t.Error("lead became somebody else")
	}
}

func TestProfilesOfTheShell(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.call("sga_create_project", `{"project_code":"P1","project_name":"x"}`)
	if a := w.act("zoe", "logistics"); !a.Projects.All || !a.Locations.All || a.Approver.May {
		t.Errorf("a new profile: %+v", a)
	}
	limited, err := w.Act(t.Context(), Who{Username: " ZOE ", Projects: []string{"p1"}, Approver: true})
	if err != nil || limited.Projects.All || !limited.Projects.Has("P1") || !limited.Is(identity.Logistics) || !limited.Approver.May {
		t.Errorf("limited to a project: %+v, %v", limited, err)
	}
	if a := w.act("zoe"); a.Projects.All || !a.Approver.May {
		t.Errorf("what was said stays: %+v", a)
	}
	for _, who := range []Who{{Username: ""}, {Username: "a b"}, {Username: strings.Repeat("x", 129)}, {Username: "x", Groups: []string{"boss"}}} {
		if _, err := w.Act(t.Context(), who); fault.CodeOf(err) != fault.InvalidArgument {
			t.Errorf("%+v: %v", who, err)
		}
	}
	if _, err := w.Act(t.Context(), Who{Username: "x", Projects: []string{"NOPE"}}); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("a project that is not there: %v", err)
	}
}

// The clients of the issuer are what they are for: an agent's token is an agent's, whoever holds it.
func TestPrograms(t *testing.T) {
	t.Parallel()
	w := open(t)
	minted, err := w.Token(t.Context(), Who{Username: "lead", Groups: []string{"logistics"}}, oidc.ClientAgent, 0)
	if err != nil {
		t.Fatal(err)
	}
	actor, err := w.ActorOf(t.Context(), minted.Claims)
	if err != nil || actor.Kind != identity.Agent || actor.HasScope(identity.ScopeApprove) {
		t.Errorf("lead through an agent: %+v, %v", actor, err)
	}
	service, err := w.ActorOf(t.Context(), identity.Claims{Subject: oidc.ClientService, ClientID: oidc.ClientService, Scopes: []string{identity.ScopeTools}})
	if err != nil || service.Kind != identity.Service || !service.Is(identity.Operations) || service.Is(identity.Admin) {
		t.Errorf("the service: %+v, %v", service, err)
	}
	behind, err := w.ActorOf(t.Context(), identity.Claims{Subject: oidc.ClientService, ClientID: oidc.ClientService, OnBehalfOf: "nobody"})
	if err != nil || behind.Projects.All || len(behind.Projects.Codes) > 0 || behind.Kind != identity.Agent {
		t.Errorf("for somebody unknown: %+v, %v", behind, err)
	}
	if err := w.programs(t.Context()); err != nil {
		t.Errorf("a second start: %v", err)
	}
}

func TestTokensAreLocal(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.Config.Mode = config.AWS // a database without TLS would be refused from the start
	if _, err := w.Token(t.Context(), Who{Username: "x"}, "", 0); fault.CodeOf(err) != fault.InvalidArgument {
		t.Errorf("got %v", err)
	}
	if w.issuer != nil {
		t.Error("the local issuer exists in aws mode")
	}
}
