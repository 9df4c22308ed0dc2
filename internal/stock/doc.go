// Package stock is the ledger's law: part numbers, assets, locations, movements, balances,
// reservations and counts, and the one pure function that decides what a command does to them.
//
// Decide(state, command) returns events or a refusal; Apply(state, event) folds an event into the
// state. PostgreSQL runs the same two functions under row locks that simulations run in memory, so
// there is one set of rules. Nothing here reads a clock, a database or a random source.
//
// Every unit is always in exactly one place: what is not with us is in EXTERNO, what travels is in
// TRANSITO, and every movement takes from one place what it gives to another.
package stock
