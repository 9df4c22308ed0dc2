package app

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
)

// ActorOf says who acts behind verified claims: the token says the roles of a person, the database the
// rights of a profile (docs/architecture.md, identity). A subject without a profile sees nothing, an
// admin excepted. An agent that works for a person never sees more than that person.
func (a *App) ActorOf(ctx context.Context, c identity.Claims) (*identity.Actor, error) {
	p, err := a.DB.ProfileOf(ctx, c.Subject, c.ClientID)
	if err != nil {
		return nil, err
	}
	actor := actorOf(c, p)
	if actor == nil {
		return nil, fault.PermissionDenied.With("Este usuário está desativado.", "This user is disabled.")
	}
	if c.OnBehalfOf == "" {
		return actor, nil
	}
	behind, err := a.DB.ProfileOf(ctx, c.OnBehalfOf, "")
	if err != nil {
		return nil, err
	}
	if behind.Known && !behind.Active {
		return nil, fault.PermissionDenied.With("A pessoa representada está desativada.", "The person acted for is disabled.")
	}
	actor.Projects, actor.Locations = both(actor.Projects, behind.Projects), both(actor.Locations, behind.Locations)
	return actor, nil
}

// actorOf joins claims and profile; nil when the profile is disabled.
func actorOf(c identity.Claims, p *identity.Profile) *identity.Actor {
	actor := &identity.Actor{PersonID: p.PersonID, Subject: c.Subject, Username: c.Username, Client: c.ClientID, Kind: p.Kind,
		Scopes: c.Scopes, OnBehalf: c.OnBehalfOf, Session: c.Session, Projects: p.Projects, Locations: p.Locations, Approver: p.Approver}
	switch {
	case p.Known && !p.Active:
		return nil
	case c.Username == "":
		asService(actor, p)
	default:
		asPerson(actor, c, p)
	}
	if c.OnBehalfOf != "" {
		actor.Kind = identity.Agent
	}
	return actor
}

// asService gives a token without a user name the roles of its program's row.
func asService(actor *identity.Actor, p *identity.Profile) {
	actor.Roles, actor.Approver = p.Roles, identity.Approver{}
	if actor.Kind != identity.Agent {
		actor.Kind = identity.Service
	}
	if !p.Known || p.Username != "" { // a person's subject in a service's token is no service that we know
		actor.Roles, actor.Projects, actor.Locations = nil, identity.Area{}, identity.Area{}
	}
}

// asPerson gives the roles of the token. Without a profile of their own, people do not inherit that of
// the program that they use.
func asPerson(actor *identity.Actor, c identity.Claims, p *identity.Profile) {
	for _, g := range c.Groups {
		if r := identity.Role(g); r.Valid() && !slices.Contains(actor.Roles, r) {
			actor.Roles = append(actor.Roles, r)
		}
	}
	if p.Known && p.Username != "" {
		return
	}
	actor.PersonID = unknownPerson(c)
	actor.Projects, actor.Locations, actor.Approver = identity.Area{}, identity.Area{}, identity.Approver{}
	if actor.Kind == "" || actor.Kind == identity.Service {
		actor.Kind = identity.Person
	}
	if actor.Is(identity.Admin) {
		actor.Projects, actor.Locations = identity.Everywhere(), identity.Everywhere()
	}
}

// unknownPerson is the same id for the same subject, so that what an admin without a profile did can
// be told apart later.
func unknownPerson(c identity.Claims) uuid.UUID {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte(c.Issuer+"#"+c.Subject))
}

// both is what lies in the two areas.
func both(a, b identity.Area) identity.Area {
	switch {
	case a.All:
		return b
	case b.All:
		return a
	}
	out := identity.Only()
	for code := range a.Codes {
		if b.Codes[code] {
			out.Codes[code] = true
		}
	}
	return out
}
