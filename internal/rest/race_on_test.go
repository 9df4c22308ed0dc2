//go:build race

package rest

// raceEnabled says that memory is not worth measuring.
const raceEnabled = true
