// Package identity says who acts: a person, an agent or a service, on whose behalf, with which
// roles, and over which projects and places. It decides nothing about tokens (package oidc does)
// and nothing about single operations (package ops does).
package identity

import (
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/govalues/decimal"
)

// Role is a group of the token ("cognito:groups").
type Role string

// The six roles of the contract.
const (
	Admin      Role = "admin"
	Logistics  Role = "logistics"
	Operations Role = "operations"
	Technician Role = "technician"
	Finance    Role = "finance"
	Viewer     Role = "viewer"
)

// Roles lists every role, from the most to the least powerful.
func Roles() []Role { return []Role{Admin, Logistics, Operations, Technician, Finance, Viewer} }

// Valid reports whether r is one of the six.
func (r Role) Valid() bool { return slices.Contains(Roles(), r) }

// Scopes that a token may carry.
const (
	ScopeTools   = "sga/tools"   // call operations
	ScopeApprove = "sga/approve" // decide on another person's proposal; agent clients never have it
)

// Kind tells people from programs.
type Kind string

// Kinds of subjects.
const (
	Person  Kind = "person"  // a token with a username, from a client that people use
	Agent   Kind = "agent"   // a token of an agent client, or one that carries on-behalf-of
	Service Kind = "service" // a token without a username (client credentials)
	System  Kind = "system"  // the program itself: what the clock asks for
)

// Claims is what a verified access token says. It is only ever made by package oidc.
type Claims struct {
	Issuer     string
	Subject    string
	Username   string // empty for a service
	ClientID   string
	Groups     []string
	Scopes     []string
	OnBehalfOf string // the person that an agent says it works for (claim "act_for")
	TokenID    string // jti
	Session    string // origin_jti: one sign-in
	IssuedAt   time.Time
	ExpiresAt  time.Time
}

// HasScope reports whether the token carries scope s. The bare word is accepted beside the
// resource-server form, so "approve" and "sga/approve" are the same.
func (c Claims) HasScope(s string) bool {
	for _, have := range c.Scopes {
		if have == s || "sga/"+have == s {
			return true
		}
	}
	return false
}

// Area is a set of business codes, or all of them.
type Area struct {
	All   bool
	Codes map[string]bool
}

// Everywhere is the area without a limit.
func Everywhere() Area { return Area{All: true} }

// Only is the area of the given codes.
func Only(codes ...string) Area {
	a := Area{Codes: make(map[string]bool, len(codes))}
	for _, c := range codes {
		a.Codes[c] = true
	}
	return a
}

// Has reports whether code lies in the area.
func (a Area) Has(code string) bool { return a.All || a.Codes[code] }

// Approver says whether and how far a person may decide on proposals.
type Approver struct {
	May      bool
	Limit    *decimal.Decimal // BRL; nil is without limit
	Projects Area
}

// Actor is who acts, as an operation sees it. It never comes from arguments.
type Actor struct {
	PersonID  uuid.UUID // the profile; the same person with two logins has one
	Subject   string
	Username  string
	Client    string
	Kind      Kind
	Roles     []Role
	Scopes    []string
	OnBehalf  string // subject of the person an agent works for
	Session   string
	Projects  Area
	Locations Area
	Approver  Approver
}

// Is reports whether the actor has one of the roles.
func (a *Actor) Is(roles ...Role) bool {
	for _, r := range roles {
		if slices.Contains(a.Roles, r) {
			return true
		}
	}
	return false
}

// HasScope reports whether the actor's token carries scope s.
func (a *Actor) HasScope(s string) bool { return Claims{Scopes: a.Scopes}.HasScope(s) }
