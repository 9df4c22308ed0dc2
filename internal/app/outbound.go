package app

import (
	"time"

	"github.com/faiston/nexo/internal/outbound"
)

// keysTimeout bounds a read of Cognito's key set; callers with an unknown key wait for it.
const keysTimeout = 5 * time.Second

// keysClient reads key sets. It follows no redirects: a key set that moves is a changed configuration.
func (a *App) keysClient() *outbound.Client {
	return outbound.New(outbound.Options{Allow: a.Config.Network.Allow, Time: keysTimeout, Body: 1 << 20})
}
