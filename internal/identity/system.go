package identity

import "github.com/google/uuid"

// SystemClient is the program's own name among the actors of the log.
const SystemClient = "nexo-system"

// SystemID is the actor of what the program does by itself; the same in every installation.
func SystemID() uuid.UUID { return uuid.NewSHA1(uuid.NameSpaceDNS, []byte(SystemClient)) }

// TheSystem is the program as an actor. No token can ever be it: no issuer knows its client.
func TheSystem() *Actor {
	return &Actor{PersonID: SystemID(), Subject: SystemClient, Client: SystemClient, Kind: System,
		Scopes: []string{ScopeTools}, Projects: Everywhere(), Locations: Everywhere()}
}
