package gateway

import (
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
)

// countSearch counts a search over the tools, the one tool that is no operation. A refusal is a result, as
// those of the operations are; addresses are counted in front of the door.
func (g *Gateway) countSearch(a *identity.Actor) *fault.Error {
	f, _ := g.o.Rates.Call(a, searchName)
	return f
}
