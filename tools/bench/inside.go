package main

import (
	"context"
	"crypto/rand"
	"net/http"
	"os"
	"time"

	"github.com/faiston/nexo/internal/gateway"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/oidc"
	"github.com/faiston/nexo/internal/ops"
	"github.com/faiston/nexo/internal/postgres"
	"github.com/google/uuid"
)

// positionsEvery is how often the log is ordered when nothing asks for it.
const positionsEvery = 200 * time.Millisecond

// serveInside is the MCP door over the real rooms, put together here: it stands in for the program where
// that is not built (flag -server inside). It has no REST.
func serveInside(ctx context.Context, t task) error {
	db, err := postgres.Open(ctx, postgres.Config{WriterURL: t.DSN, ReaderURL: t.DSN})
	if err != nil {
		return err
	}
	defer db.Close()
	go db.RunPositions(ctx, positionsEvery) //nolint:errcheck // it logs
	if err := savePerson(ctx, db); err != nil {
		return err
	}
	registry := ops.New(ops.Deps{Store: store{db}, Desk: db, NewID: newID, Now: time.Now})
	return serve(ctx, func(address string) (http.Handler, string, error) {
		issuer, err := oidc.NewIssuer(oidc.IssuerConfig{Local: true, URL: "http://" + address, DataDir: t.Dir, Directory: nobody{}, Now: time.Now,
			Random: rand.Reader, Log: discardLog()})
		if err != nil {
			return nil, "", err
		}
		verifier, err := issuer.NewVerifier()
		if err != nil {
			return nil, "", err
		}
		token, err := issuer.Mint(ctx, oidc.MintRequest{Subject: benchSubject, Username: benchSubject, Groups: []string{string(identity.Logistics)}})
		if err != nil {
			return nil, "", err
		}
		door, err := gateway.New(gateway.Options{Client: registry, Operations: registry.All(), Verifier: verifier, Actor: actorOf(db), Version: "bench",
			NewID: uuid.NewString, Log: discardLog(), ResourceMetadataURL: "http://" + address + "/.well-known/oauth-protected-resource"})
		mux := http.NewServeMux()
		mux.Handle("/mcp", door)
		mux.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("{}")) })
		return mux, token.Token, err
	})
}

// benchSubject is also the login's name; the program's own token command makes another one.
const benchSubject = "bench-inside"

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// savePerson makes the person who calls: logistics, everywhere.
func savePerson(ctx context.Context, db *postgres.DB) error {
	id := idOf(time.Unix(0, 0), saltActor, 2)
	err := db.SavePerson(ctx, &identity.PersonRecord{ID: id, Name: "Bancada", Active: true, Projects: identity.Everywhere(), Locations: identity.Everywhere()})
	if err != nil {
		return err
	}
	return db.SaveLogin(ctx, &identity.Login{Subject: benchSubject, PersonID: id, Username: benchSubject, Groups: []string{string(identity.Logistics)}})
}

// actorOf resolves the profile of a token's holder.
func actorOf(db *postgres.DB) func(context.Context, identity.Claims) (*identity.Actor, error) {
	return func(ctx context.Context, c identity.Claims) (*identity.Actor, error) {
		p, err := db.ProfileOf(ctx, c.Subject, c.ClientID)
		if err != nil {
			return nil, err
		}
		roles := make([]identity.Role, len(c.Groups))
		for i, g := range c.Groups {
			roles[i] = identity.Role(g)
		}
		return &identity.Actor{PersonID: p.PersonID, Subject: c.Subject, Username: c.Username, Client: c.ClientID, Kind: p.Kind, Roles: roles,
			Scopes: c.Scopes, Session: c.Session, Projects: p.Projects, Locations: p.Locations, Approver: p.Approver}, nil
	}
}

// nobody is a directory without people: the bench never signs in.
type nobody struct{}

// User implements oidc.Directory.
func (nobody) User(context.Context, string) (oidc.User, error) { return oidc.User{}, os.ErrNotExist }

// store adds what the database does not answer itself.
type store struct{ *postgres.DB }

// PersonByUsername implements ops.TaskReader.
func (s store) PersonByUsername(ctx context.Context, username string) (uuid.UUID, error) {
	l, err := s.LoginByUsername(ctx, username)
	if err != nil {
		return uuid.Nil, err
	}
	return l.PersonID, nil
}

// PersonNames implements ops.TaskReader.
func (s store) PersonNames(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]string, error) {
	names, err := s.Names(ctx, ids)
	out := make(map[uuid.UUID]string, len(names))
	for id, n := range names {
		out[id] = n.Display
	}
	return out, err
}
