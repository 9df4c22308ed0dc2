// Package cli is the program's shell: one verb a file, flags by kong, each with a variable NEXO_… of the
// same name. It prints for people on a terminal and JSON where machines ask for it.
//
// Exit codes: 0 done, 1 failed, 2 wrong usage or configuration (the contract).
package cli
