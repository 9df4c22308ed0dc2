// Compat shows that two versions of the program live together, as they do while one replaces the other: the version
// before on the new schema, the new one on the schema before, and both at once on one database. It
// calls the eleven tools and decides tasks in each state, over HTTP, and has the ledger verified at the end.
//
// The version before is the last tag, or else the commit in the file base beside this one. `make compat` runs it.
package main
