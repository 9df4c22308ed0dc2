// Package postgres is the ledger in PostgreSQL: all SQL of the program, written by hand, one file a
// noun. A write locks the rows that it needs in a fixed order, asks stock.Decide, records what
// happened together with its audit row and its outbox row, and commits: there is no second place
// where a transaction lives.
//
// Statements are constants whose names begin with sql; a test prepares every one of them on a real
// server.
package postgres
