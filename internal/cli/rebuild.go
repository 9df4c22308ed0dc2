package cli

import (
	"github.com/faiston/nexo/internal/app"
	"github.com/faiston/nexo/internal/relay"
)

// rebuildEvents fills the tables that follow the log again.
type rebuildEvents struct {
	Tasks bool `help:"Também a tabela de tarefas · The table of tasks too"`
	Audit bool `help:"Também a tabela de auditoria · The audit table too"`
	Clean bool `help:"Esvazia antes o que o registro toca · Empties what the log touches first"`
	JSON  bool `name:"json" help:"JSON"`
}

// Run delivers the whole log again; one that was interrupted goes on where it was.
func (v rebuildEvents) Run(s *session) error {
	tables := []string{relay.InventoryConsumer}
	if v.Tasks {
		tables = append(tables, relay.TasksConsumer)
	}
	if v.Audit {
		tables = append(tables, relay.AuditConsumer)
	}
	return s.withApp(func(a *app.App) error {
		bar := s.bar("rebuild")
		done, err := a.Rebuild(s.ctx, tables, v.Clean, func(_ string, done, total int64) { bar.show(done, total) })
		bar.end()
		if err != nil {
			return err
		}
		if v.JSON {
			return s.printJSON(rebuiltOf(done))
		}
		for _, r := range done {
			if r.Anew {
				s.printf(s.Out, "  %s: a reconstrução interrompida não tinha esvaziado a tabela; recomeçada · the interrupted rebuild had not emptied the table; begun again\n", r.Table)
			}
			s.printf(s.Out, "✓ %s: %d eventos · events\n", r.Table, r.Events)
		}
		return nil
	})
}

// rebuilt is the report for machines.
type rebuilt struct {
	Tables []rebuiltTable `json:"tables"`
}

type rebuiltTable struct {
	Table  string `json:"table"`
	Events int64  `json:"events"`
	Anew   bool   `json:"begun_again"` // what an interrupted rebuild had filled without emptying
}

func rebuiltOf(list []app.Rebuilt) rebuilt {
	out := rebuilt{Tables: []rebuiltTable{}}
	for _, r := range list {
		out.Tables = append(out.Tables, rebuiltTable(r))
	}
	return out
}
