// Command bench measures the program beside the limits of what it is built on, in one run, on this
// machine: `go run ./tools/bench` (make bench). It makes its own PostgreSQL 15 and its own data, which
// stay between runs, talks to loopback only and stops by itself.
//
// A ratio between two figures of one run holds on other machines too; a figure alone does not. The limit
// of a case is measured right before ours, with the leanest correct way that we know: SQL under pgbench,
// net/http straight on pgx, COPY with set-based SQL, DuckDB.
//
// The limits' writes have a schema of their own (limit.go), so that nothing of ours slows them down; their
// reads use our tables, so that both sides return the same rows.
package main
