package relay

import (
	"fmt"
	"time"

	"github.com/faiston/nexo/internal/item"
	"github.com/faiston/nexo/internal/stock"
)

// taskLife is how long a task stays in its table after its end; the ledger keeps it for ever. An open task
// never ends by itself there: silence is decided by the ledger.
const taskLife = 90 * 24 * time.Hour

// rankOf sorts priorities in their true sense, urgent first.
func rankOf(priority string) int {
	switch priority {
	case "URGENT":
		return 0
	case "HIGH":
		return 1
	case "MEDIUM":
		return 2
	}
	return 3
}

// tasks adds tasks and their child items, comments and attachments, to the table of tasks.
func (w *writes) tasks(f *stock.Facts) {
	for i := range f.Tasks {
		w.task(&f.Tasks[i])
	}
	for i := range f.TaskChildren {
		w.taskChild(&f.TaskChildren[i])
	}
}

func (w *writes) task(t *stock.TaskFact) {
	order := t.Status + "#" + t.CreatedAt + "#" + t.ID
	index := map[string]item.Key{
		item.TaskByStatus: {Partition: sharded("STATUS#"+t.Status, t.ID), Sort: fmt.Sprintf("%d#%s#%s", rankOf(t.Priority), t.CreatedAt, t.ID)},
		item.TaskByType:   {Partition: key("TYPE", t.Type), Sort: order},
	}
	if t.AssigneeID != "" {
		index[item.TaskByAssignee] = item.Key{Partition: key("ASSIGNEE", t.AssigneeID), Sort: order}
	}
	if t.ReferenceID != "" {
		index[item.TaskByReference] = item.Key{Partition: key("REF", t.ReferenceType, t.ReferenceID), Sort: t.CreatedAt + "#" + t.ID}
	}
	body := *t
	body.ID = "" // it is the key
	w.add(entry{key: item.Key{Partition: t.ID}, version: t.Version, kind: item.IfNewer, ends: endOf(t.DecidedAt, taskLife), index: index, body: struct {
		Entity string `json:"entity_type"`
		*stock.TaskFact
	}{"HIL_TASK", &body}})
}

// taskChild never changes, but it ends with its task: then it is written once more.
func (w *writes) taskChild(c *stock.TaskChildFact) {
	version, ends := int64(1), endOf(c.EndedAt, taskLife)
	if !ends.IsZero() {
		version = 2
	}
	cut := *c
	cut.EvidenceIDs = firstOf(c.EvidenceIDs)
	w.add(entry{key: item.Key{Partition: c.TaskID + "#" + c.Kind + "#" + c.ID}, version: version, kind: item.IfNewer, ends: ends, body: struct {
		Entity string `json:"entity_type"`
		*stock.TaskChildFact
	}{"HIL_" + c.Kind, &cut},
		index: map[string]item.Key{item.TaskByParent: {Partition: c.TaskID, Sort: c.Kind + "#" + c.CreatedAt + "#" + c.ID}}})
}
