// Package app wires the rooms of the house into a program: it finds or starts the database, opens it as
// its roles, declares the operations over it, and serves them through every door until it is told to
// stop. Clocks, ids and randomness are made here and handed down.
package app
