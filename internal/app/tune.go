package app

import (
	"runtime/debug"

	"github.com/faiston/nexo/internal/config"
)

// tune sets the collector for a small, busy heap, unless the environment has.
func tune(c *config.Config) {
	if c.SetGC {
		debug.SetGCPercent(config.GCPercent)
	}
	if c.SetMemoryLimit {
		debug.SetMemoryLimit(config.MemoryLimit)
	}
}
