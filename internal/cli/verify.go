package cli

import (
	"github.com/faiston/nexo/internal/app"
)

// verify replays the ledger.
type verify struct {
	JSON bool `name:"json" help:"JSON"`
}

// Run checks everything and fails on the first thing that is wrong.
func (v verify) Run(s *session) error {
	return s.withApp(func(a *app.App) error { return a.Verify(s.ctx) })
}
