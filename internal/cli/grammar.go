package cli

import (
	"strings"

	"github.com/alecthomas/kong"

	"github.com/faiston/nexo/internal/config"
	"github.com/faiston/nexo/internal/fault"
)

// grammar is every verb with its flags. Texts and examples are in text.go.
type grammar struct {
	settings

	Serve         serve         `cmd:""`
	Migrate       migrate       `cmd:""`
	Token         token         `cmd:""`
	Tools         tools         `cmd:""`
	Call          call          `cmd:""`
	Reconcile     reconcile     `cmd:""`
	Export        export        `cmd:""`
	Verify        verify        `cmd:""`
	Audit         audit         `cmd:""`
	RebuildEvents rebuildEvents `cmd:"" name:"rebuild-events"`
	MCP           mcp           `cmd:"" name:"mcp"`
	Doctor        doctor        `cmd:""`
	Version       version       `cmd:""`
	Bench         notBuilt      `cmd:""`
	Import        notBuilt      `cmd:""`
	Runtime       notBuilt      `cmd:""`
}

// settings are the flags of every verb: what the configuration reads from the environment.
type settings struct {
	Mode        string `placeholder:"local|aws" help:"Onde roda; local é o padrão · Where it runs; local is the default"`
	Addr        string `placeholder:"HOST:PORT" help:"Endereço de serve; 127.0.0.1:8080 · Address of serve"`
	PublicURL   string `name:"public-url" placeholder:"URL" help:"Endereço que os usuários veem · Address that users see"`
	DataDir     string `placeholder:"DIR" help:"Diretório de dados; ./.nexo · Data directory"`
	DatabaseURL string `name:"database-url" placeholder:"URL" help:"PostgreSQL a usar em vez do próprio · PostgreSQL to use instead of the private one"`
	Demo        string `placeholder:"0|1" help:"Empresa de demonstração · Demo company"`
	Log         string `placeholder:"text|json" help:"Forma do registro · Form of the log"`
}

// over lays the flags that were given over the environment.
func (g *settings) over(env config.Lookup) config.Lookup {
	given := map[string]string{"NEXO_MODE": g.Mode, "NEXO_ADDR": g.Addr, "NEXO_PUBLIC_URL": g.PublicURL, "NEXO_DATA_DIR": g.DataDir,
		"NEXO_DATABASE_URL": g.DatabaseURL, "NEXO_DEMO": g.Demo, "NEXO_LOG": g.Log}
	return func(name string) (string, bool) {
		if v := given[name]; v != "" {
			return v, true
		}
		return env(name)
	}
}

// identityFlags say as whom a verb acts.
type identityFlags struct {
	User     string   `placeholder:"NAME" help:"Usuário (admin se ninguém for dito); o perfil que falta é criado · User (admin if none is said); a missing profile is made"`
	Group    []string `placeholder:"ROLE" help:"Papéis: admin, logistics, operations, technician, finance, viewer · Roles"`
	Project  []string `placeholder:"CODE" help:"Só estes projetos; sem isto, todos · Only these projects; all without it"`
	Approver bool     `help:"O perfil pode aprovar · The profile may approve"`
}

// envName is the variable of a flag.
func envName(flag string) string {
	return "NEXO_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// parser builds kong's parser over g. Variables come from env and not from the process, and help is ours.
func parser(g *grammar, env config.Lookup) (*kong.Kong, error) {
	fromEnv := kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		if v, ok := env(envName(flag.Name)); ok && v != "" {
			return v, nil
		}
		return nil, nil
	})
	return kong.New(g, kong.Name("nexo"), kong.NoDefaultHelp(), kong.Resolvers(fromEnv), kong.Exit(func(int) {}))
}

// dispatch finds the verb and runs it.
func (s *session) dispatch() error {
	var g grammar
	k, err := parser(&g, s.Env)
	if err != nil {
		return err
	}
	if asked, about := helpAsked(s.Args); asked {
		return s.help(k.Model, about)
	}
	parsed, err := k.Parse(s.Args)
	if err != nil {
		return wrongCall(s.Args, err)
	}
	verb := strings.Fields(parsed.Command())[0]
	if s.Config, err = config.Load(g.over(s.Env)); err != nil {
		return &usage{cause: err}
	}
	s.silent = verb != "serve" && s.Config.Log == config.LogAuto
	s.Log = newLog(s.Config, s.Err, verb == "serve")
	return parsed.Run(s, verbName(verb))
}

// verbName is the verb as it was called, for verbs that share a form.
type verbName string

// wrongCall puts kong's words into ours.
func wrongCall(args []string, err error) error {
	verb := ""
	if len(args) > 0 && verbText(args[0]).name != "" {
		verb = " " + args[0]
	}
	return &usage{verb: verb, cause: fault.InvalidArgument.With("Uso incorreto: %[1]s.", "Wrong usage: %[1]s.", err.Error())}
}
