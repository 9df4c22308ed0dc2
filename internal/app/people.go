package app

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/oidc"
	"github.com/faiston/nexo/internal/postgres"
)

// directory shows the people of the database to the local issuer.
type directory struct{ db *postgres.DB }

var _ oidc.Directory = directory{}

// User implements oidc.Directory.
func (d directory) User(ctx context.Context, username string) (oidc.User, error) {
	l, err := d.db.LoginByUsername(ctx, username)
	if err != nil {
		return oidc.User{}, err
	}
	return oidc.User{Subject: l.Subject, Username: l.Username, Name: l.Name, PasswordHash: l.PasswordHash, Groups: l.Groups, Disabled: l.Disabled}, nil
}

// subjectOf is the "sub" of a login that the program makes. It follows from the name, so that a token
// that was made before the database was thrown away still means the same person after it.
func subjectOf(username string) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte("nexo/login/"+username)).String()
}

// personOf is the person behind a login that the program makes.
func personOf(username string) uuid.UUID {
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte("nexo/person/"+username))
}

// Who names a user of the shell: `nexo token` and `nexo call` make the profile that is missing.
type Who struct {
	Username string
	Groups   []string // empty: those of the profile, or viewer for a new one
	Projects []string // empty: all, for a new profile; as it is, for one that exists
	Approver bool     // a new or present profile may decide on proposals
}

// person finds the login of w, or makes it with its profile, and applies what w says about projects and
// approving. It gives the login with the groups that the token shall have.
func (a *App) person(ctx context.Context, w Who) (*identity.Login, error) {
	w.Username = strings.ToLower(strings.TrimSpace(w.Username))
	if w.Username == "" || len(w.Username) > maxUsername || strings.ContainsAny(w.Username, " \t\r\n\"'<>/\\") {
		return nil, fault.InvalidArgument.With("Nome de usuário inválido.", "Invalid user name.").On("user")
	}
	for i, g := range w.Groups {
		w.Groups[i] = strings.ToLower(g)
		if !identity.Role(w.Groups[i]).Valid() {
			return nil, fault.InvalidArgument.With("Grupo desconhecido: %s.", "Unknown group: %s.", g).On("group").Detail("allowed", roleNames())
		}
	}
	login, err := a.DB.LoginByUsername(ctx, w.Username)
	if fault.CodeOf(err) == fault.NotFound {
		return a.newPerson(ctx, w)
	}
	if err != nil {
		return nil, err
	}
	if login.Disabled {
		return nil, fault.PermissionDenied.With("Este usuário está desativado.", "This user is disabled.").On("user")
	}
	if len(w.Groups) > 0 {
		login.Groups = w.Groups
	}
	return login, a.adjust(ctx, login, w)
}

// maxUsername is Cognito's limit.
const maxUsername = 128

func roleNames() []string {
	var out []string
	for _, r := range identity.Roles() {
		out = append(out, string(r))
	}
	return out
}

func (a *App) newPerson(ctx context.Context, w Who) (*identity.Login, error) {
	if len(w.Groups) == 0 {
		w.Groups = usualGroups(w.Username)
	}
	projects, err := a.area(w.Projects)
	if err != nil {
		return nil, err
	}
	u := user{name: w.Username, display: w.Username, groups: w.Groups, approver: w.Approver || decides(w)}
	return a.savePerson(ctx, u, projects, "")
}

// usualGroups are those of the demo user of that name; anybody else may look.
func usualGroups(username string) []string {
	for _, u := range demoUsers() {
		if u.name == username {
			return u.groups
		}
	}
	return []string{string(identity.Viewer)}
}

// decides says which new profiles may approve without being told: admins, and the names that the
// contract lists as approvers.
func decides(w Who) bool {
	return slices.Contains(w.Groups, string(identity.Admin)) ||
		slices.ContainsFunc(demoUsers(), func(u user) bool { return u.name == w.Username && u.approver })
}

// adjust changes the profile of somebody who exists, where w says more than it has.
func (a *App) adjust(ctx context.Context, login *identity.Login, w Who) error {
	if len(w.Projects) == 0 && !w.Approver {
		return nil
	}
	p, err := a.DB.ProfileOf(ctx, login.Subject, oidc.ClientCLI)
	if err != nil {
		return err
	}
	record := &identity.PersonRecord{ID: p.PersonID, Name: p.Name, Active: true, Projects: p.Projects, Locations: p.Locations, Approver: p.Approver}
	if len(w.Projects) > 0 {
		if record.Projects, err = a.area(w.Projects); err != nil {
			return err
		}
	}
	if w.Approver && !p.Approver.May {
		record.Approver = identity.Approver{May: true, Projects: identity.Everywhere()}
	}
	return a.DB.SavePerson(ctx, record)
}

// area is the given projects, or all of them.
func (a *App) area(projects []string) (identity.Area, error) {
	if len(projects) == 0 {
		return identity.Everywhere(), nil
	}
	cat := a.DB.Catalog()
	area := identity.Only()
	for _, code := range projects {
		p, ok := cat.Project(strings.ToUpper(strings.TrimSpace(code)))
		if !ok {
			return area, fault.NotFound.With("Projeto %q não encontrado.", "Project %q not found.", code).On("project")
		}
		area.Codes[p.Code] = true
	}
	return area, nil
}

// user is a person that the program makes.
type user struct {
	name, display string
	groups        []string
	approver      bool
}

// savePerson makes a person who sees all places and the given projects, with a login.
func (a *App) savePerson(ctx context.Context, u user, projects identity.Area, passwordHash string) (*identity.Login, error) {
	record := &identity.PersonRecord{ID: personOf(u.name), Name: u.display, Active: true, Projects: projects, Locations: identity.Everywhere()}
	if u.approver {
		record.Approver = identity.Approver{May: true, Projects: identity.Everywhere()}
	}
	if err := a.DB.SavePerson(ctx, record); err != nil {
		return nil, err
	}
	login := &identity.Login{Subject: subjectOf(u.name), PersonID: record.ID, Username: u.name, Name: u.display, PasswordHash: passwordHash, Groups: u.groups}
	return login, a.DB.SaveLogin(ctx, login)
}

// programs makes the rows of the programs that call without a person, where they are missing: the
// clients of the local issuer, and the program itself, so that its name can be shown.
func (a *App) programs(ctx context.Context) error {
	everywhere := identity.Everywhere()
	for _, c := range []identity.ClientRecord{
		{ClientID: oidc.ClientAgent, Kind: identity.Agent},
		{ClientID: oidc.ClientService, Kind: identity.Service, Roles: []identity.Role{identity.Operations}, Projects: everywhere, Locations: everywhere},
		{ClientID: systemClient, Kind: identity.Service, ActorID: systemID()},
	} {
		have, err := a.DB.ProfileOf(ctx, "", c.ClientID)
		if err != nil {
			return err
		}
		if have.Known {
			continue
		}
		if c.ActorID == uuid.Nil {
			c.ActorID = personOf("client/" + c.ClientID)
		}
		if err := a.DB.SaveClient(ctx, &c); err != nil {
			return fmt.Errorf("save client %s: %w", c.ClientID, err)
		}
	}
	return nil
}
