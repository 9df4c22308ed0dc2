package item

// Table is a keyed table: its name on AWS and the attributes that hold its keys.
type Table struct {
	ID        string // short name, used by the local adapter and the configuration
	Name      string // on AWS; the environment may give another one
	Partition string // attribute of the partition key
	Sort      string // attribute of the sort key; empty when there is none
	Expires   string // attribute of the end, in seconds since 1970 (DynamoDB's TTL); empty when items never end
	Indexes   []Index
}

// Index is a global secondary index that holds whole items. An item without its keys is not in it.
type Index struct {
	Name      string
	Partition string
	Sort      string
}

// IndexOf finds an index by name; nil when the table has none of that name.
func (t *Table) IndexOf(name string) *Index {
	for i := range t.Indexes {
		if t.Indexes[i].Name == name {
			return &t.Indexes[i]
		}
	}
	return nil
}

// Attributes that every item has beside its keys. The rest of an item's attributes are the members of its body.
const (
	AttributeVersion = "version"
	AttributeParent  = "parent"
)

// Index names of the five tables.
const (
	BySerial   = "GSI1-SerialLookup"
	ByLocation = "GSI2-LocationQuery"
	ByProject  = "GSI3-ProjectQuery"
	ByStatus   = "GSI4-StatusQuery"
	ByDate     = "GSI5-DateQuery"
	ByAsset    = "GSI6-AssetTimeline"

	TaskByAssignee  = "GSI1-AssigneeQuery"
	TaskByStatus    = "GSI2-StatusQuery"
	TaskByType      = "GSI3-TypeQuery"
	TaskByReference = "GSI4-ReferenceQuery"
	TaskByParent    = "GSI5-ParentQuery"

	AuditByActor   = "GSI1-ActorQuery"
	AuditByEntity  = "GSI2-EntityQuery"
	AuditByType    = "GSI3-TypeQuery"
	AuditBySession = "GSI4-SessionQuery"

	SessionByAgent  = "GSI1-AgentTypeQuery"
	SessionByStatus = "GSI2-StatusQuery"
	SessionByUser   = "GSI3-UserQuery"

	TrainingByUser   = "GSI1"
	TrainingByTenant = "GSI2"
	TrainingByParent = "GSI3-ParentQuery"
)

func numbered(names ...string) []Index {
	out := make([]Index, len(names))
	for i, n := range names {
		digit := string(rune('1' + i))
		out[i] = Index{Name: n, Partition: "GSI" + digit + "PK", Sort: "GSI" + digit + "SK"}
	}
	return out
}

// Inventory is the event table (infrastructure document §4): single-table design, fed by change data
// capture only, never read for stock.
func Inventory() *Table {
	return &Table{ID: "inventory", Name: "faiston-one-sga-inventory-prod", Partition: "PK", Sort: "SK", Expires: "ttl",
		Indexes: numbered(BySerial, ByLocation, ByProject, ByStatus, ByDate, ByAsset)}
}

// Tasks is the table of human-in-the-loop tasks; comments and attachments are child items that carry parent.
func Tasks() *Table {
	return &Table{ID: "hil-tasks", Name: "faiston-one-sga-hil-tasks-prod", Partition: "task_id", Expires: "ttl",
		Indexes: numbered(TaskByAssignee, TaskByStatus, TaskByType, TaskByReference, TaskByParent)}
}

// Audit is the audit trail.
func Audit() *Table {
	return &Table{ID: "audit-log", Name: "faiston-one-sga-audit-log-prod", Partition: "PK", Sort: "SK",
		Indexes: numbered(AuditByActor, AuditByEntity, AuditByType, AuditBySession)}
}

// Sessions holds agent and user sessions with their memory.
func Sessions() *Table {
	return &Table{ID: "sessions", Name: "faiston-one-sga-sessions-prod", Partition: "session_id", Expires: "expiresAt",
		Indexes: numbered(SessionByAgent, SessionByStatus, SessionByUser)}
}

// Trainings holds trainings; their sources and assets are child items that carry parent.
func Trainings() *Table {
	return &Table{ID: "academy-trainings", Name: "faiston-one-academy-trainings-prod", Partition: "training_id",
		Indexes: numbered(TrainingByUser, TrainingByTenant, TrainingByParent)}
}

// Tables lists the five tables of the infrastructure document.
func Tables() []*Table { return []*Table{Inventory(), Tasks(), Audit(), Sessions(), Trainings()} }

// Reserved lists the attributes that belong to the table and cannot be members of a body. The parent
// is none of them: it is a member like others, beside its place in the index.
func (t *Table) Reserved() []string {
	out := []string{t.Partition, AttributeVersion}
	if t.Sort != "" {
		out = append(out, t.Sort)
	}
	if t.Expires != "" {
		out = append(out, t.Expires)
	}
	for _, x := range t.Indexes {
		out = append(out, x.Partition, x.Sort)
	}
	return out
}
