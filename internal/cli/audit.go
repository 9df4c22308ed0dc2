package cli

import (
	"strconv"
	"strings"
	"time"

	"github.com/faiston/nexo/internal/app"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/seal"
	"github.com/faiston/nexo/internal/stock"
)

// audit looks after the trail of calls.
type audit struct {
	Action string `arg:"" enum:"drop" help:"drop"`
	Before string `required:"" placeholder:"DATE" help:"Só partições inteiras de antes deste dia · Only whole partitions of before this day"`
	Reason string `placeholder:"TEXT" help:"Por quê; fica na âncora assinada · Why; stays in the signed anchor"`
	Yes    bool   `help:"Descarta; sem isto só mostra · Drops; only shows without it"`
	JSON   bool   `name:"json" help:"JSON"`
}

// auditDropped is the report for machines.
type auditDropped struct {
	Dropped    bool           `json:"dropped"`
	Partitions []droppedBlock `json:"partitions"`
}

type droppedBlock struct {
	Partition  string    `json:"partition"`
	Rows       int64     `json:"rows"`
	From       time.Time `json:"from"`
	To         time.Time `json:"to"`
	FirstID    int64     `json:"first_id"`
	LastID     int64     `json:"last_id"`
	FirstBlock int64     `json:"first_block"`
	LastBlock  int64     `json:"last_block"`
}

// Run shows what can go, and lets it go when it is told to.
func (v audit) Run(s *session) error {
	before, err := stock.ParseDate(v.Before, "before")
	if err != nil {
		return &usage{verb: " audit", cause: err}
	}
	if v.Yes && strings.TrimSpace(v.Reason) == "" {
		return &usage{verb: " audit", cause: noReason()}
	}
	return s.withApp(func(a *app.App) error {
		list, err := a.AuditToDrop(s.ctx, before)
		if err != nil {
			return err
		}
		if !v.JSON {
			s.printDrop(list)
		}
		if v.Yes {
			if err := a.DropAudit(s.ctx, list, s.keeper(v.Reason)); err != nil {
				return err
			}
		}
		if v.JSON {
			return s.printJSON(auditDroppedOf(list, v.Yes))
		}
		if v.Yes {
			s.printf(s.Out, "✓ descartado; as âncoras assinadas ficam em seals/anchors · dropped; the signed anchors stay in seals/anchors\n")
			return nil
		}
		s.printf(s.Out, "Nada foi feito: repita com --yes e --reason · Nothing was done: repeat with --yes and --reason\n")
		return nil
	})
}

func noReason() error {
	return fault.InvalidArgument.With("Diga por quê.", "Say why.").On("--reason")
}

func (s *session) printDrop(list []seal.Anchor) {
	for _, a := range list {
		s.printf(s.Out, "%s: %d linhas de %s a %s, blocos %d a %d; conferidas com o selo\n    %[2]d rows of %[3]s to %[4]s, blocks %[5]d to %[6]d; checked against the seal\n",
			a.Partition, a.Rows, a.From.Format(time.RFC3339), a.To.Format(time.RFC3339), a.First, a.Last)
	}
	s.printf(s.Out, "Movimentos nunca são descartados · Movements are never dropped\n")
}

func auditDroppedOf(list []seal.Anchor, done bool) auditDropped {
	out := auditDropped{done, []droppedBlock{}}
	for _, a := range list {
		out.Partitions = append(out.Partitions, droppedBlock{a.Partition, a.Rows, a.From, a.To, a.FirstID, a.LastID, a.First, a.Last})
	}
	return out
}

// keeper is who runs this, as far as the machine knows.
func (s *session) keeper(reason string) app.Keeper {
	for _, name := range []string{"SUDO_USER", "USER", "LOGNAME"} {
		if user, ok := s.Env(name); ok && user != "" {
			return app.Keeper{By: user, Reason: reason}
		}
	}
	return app.Keeper{By: "?", Reason: reason}
}

// printSetbacks shows what the database does not have that was signed: the decision of a person begins here.
func (s *session) printSetbacks(list []stock.Setback) error {
	rows := [][]string{{"cadeia · chain", "fica até · kept up to", "selado em · sealed on", "falta até · missing up to", "assinado em · signed on"}}
	for _, b := range list {
		rows = append(rows, []string{b.Chain, strconv.FormatInt(b.KeptID, 10), b.KeptAt.UTC().Format(time.RFC3339), strconv.FormatInt(b.SignedID, 10),
			b.SignedAt.UTC().Format(time.RFC3339)})
	}
	if err := s.table(rows); err != nil {
		return err
	}
	for _, b := range list {
		if b.HasOtherRows {
			s.printf(s.Out, "! %s: depois de %d há outras linhas, de trabalho posterior à cópia ou trocadas: só aceite se souber qual\n"+
				"  %[1]s: behind %[2]d there are other rows, of work after the copy or replaced: accept only if you know which\n", b.Chain, b.KeptID)
		}
	}
	return nil
}
