package cli

import (
	"path/filepath"
	"strings"

	"github.com/faiston/nexo/internal/app"
	"github.com/faiston/nexo/internal/config"
)

// serve runs everything on one address.
type serve struct{}

// Run serves until a signal comes.
func (serve) Run(s *session) error {
	return app.Serve(s.ctx, s.options(), s.welcome)
}

// welcome says where everything is and how to get in.
func (s *session) welcome(st app.Started) {
	w := s.Out
	s.printf(w, "\nNEXO %s\n\n", app.Version())
	s.printf(w, "  Web                 %[1]s/\n  API                 %[1]s/api/v1/openapi.json\n  MCP                 %[1]s/mcp\n"+
		"  Saúde · Health      %[1]s/healthz  %[1]s/readyz  %[1]s/metrics\n", st.URL)
	if st.Database != "" {
		s.printf(w, "  Banco · Database    %s\n", st.Database)
	}
	for _, n := range st.Notes {
		s.printf(w, "  %s\n  %s\n", n.PT, n.EN)
	}
	if s.Config.Mode == config.Local {
		s.signIn(st)
		s.connect(st)
	}
	s.printf(w, "\nCtrl-C encerra · stops\n")
}

func (s *session) signIn(st app.Started) {
	s.printf(s.Out, "\nEntrar · Sign in: %s/login\n", st.URL)
	if len(st.New) > 0 {
		s.printf(s.Out, "  %-12s %-12s %s\n", "usuário·user", "papel·role", "senha·password")
		for _, a := range st.New {
			s.printf(s.Out, "  %-12s %-12s %s\n", a.Username, a.Role, a.Password)
		}
	}
	if st.DemoFile != "" {
		s.printf(s.Out, "  Senhas guardadas em · Passwords are kept in: %s\n", st.DemoFile)
	}
}

// connect shows commands that work as they are, from here.
func (s *session) connect(st app.Started) {
	nexo := "bin/nexo"
	if abs, err := filepath.Abs(config.DefaultDataDir); err != nil || abs != s.Config.DataDir {
		nexo += " --data-dir " + quote(s.Config.DataDir)
	}
	s.printf(s.Out, "\nCliente MCP · MCP client\n  TOKEN=$(%s token --user logistics --group logistics)\n", nexo)
	s.printf(s.Out, "  npx @modelcontextprotocol/inspector --cli %s/mcp --transport http --header \"Authorization: Bearer $TOKEN\" --method tools/list\n", st.URL)
	s.printf(s.Out, "  stdio: %s mcp --user logistics --group logistics\n", nexo)
}

// quote makes a word of the shell.
func quote(s string) string {
	if !strings.ContainsAny(s, " '\"$\\`!*?&|;<>()") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
