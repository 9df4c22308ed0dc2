package approval

import (
	"time"

	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
)

// TaskType is what a person is asked.
type TaskType string

// Task types of the contract.
const (
	ApprovalEntry        TaskType = "APPROVAL_ENTRY"
	ApprovalExit         TaskType = "APPROVAL_EXIT"
	ApprovalAdjustment   TaskType = "APPROVAL_ADJUSTMENT"
	ApprovalTransfer     TaskType = "APPROVAL_TRANSFER"
	ApprovalNewPN        TaskType = "APPROVAL_NEW_PN"
	ApprovalDisposal     TaskType = "APPROVAL_DISPOSAL"
	DivergenceResolution TaskType = "DIVERGENCE_RESOLUTION"
	DocumentReview       TaskType = "DOCUMENT_REVIEW"
	QualityCheck         TaskType = "QUALITY_CHECK"
	Escalation           TaskType = "ESCALATION"
)

// TaskTypes lists them.
func TaskTypes() []TaskType {
	return []TaskType{ApprovalEntry, ApprovalExit, ApprovalAdjustment, ApprovalTransfer, ApprovalNewPN, ApprovalDisposal,
		DivergenceResolution, DocumentReview, QualityCheck, Escalation}
}

// TaskStatus is where a task stands.
type TaskStatus string

// Task statuses of the contract.
const (
	Pending    TaskStatus = "PENDING"
	InProgress TaskStatus = "IN_PROGRESS"
	Approved   TaskStatus = "APPROVED"
	Rejected   TaskStatus = "REJECTED"
	Completed  TaskStatus = "COMPLETED"
	Expired    TaskStatus = "EXPIRED"
)

// TaskStatuses lists them.
func TaskStatuses() []TaskStatus {
	return []TaskStatus{Pending, InProgress, Approved, Rejected, Completed, Expired}
}

// Priority orders the queue, in this sense and not in the alphabet's.
type Priority string

// Priorities of the contract.
const (
	Low    Priority = "LOW"
	Medium Priority = "MEDIUM"
	High   Priority = "HIGH"
	Urgent Priority = "URGENT"
)

// Priorities lists them from low to urgent.
func Priorities() []Priority { return []Priority{Low, Medium, High, Urgent} }

// Task is a proposal that waits, or a review that is asked for.
type Task struct {
	ID          uuid.UUID
	Type        TaskType
	Status      TaskStatus
	Priority    Priority
	Operation   string
	Summary     string // pt-BR, one line
	SummaryEN   string
	Rule        string
	Reason      string // pt-BR: why it waits
	ReasonEN    string
	Steps       []Step
	Effect      []Effect
	Fingerprint string
	Value       *stock.Quantity // BRL
	Confidence  *stock.Quantity
	Evidence    []uuid.UUID
	Projects    []string
	Locations   []string
	Reference   uuid.UUID
	ProposedBy  uuid.UUID
	ProposedAs  Proposer
	Assignee    uuid.UUID
	CreatedAt   time.Time
	ExpiresAt   time.Time
	DecidedAt   time.Time
	DecidedBy   uuid.UUID
	Comment     string
	Result      []byte // JSON of what execution made; nil before

	Needed       int  // approvals by different persons; at least 1
	ValueUnknown bool // something that it moves has no cost: Value is a part of the whole, or nil
	AssignedBy   uuid.UUID
	AssignedAt   time.Time
	DueAt        time.Time // when it is raised, unless somebody has decided
	Escalation   int       // how often it was raised
	EscalatedAt  time.Time
	Approvals    int       // votes that count now
	Votes        []Vote    // the oldest first, void ones too; read with one task, not with lists
	Comments     []Comment // the oldest first, at most MaxComments; likewise
	History      []History // likewise
	Barred       []Barred  // besides the proposer; likewise
}

// Vote is one person's approval of the effect that a fingerprint names.
type Vote struct {
	ID          uuid.UUID
	Person      uuid.UUID
	Fingerprint string
	Comment     string
	At          time.Time
	VoidedAt    time.Time // when the effect changed and the vote stopped counting; zero while it counts
}

// Comment is what somebody who sees a task said about it. It is never changed.
type Comment struct {
	ID       uuid.UUID
	Author   uuid.UUID
	Kind     identity.Kind // agents are marked as such
	OnBehalf string        // subject of the person that an agent spoke for
	Body     string
	Evidence []uuid.UUID
	At       time.Time
}

// History is one change of a task besides comments; Sequence is that of its event.
type History struct {
	Sequence int64
	Change   string // kind of the event: task_assigned, task_escalated, task_voted, task_renewed, task_expired, task_approved, task_rejected
	Actor    uuid.UUID
	Kind     identity.Kind
	At       time.Time
	Detail   []byte // JSON: before and after, by field
}

// Open reports whether a task still waits.
func (t *Task) Open() bool { return t.Status == Pending || t.Status == InProgress }

// Proposer keeps in which capacity somebody asked.
type Proposer struct {
	Kind     string `json:"kind"`
	Username string `json:"username,omitempty"`
	Client   string `json:"client_id"`
	OnBehalf string `json:"on_behalf_of,omitempty"`
	Admin    bool   `json:"admin,omitempty"` // the policy asks for it, then and when the task is approved
	Work     []Work `json:"work,omitempty"`  // of an agent: what kinds of work it was, for its levels of autonomy
}

// Effect is a balance before and after the steps, in codes, as it was shown.
type Effect struct {
	PartNumber string         `json:"part_number"`
	Location   string         `json:"location_code"`
	Project    string         `json:"project_code"`
	Condition  string         `json:"condition"`
	Before     stock.Quantity `json:"before"`
	After      stock.Quantity `json:"after"`
	Reserved   stock.Quantity `json:"reserved_after"`
}

// TaskFilter narrows the queue. Zero values do not narrow.
type TaskFilter struct {
	Scope    stock.Scope
	Projects []string // codes that the reader may see, unless Scope.AllProjects
	Places   []string // likewise for locations
	Type     TaskType
	Status   TaskStatus // empty: open tasks (PENDING and IN_PROGRESS)
	Priority Priority
	Assignee uuid.UUID
	Proposer uuid.UUID
	Overdue  bool // only those past their due time
	Cursor   string
	Limit    int
}

// Lifetime is how long a proposal waits before it expires to "no".
const Lifetime = 7 * 24 * time.Hour
