package cli

import (
	"io"
	"os"
	"strings"

	"github.com/faiston/nexo/internal/app"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/gateway"
	"github.com/faiston/nexo/internal/ops"
)

// doorName is what the audit calls the shell.
const doorName = "cli"

// call runs one operation.
type call struct {
	identityFlags
	Name string `arg:"" help:"Nome da operação · Name of the operation"`
	Args string `placeholder:"JSON" help:"Argumentos: JSON, @arquivo ou - para a entrada · Arguments: JSON, @file or - for the input"`
}

// Run calls the operation. Its answer, or the structured error of the contract, is printed as JSON.
func (c call) Run(s *session) error {
	raw, err := s.arguments(c.Args)
	if err != nil {
		return err
	}
	return s.withApp(func(a *app.App) error {
		actor, err := a.Act(s.ctx, c.who())
		if err != nil {
			return err
		}
		bar := s.bar(c.Name)
		out, err := a.Ops.Call(s.ctx, ops.Invocation{Name: c.Name, Arguments: raw, Actor: actor, Door: doorName, Origin: ops.OriginCLI,
			OnProgress: func(p ops.Progress) { bar.show(p.Done, p.Total) }})
		bar.end()
		if err != nil {
			_ = s.printJSON(map[string]any{"error": fault.Of(err).Wire()})
			return err
		}
		s.printAnswer(out)
		return nil
	})
}

// arguments reads the JSON of --args.
func (s *session) arguments(given string) ([]byte, error) {
	from := io.Reader(nil)
	switch {
	case given == "":
		return []byte("{}"), nil
	case given == "-":
		from = s.In
	case strings.HasPrefix(given, "@"):
		f, err := os.Open(given[1:])
		if err != nil {
			return nil, noFile(err)
		}
		defer f.Close() //nolint:errcheck // read only
		from = f
	default:
		return []byte(given), nil
	}
	raw, err := io.ReadAll(io.LimitReader(from, ops.MaxArguments+1))
	if err != nil {
		return nil, noFile(err)
	}
	if len(raw) > ops.MaxArguments {
		return nil, fault.InvalidArgument.With("Os argumentos passam de %d bytes.", "The arguments exceed %d bytes.", ops.MaxArguments).On("args")
	}
	return raw, nil
}

func noFile(err error) error {
	return fault.NotFound.With("O arquivo não pôde ser lido.", "The file could not be read.").Because(err)
}

// mcp serves the tools over stdio.
type mcp struct{ identityFlags }

// Run speaks MCP until the input ends.
func (m mcp) Run(s *session) error {
	return s.withApp(func(a *app.App) error {
		actor, err := a.Act(s.ctx, m.who())
		if err != nil {
			return err
		}
		err = gateway.Stdio(s.ctx, a.StdioOptions(), actor, s.In, s.Out)
		if s.ctx.Err() != nil {
			return nil
		}
		return err
	})
}
