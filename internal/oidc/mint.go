package oidc

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
)

// MintRequest asks for an access token without a sign-in page. Who can read the key file can do it.
type MintRequest struct {
	Subject    string // required
	Username   string // empty for a service
	Groups     []string
	ClientID   string        // one of the registered clients; empty means ClientCLI
	Scopes     []string      // empty means all that the client may have; what it may not have is left out
	TTL        time.Duration // 0 means AccessTTL; at most MaxAccessTTL
	OnBehalfOf string        // subject of the person an agent works for; such a token never has approve
}

// Minted is a token and what it says.
type Minted struct {
	Token  string
	Claims identity.Claims
}

// Mint signs an access token. It fails with fault.InvalidArgument on a client that is not registered, a
// life out of range, or no subject.
func (i *Issuer) Mint(_ context.Context, q MintRequest) (Minted, error) {
	if q.ClientID == "" {
		q.ClientID = ClientCLI
	}
	client, ok := i.clients[q.ClientID]
	switch {
	case !ok:
		return Minted{}, fault.InvalidArgument.With("Cliente desconhecido: %s.", "Unknown client: %s.", q.ClientID).On("client_id")
	case q.Subject == "":
		return Minted{}, fault.InvalidArgument.With("Falta o sujeito do token.", "The token's subject is missing.").On("subject")
	case q.TTL < 0 || q.TTL > MaxAccessTTL:
		return Minted{}, fault.InvalidArgument.With("A validade deve ser de até %s.", "The lifetime must be at most %s.", MaxAccessTTL).On("ttl")
	case q.Username != "" && client.Kind == identity.Service:
		return Minted{}, fault.InvalidArgument.With("Um serviço não tem nome de usuário.", "A service has no user name.").On("username")
	}
	scopes, ok := narrow(strings.Join(q.Scopes, " "), client.MintScopes)
	if q.OnBehalfOf != "" {
		scopes = slices.DeleteFunc(scopes, func(s string) bool { return s == identity.ScopeApprove })
	}
	if !ok || len(scopes) == 0 {
		return Minted{}, fault.InvalidArgument.With("Nenhum escopo permitido.", "No scope is allowed.").On("scopes")
	}
	session, err := i.newID()
	if err != nil {
		return Minted{}, err
	}
	g := grant{
		ClientID: q.ClientID, Subject: q.Subject, Username: q.Username, Groups: q.Groups, Scopes: scopes,
		Session: session, AuthTime: i.now(), ActFor: q.OnBehalfOf,
	}
	if q.TTL == 0 {
		q.TTL = AccessTTL
	}
	return i.signAccess(g, q.TTL)
}

// grant is what a person (or an operator) allowed a client: the content of tokens to be.
type grant struct {
	ClientID string    `json:"client_id"`
	Subject  string    `json:"sub"`
	Username string    `json:"username,omitempty"`
	Groups   []string  `json:"groups,omitempty"`
	Scopes   []string  `json:"scopes"`
	Resource string    `json:"resource,omitempty"`
	Session  string    `json:"session"` // origin_jti
	AuthTime time.Time `json:"auth_time"`
	ActFor   string    `json:"act_for,omitempty"`
	Nonce    string    `json:"nonce,omitempty"`
	Name     string    `json:"name,omitempty"`
}

// accessToken has Cognito's claims in Cognito's order.
type accessToken struct {
	Subject   string   `json:"sub"`
	Groups    []string `json:"cognito:groups,omitempty"`
	Issuer    string   `json:"iss"`
	Version   int      `json:"version"`
	ClientID  string   `json:"client_id"`
	OriginID  string   `json:"origin_jti,omitempty"`
	EventID   string   `json:"event_id,omitempty"`
	Use       string   `json:"token_use"`
	Scope     string   `json:"scope"`
	AuthTime  int64    `json:"auth_time"`
	ExpiresAt int64    `json:"exp"`
	IssuedAt  int64    `json:"iat"`
	TokenID   string   `json:"jti"`
	Username  string   `json:"username,omitempty"`
	Audience  string   `json:"aud,omitempty"` // only with resource binding
	ActFor    string   `json:"act_for,omitempty"`
}

