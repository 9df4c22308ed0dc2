package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/faiston/nexo/internal/config"
	"github.com/faiston/nexo/internal/demo"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/oidc"
)

// demoFileName keeps the passwords of the demo users for who owns the data directory; the database has hashes.
const demoFileName = "demo-users.txt"

// demoMarker is the project by which package demo tells that it has begun here.
const demoMarker = "DEMO"

// demoUsers is one person a role, and two more who approve (contract, Identity).
func demoUsers() []user {
	return []user{
		{"admin", "Ana Administradora", []string{"admin"}, true},
		{"logistics", "Lucas Logística", []string{"logistics"}, false},
		{"operations", "Olga Operações", []string{"operations"}, false},
		{"technician", "Tiago Técnico", []string{"technician"}, false},
		{"finance", "Fernanda Finanças", []string{"finance"}, false},
		{"viewer", "Vera Visitante", []string{"viewer"}, false},
		{"lead", "Lia Líder de Logística", []string{"logistics"}, true},
		{"admin2", "Artur Administrador", []string{"admin"}, true},
	}
}

// Account is a demo user whose password was made just now.
type Account struct{ Username, Role, Password string }

// wantsUsers says whether the demo users belong into this database: when somebody says so, and by itself
// into a private one, which nobody could sign in to otherwise.
func (a *App) wantsUsers() bool {
	c := a.Config
	return c.Mode == config.Local && (c.Demo == config.DemoOn || c.Demo == config.DemoAuto && c.Private())
}

// wantsDemo says whether the demo company belongs into it, too: by itself only where nothing is yet, or
// where a load was cut short.
func (a *App) wantsDemo(ctx context.Context) (bool, error) {
	if !a.wantsUsers() || a.Config.Demo == config.DemoOn {
		return a.wantsUsers(), nil
	}
	if _, begun := a.DB.Catalog().Project(demoMarker); begun {
		return true, nil
	}
	if _, err := a.DB.AssignPositions(ctx); err != nil { // what was written just before a crash counts
		return false, err
	}
	last, err := a.DB.LastPosition(ctx)
	return last == 0, err
}

// ensureUsers makes the demo users that are missing and gives those that it made.
func (a *App) ensureUsers(ctx context.Context) ([]Account, error) {
	var made []Account
	for _, u := range demoUsers() {
		l, err := a.DB.LoginByUsername(ctx, u.name)
		if err == nil && l.PasswordHash != "" {
			continue
		}
		if err != nil && fault.CodeOf(err) != fault.NotFound {
			return nil, err
		}
		if erased, err := a.DB.WasErased(ctx, personOf(u.name)); err != nil {
			return nil, err
		} else if erased {
			continue
		}
		password, err := oidc.ReadablePassword(a.o.Random)
		if err != nil {
			return nil, err
		}
		hash, err := oidc.HashPassword(password, a.o.Random)
		if err != nil {
			return nil, err
		}
		// The file comes before the database: a password that nobody has seen is worth nothing.
		made = append(made, Account{u.name, u.groups[0], password})
		if err := a.keepAccounts(made[len(made)-1:]); err != nil {
			return nil, err
		}
		if _, err := a.savePerson(ctx, u, identity.Everywhere(), hash); err != nil {
			return nil, err
		}
	}
	return made, nil
}

// demoFile is where the demo users' passwords can be read again.
func (a *App) demoFile() string { return filepath.Join(a.Config.DataDir, demoFileName) }

// hasDemoFile says whether there is such a file.
func (a *App) hasDemoFile() bool {
	_, err := os.Stat(a.demoFile())
	return err == nil
}

// keepAccounts adds accounts to the file of passwords; a later line about a user replaces an earlier one.
func (a *App) keepAccounts(accounts []Account) error {
	old, err := os.ReadFile(a.demoFile())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read demo users: %w", err)
	}
	lines := []string{"# NEXO: usuários da demonstração (usuário, papel, senha) · demo users (user, role, password)"}
	for line := range strings.Lines(string(old)) {
		name, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		replaced := false
		for _, acc := range accounts {
			replaced = replaced || acc.Username == name
		}
		if name != "" && name != "#" && !replaced {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	for _, acc := range accounts {
		lines = append(lines, fmt.Sprintf("%-12s %-12s %s", acc.Username, acc.Role, acc.Password))
	}
	tmp := a.demoFile() + ".new"
	if err := os.WriteFile(tmp, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		return fmt.Errorf("keep demo users: %w", err)
	}
	return os.Rename(tmp, a.demoFile())
}

// loadDemo fills an empty database with the demo company, or completes a load that was cut short.
func (a *App) loadDemo(ctx context.Context) error {
	if demo.Loaded(a.DB.Catalog()) {
		return nil
	}
	a.o.Notify(Note{"Carregando a empresa de demonstração, só na primeira vez…", "Loading the demo company, the first time only…"})
	o := demo.Options{Desk: a.DB, Store: a.DB, Now: a.o.Now(), Keep: a.keepPaper}
	for name, actor := range map[string]**identity.Actor{"admin": &o.Actors.Admin, "lead": &o.Actors.Lead, "logistics": &o.Actors.Logistics,
		"operations": &o.Actors.Operations, "technician": &o.Actors.Technician} {
		var err error
		if *actor, err = a.Act(ctx, Who{Username: name}); err != nil {
			return err
		}
	}
	agent, err := a.Token(ctx, Who{Username: "operations"}, oidc.ClientAgent, 0)
	if err != nil {
		return err
	}
	if o.Actors.Agent, err = a.ActorOf(ctx, agent.Claims); err != nil {
		return err
	}
	if err := demo.Load(ctx, o); err != nil {
		return err
	}
	debug.FreeOSMemory() // what eighteen months took is not needed again
	return nil
}
