// Package seal makes the past provable. Rows of the ledger and of the audit are hashed as they leave the database,
// the hashes are sealed in blocks, each block holds the hash of the one before, and now and then a block is signed
// with a key that the database does not have. Whoever changes, deletes, inserts or moves a row must forge all
// blocks after it, and cannot forge the signatures that lie outside.
//
// Everything here is pure: bytes in, hashes and answers out. Package postgres reads the rows and keeps the blocks.
package seal