func (i *Issuer) signAccess(g grant, ttl time.Duration) (Minted, error) {
	now := i.now().Truncate(time.Second)
	id, err1 := i.newID()
	event, err2 := i.newID()
	if err := errors.Join(err1, err2); err != nil {
		return Minted{}, err
	}
	claims := accessToken{
		Subject: g.Subject, Groups: g.Groups, Issuer: i.url, Version: 2, ClientID: g.ClientID, OriginID: g.Session,
		EventID: event, Use: "access", Scope: strings.Join(g.Scopes, " "), AuthTime: g.AuthTime.Unix(),
		ExpiresAt: now.Add(ttl).Unix(), IssuedAt: now.Unix(), TokenID: id, Username: g.Username,
		Audience: g.Resource, ActFor: g.ActFor,
	}
	token, err := i.sign(useAccess, claims)
	if err != nil {
		return Minted{}, err
	}
	if len(token) > MaxTokenSize {
		return Minted{}, fault.InvalidArgument.With("Grupos demais para um token.", "Too many groups for one token.").On("groups")
	}
	return Minted{Token: token, Claims: identity.Claims{
		Issuer: i.url, Subject: g.Subject, Username: g.Username, ClientID: g.ClientID, Groups: g.Groups, Scopes: g.Scopes,
		OnBehalfOf: g.ActFor, TokenID: id, Session: g.Session, IssuedAt: now, ExpiresAt: now.Add(ttl),
	}}, nil
}

// idToken has Cognito's claims of an id token: the client is in aud, the name in cognito:username.
type idToken struct {
	Subject   string   `json:"sub"`
	Groups    []string `json:"cognito:groups,omitempty"`
	Issuer    string   `json:"iss"`
	Username  string   `json:"cognito:username"`
	OriginID  string   `json:"origin_jti,omitempty"`
	Audience  string   `json:"aud"`
	Nonce     string   `json:"nonce,omitempty"`
	EventID   string   `json:"event_id"`
	Use       string   `json:"token_use"`
	AuthTime  int64    `json:"auth_time"`
	Name      string   `json:"name,omitempty"`
	ExpiresAt int64    `json:"exp"`
	IssuedAt  int64    `json:"iat"`
	TokenID   string   `json:"jti"`
}

func (i *Issuer) signID(g grant) (string, error) {
	now := i.now()
	id, err1 := i.newID()
	event, err2 := i.newID()
	if err := errors.Join(err1, err2); err != nil {
		return "", err
	}
	return i.sign(useID, idToken{
		Subject: g.Subject, Groups: g.Groups, Issuer: i.url, Username: g.Username, OriginID: g.Session, Audience: g.ClientID,
		Nonce: g.Nonce, EventID: event, Use: "id", AuthTime: g.AuthTime.Unix(), Name: g.Name,
		ExpiresAt: now.Add(AccessTTL).Unix(), IssuedAt: now.Unix(), TokenID: id,
	})
}

// sign makes the compact JWS of claims with the key of that use.
func (i *Issuer) sign(use string, claims any) (string, error) {
	kid, key, err := i.ring.signer(use)
	if err != nil {
		return "", err
	}
	head, err1 := json.Marshal(header{Algorithm: "RS256", KeyID: kid, Type: "JWT"})
	body, err2 := json.Marshal(claims)
	if err := errors.Join(err1, err2); err != nil {
		return "", fmt.Errorf("encoding a token: %w", err)
	}
	signed := base64.RawURLEncoding.EncodeToString(head) + "." + base64.RawURLEncoding.EncodeToString(body)
	sig, err := jwt.SigningMethodRS256.Sign(signed, key)
	if err != nil {
		return "", fmt.Errorf("signing a token: %w", err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(sig), nil
}

func (i *Issuer) newID() (string, error) {
	id, err := uuid.NewRandomFromReader(i.random)
	if err != nil {
		return "", fmt.Errorf("reading randomness: %w", err)
	}
	return id.String(), nil
}
