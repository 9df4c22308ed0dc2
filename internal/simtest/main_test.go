package simtest

import (
	"flag"
	"os"
	"strconv"
	"testing"
)

// TestMain makes random checks few unless the command line says how many, and lends the test binary to
// the crash tests as the process that they kill.
func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		os.Exit(writeUntilKilled())
	}
	if os.Getenv(migratorEnv) != "" {
		os.Exit(migrateUntilKilled())
	}
	for name, value := range map[string]string{"rapid.checks": strconv.Itoa(size(60, 1000)), "rapid.nofailfile": "true", "rapid.shrinktime": "10s"} {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// chaos reports whether everything is to run at full size.
func chaos() bool { return os.Getenv("NEXO_CHAOS") == "1" }

// size picks how much a test does.
func size(usual, full int) int {
	if chaos() {
		return full
	}
	return usual
}
