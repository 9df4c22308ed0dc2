package oidc

import "context"

// User is a person as the local issuer needs to know them.
type User struct {
	Subject      string // stable id; becomes "sub"
	Username     string
	Name         string // shown on pages
	PasswordHash string // of HashPassword; empty means that nobody can sign in with a password
	Groups       []string
	Disabled     bool
}

// Directory knows the users of local mode; package postgres satisfies it. On AWS Cognito keeps them.
type Directory interface {
	// User finds a person by user name, which arrives trimmed and in lower case. The error is
	// fault.NotFound when there is none.
	User(ctx context.Context, username string) (User, error)
}
