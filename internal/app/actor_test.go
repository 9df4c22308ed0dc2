package app

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/faiston/nexo/internal/identity"
)

func TestActorOf(t *testing.T) {
	t.Parallel()
	ana := uuid.MustParse("00000000-0000-7000-8000-00000000000a")
	robot := uuid.MustParse("00000000-0000-7000-8000-00000000000b")
	profile := &identity.Profile{Known: true, Active: true, PersonID: ana, Username: "ana", Kind: identity.Person,
		Projects: identity.Only("P1"), Locations: identity.Everywhere(), Approver: identity.Approver{May: true, Projects: identity.Everywhere()}}
	viaAgent := *profile
	viaAgent.Kind = identity.Agent
	disabled := *profile
	disabled.Active = false
	service := &identity.Profile{Known: true, Active: true, PersonID: robot, Kind: identity.Service, Roles: []identity.Role{identity.Operations},
		Projects: identity.Everywhere(), Locations: identity.Only("SP")}
	agentRow := &identity.Profile{Known: true, Active: true, PersonID: robot, Kind: identity.Agent, Projects: identity.Everywhere(), Locations: identity.Everywhere()}
	nobody := &identity.Profile{Active: true}
	person := identity.Claims{Issuer: "i", Subject: "s", Username: "ana", ClientID: "c", Groups: []string{"logistics", "ferreters", "logistics", "Admin"}, Scopes: []string{"sga/tools"}, Session: "x"}
	admin := person
	admin.Groups = []string{"admin"}
	program := identity.Claims{Issuer: "i", Subject: "c", ClientID: "c", Groups: []string{"admin"}, Scopes: []string{"sga/tools"}}
	actsFor := person
	actsFor.OnBehalfOf = "other"
	unknown := unknownPerson(person)
	base := func(change func(*identity.Actor)) *identity.Actor {
		a := &identity.Actor{PersonID: ana, Subject: "s", Username: "ana", Client: "c", Kind: identity.Person, Roles: []identity.Role{identity.Logistics},
			Scopes: []string{"sga/tools"}, Session: "x", Projects: profile.Projects, Locations: profile.Locations, Approver: profile.Approver}
		change(a)
		return a
	}
	tests := []struct {
		name    string
		claims  identity.Claims
		profile *identity.Profile
		want    *identity.Actor
	}{
		{"a person: roles of the token, rights of the profile; unknown and misspelt groups are none", person, profile, base(func(*identity.Actor) {})},
		{"the same person through an agent's client", person, &viaAgent, base(func(a *identity.Actor) { a.Kind = identity.Agent })},
		{"a token that acts for another is an agent's", actsFor, profile, base(func(a *identity.Actor) { a.Kind, a.OnBehalf = identity.Agent, "other" })},
		{"a disabled person", person, &disabled, nil},
		{"a person without a profile sees nothing", person, nobody, base(func(a *identity.Actor) {
			a.PersonID, a.Projects, a.Locations, a.Approver = unknown, identity.Area{}, identity.Area{}, identity.Approver{}
		})},
		{"an admin without a profile sees everything and decides nothing", admin, nobody, base(func(a *identity.Actor) {
			a.PersonID, a.Roles, a.Projects, a.Locations, a.Approver = unknown, []identity.Role{identity.Admin}, identity.Everywhere(), identity.Everywhere(), identity.Approver{}
		})},
		{"a person without a profile does not inherit the program's", person, agentRow, base(func(a *identity.Actor) {
			a.PersonID, a.Kind, a.Projects, a.Locations, a.Approver = unknown, identity.Agent, identity.Area{}, identity.Area{}, identity.Approver{}
		})},
		{"a service: roles of its row, never of the token", program, service, &identity.Actor{PersonID: robot, Subject: "c", Client: "c", Kind: identity.Service,
			Roles: []identity.Role{identity.Operations}, Scopes: []string{"sga/tools"}, Projects: identity.Everywhere(), Locations: identity.Only("SP")}},
		{"a service without a row has no role", program, nobody, &identity.Actor{Subject: "c", Client: "c", Kind: identity.Service, Scopes: []string{"sga/tools"}}},
		{"a service's token with a person's subject is nobody", program, profile, &identity.Actor{PersonID: ana, Subject: "c", Client: "c", Kind: identity.Service, Scopes: []string{"sga/tools"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, actorOf(tt.claims, tt.profile), cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestBoth(t *testing.T) {
	t.Parallel()
	all, a, b := identity.Everywhere(), identity.Only("A", "B"), identity.Only("B", "C")
	for _, tt := range []struct{ x, y, want identity.Area }{
		{all, all, all}, {all, a, a}, {a, all, a}, {a, b, identity.Only("B")}, {a, identity.Area{}, identity.Only()}, {identity.Area{}, all, identity.Area{}},
	} {
		if diff := cmp.Diff(tt.want, both(tt.x, tt.y), cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
	}
}
