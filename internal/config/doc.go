// Package config is what a user may set: one typed struct, read from the environment, checked before
// anything starts, with the reason of every number beside it.
//
// Flags of the shell are written over the environment before Load, so there is one parser and one set
// of messages. Limits that belong to one door or adapter stand there, with their reasons; here are
// those of the process.
package config
