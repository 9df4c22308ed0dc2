package identity

import (
	"context"

	"github.com/google/uuid"
)

// Profile is what the database knows about who holds a token. The zero Profile, for a subject that is
// not known, sees nothing and may decide nothing.
type Profile struct {
	Known     bool
	Active    bool      // false: disabled, and refused at every door
	PersonID  uuid.UUID // of the person, or the actor id of the program
	Name      string
	Username  string // empty for a program
	Kind      Kind
	Roles     []Role // of programs only; a person's roles are the token's groups
	Projects  Area
	Locations Area // with the places below each
	Approver  Approver
}

// PersonRecord is a person as an administrator keeps it. Codes of places mean the places below them too.
type PersonRecord struct {
	ID        uuid.UUID
	Name      string
	Active    bool
	Projects  Area
	Locations Area
	Approver  Approver
}

// Login is one way for a person to sign in. PasswordHash and Groups are used by the local issuer only.
type Login struct {
	Subject      string // "sub" of the token
	PersonID     uuid.UUID
	Username     string // trimmed and in lower case
	Name         string // of the person; read only
	PasswordHash string // saved only when not empty, so that a change of groups keeps the password
	Groups       []string
	Disabled     bool
}

// ClientRecord is a program that calls, with what it may do when no person stands behind the call.
type ClientRecord struct {
	ClientID  string
	ActorID   uuid.UUID // the actor of its rows in the log
	Kind      Kind
	Roles     []Role
	Projects  Area
	Locations Area
}

// Name is how a person or program is shown.
type Name struct {
	Display  string
	Username string // the client id of a program
}

// Directory keeps profiles; package postgres satisfies it. Changes are seen by this process at once and
// by others within half a minute.
type Directory interface {
	// ProfileOf gives the profile of a token's subject and client.
	ProfileOf(ctx context.Context, subject, clientID string) (*Profile, error)
	// LoginByUsername finds a login; fault.NotFound when there is none.
	LoginByUsername(ctx context.Context, username string) (*Login, error)
	// SavePerson creates or replaces a person.
	SavePerson(ctx context.Context, p *PersonRecord) error
	// SaveLogin creates or replaces a login by its subject; fault.AlreadyExists when the user name is another's.
	SaveLogin(ctx context.Context, l *Login) error
	// SaveClient creates or replaces a program.
	SaveClient(ctx context.Context, c *ClientRecord) error
	// Names resolves the ids that rows of the log carry; unknown ones are left out.
	Names(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]Name, error)
}
