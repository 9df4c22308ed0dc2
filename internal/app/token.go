package app

import (
	"context"
	"time"

	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/oidc"
)

// Issuer is the local issuer, opened when it is first needed. Its URL is that of the serve that runs on
// this data directory, so that its doors accept what is minted here.
func (a *App) Issuer() (*oidc.Issuer, error) {
	if err := a.localOnly(); err != nil {
		return nil, err
	}
	if a.issuer != nil {
		return a.issuer, nil
	}
	return a.openIssuer(a.publicURL())
}

func (a *App) openIssuer(url string) (*oidc.Issuer, error) {
	i, err := oidc.NewIssuer(oidc.IssuerConfig{Local: true, URL: url, DataDir: a.Config.DataDir, Origins: oidc.Origins{Loopback: true},
		Directory: directory{a.DB}, Store: oidc.NewItemStore(a.Items, a.o.Now), Now: a.o.Now, Random: a.o.Random, Log: a.o.Log})
	if err != nil {
		return nil, err
	}
	a.issuer = i
	return i, nil
}

// Token mints an access token for w, whose profile it makes if there is none. Local mode only.
func (a *App) Token(ctx context.Context, w Who, client string, ttl time.Duration) (oidc.Minted, error) {
	issuer, err := a.Issuer()
	if err != nil {
		return oidc.Minted{}, err
	}
	if err := a.programs(ctx); err != nil {
		return oidc.Minted{}, err
	}
	login, err := a.person(ctx, w)
	if err != nil {
		return oidc.Minted{}, err
	}
	return issuer.Mint(ctx, oidc.MintRequest{Subject: login.Subject, Username: login.Username, Groups: login.Groups, ClientID: client, TTL: ttl})
}

// Act gives w as an actor, with the rights that a token of theirs would have.
func (a *App) Act(ctx context.Context, w Who) (*identity.Actor, error) {
	minted, err := a.Token(ctx, w, oidc.ClientCLI, 0)
	if err != nil {
		return nil, err
	}
	return a.ActorOf(ctx, minted.Claims)
}
