package approval

import (
	"time"

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
}

// Proposer keeps in which capacity somebody asked.
type Proposer struct {
	Kind     string `json:"kind"`
	Username string `json:"username,omitempty"`
	Client   string `json:"client_id"`
	OnBehalf string `json:"on_behalf_of,omitempty"`
	Admin    bool   `json:"admin,omitempty"` // the policy asks for it, then and when the task is approved
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
	Cursor   string
	Limit    int
}

// Lifetime is how long a proposal waits before it expires to "no".
const Lifetime = 7 * 24 * time.Hour
