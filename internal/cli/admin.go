package cli

import (
	"os"
	"runtime"

	"github.com/faiston/nexo/internal/app"
	"github.com/faiston/nexo/internal/config"
	"github.com/faiston/nexo/internal/fault"
)

// migrate applies the embedded migrations.
type migrate struct{}

// Run migrates and says how much there was to do.
func (migrate) Run(s *session) error {
	n, err := app.Migrate(s.ctx, s.options())
	if err != nil {
		return err
	}
	s.printf(s.Out, "%d migrações aplicadas · migrations applied\n", n)
	return nil
}

// version says what this program is.
type version struct {
	JSON bool `name:"json" help:"JSON"`
}

// Run prints the version.
func (v version) Run(s *session) error {
	if v.JSON {
		return s.printJSON(map[string]string{"version": app.Version(), "schema": app.SchemaVersion(), "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH})
	}
	s.printf(s.Out, "nexo %s · schema %s · %s %s/%s\n", app.Version(), app.SchemaVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}

// doctor looks at what the program needs, and changes nothing.
type doctor struct {
	JSON bool `name:"json" help:"JSON"`
}

// check is one line of the report.
type check struct {
	Name      string `json:"name"`
	OK        bool   `json:"ok"`
	Message   string `json:"message"`
	MessageEN string `json:"message_en"`
}

// Run prints the report; it fails when something that is needed is missing.
func (d doctor) Run(s *session) error {
	ready, checks := true, []check{{"configuration", true, "Modo " + string(s.Config.Mode) + ", dados em " + s.Config.DataDir + ".",
		"Mode " + string(s.Config.Mode) + ", data in " + s.Config.DataDir + "."}}
	if s.Config.Private() {
		report := app.Doctor(s.ctx, s.Config)
		ready = report.Ready
		for _, c := range report.Checks {
			checks = append(checks, check{c.Name, c.OK, c.Text.PT, c.Text.EN})
		}
	} else {
		checks = append(checks, s.checkGiven(&ready))
	}
	if s.Config.Mode == config.Local {
		checks = append(checks, s.checkAddress())
	} else {
		checks = append(checks, s.checkSeal())
	}
	if d.JSON {
		if err := s.printJSON(map[string]any{"ready": ready, "checks": checks}); err != nil {
			return err
		}
	} else {
		s.printChecks(checks)
	}
	if !ready {
		return fault.Unavailable.With("Falta algo para o programa rodar.", "Something that the program needs is missing.")
	}
	return nil
}

func (s *session) printChecks(checks []check) {
	for _, c := range checks {
		mark := "✓"
		if !c.OK {
			mark = "·"
		}
		s.printf(s.Out, "%s %-14s %s\n                 %s\n", mark, c.Name, c.Message, c.MessageEN)
	}
}

// checkGiven reaches the database that was given by URL.
func (s *session) checkGiven(ready *bool) check {
	if err := app.Reach(s.ctx, s.options()); err != nil {
		*ready = false
		f := fault.Of(err)
		return check{"database", false, f.Message, f.MessageEN}
	}
	return check{"database", true, "O banco de NEXO_DATABASE_URL responde.", "The database of NEXO_DATABASE_URL answers."}
}

// checkSeal says whether the past is signed. Without a key the program serves, so that it is no failure.
func (s *session) checkSeal() check {
	if s.Config.SealKey == "" {
		return check{"seal", false, "Sem NEXO_SEAL_KEY (32 bytes em base64) nada é assinado fora do banco: quem é dono dele pode trocar a história.",
			"Without NEXO_SEAL_KEY (32 bytes in base64) nothing is signed outside the database: its owner can replace the past."}
	}
	return check{"seal", true, "Os pontos de controle são assinados com NEXO_SEAL_KEY.", "Checkpoints are signed with NEXO_SEAL_KEY."}
}

// checkAddress says whether serve could listen; a serve that runs already is the usual reason why not.
func (s *session) checkAddress() check {
	if err := app.CanListen(s.ctx, s.Config.Addr); err != nil {
		return check{"address", false, s.Config.Addr + " está em uso: um serve que já roda, ou outro programa.", s.Config.Addr + " is in use: a serve that runs already, or another program."}
	}
	return check{"address", true, s.Config.Addr + " está livre.", s.Config.Addr + " is free."}
}

// notBuilt is a verb of the contract that this version does not have.
type notBuilt struct {
	Rest []string `arg:"" optional:"" passthrough:"" help:"-"`
}

// Run says so, and does nothing that could be taken for the work.
func (notBuilt) Run(_ *session, name verbName) error {
	if name == "bench" {
		return fault.Unavailable.With("As medições rodam no repositório: make bench.", "Measurements run in the repository: make bench.").On(benchTool())
	}
	return fault.Unavailable.With("`nexo %s` ainda não foi construído nesta versão.", "`nexo %s` is not built in this version yet.", string(name))
}

// benchTool names the tool that measures, where this is the repository and it is there.
func benchTool() string {
	if _, err := os.Stat("tools/bench"); err == nil {
		return "tools/bench"
	}
	return ""
}
