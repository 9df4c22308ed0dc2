package cli

import (
	"time"

	"github.com/faiston/nexo/internal/app"
	"github.com/faiston/nexo/internal/fault"
)

// token prints an access token.
type token struct {
	identityFlags
	TTL    time.Duration `name:"ttl" default:"1h" help:"Validade, até 24h · Lifetime, up to 24h"`
	Client string        `default:"nexo-cli" help:"Cliente: nexo-cli, nexo-web ou nexo-agent · Client"`
	JSON   bool          `name:"json" help:"JSON com o vencimento · JSON with the expiry"`
}

// Run mints the token.
func (t token) Run(s *session) error {
	if t.User == "" { // a token outlives this command: whose it is must be said
		return &usage{verb: " token", cause: fault.InvalidArgument.With("Informe --user.", "Give --user.").On("user")}
	}
	if t.TTL <= 0 {
		return &usage{verb: " token", cause: fault.InvalidArgument.With("A validade deve ser positiva.", "The lifetime must be positive.").On("ttl")}
	}
	return s.withApp(func(a *app.App) error {
		m, err := a.Token(s.ctx, t.who(), t.Client, t.TTL)
		if err != nil {
			return err
		}
		if t.JSON {
			return s.printJSON(map[string]any{"access_token": m.Token, "token_type": "Bearer", "expires_at": m.Claims.ExpiresAt.Format(time.RFC3339),
				"issuer": m.Claims.Issuer, "groups": m.Claims.Groups, "scope": m.Claims.Scopes})
		}
		s.printf(s.Out, "%s\n", m.Token)
		return nil
	})
}

func (f identityFlags) who() app.Who {
	if f.User == "" {
		f.User = "admin" // whoever runs the shell of the machine owns its data directory
	}
	return app.Who{Username: f.User, Groups: f.Group, Projects: f.Project, Approver: f.Approver}
}
