// Package simtest holds what the promises of the ledger are tried with: a small company on a real
// database, a model of the desk in memory, a checker of the invariants I1 to I12, and a network that
// breaks (netproxy). Its tests are of the reliability page: random commands
// decided in memory and by PostgreSQL, storms of writers, lost answers, killed processes and servers.
//
// By default everything runs small, in seconds. NEXO_CHAOS=1 (make chaos) runs it at full size.
package simtest
