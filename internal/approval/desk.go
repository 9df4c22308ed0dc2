package approval

import (
	"context"
	"time"

	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
)

// Desk is where every write passes: it decides, records, and keeps what waits, each time in one
// transaction together with the audit row and the outbox row.
type Desk interface {
	// Submit executes a request or stores it as a task. Nothing is written when it fails. A request
	// whose idempotency key was answered before gets that answer as Outcome.Replay.
	Submit(ctx context.Context, r *Request) (*Outcome, error)
	// Approve executes the stored steps of a task as they were shown, once. When the world has
	// changed it fails with conflict, carries the fresh fingerprint, and has renewed the preview.
	Approve(ctx context.Context, d *Decision) (*Outcome, error)
	// Reject ends a task without executing it.
	Reject(ctx context.Context, d *Decision) (*Outcome, error)
	// ChangeTask comments on a task, assigns it or raises it.
	ChangeTask(ctx context.Context, c *TaskChange) (*Outcome, error)
}

// Request is a write: one or more steps that succeed or fail together.
type Request struct {
	Actor     *identity.Actor
	Door      string
	Origin    string // where the call came from, as ops.Origin writes it; for the audit
	Operation string
	Key       string   // idempotency key; empty for none
	Hash      [32]byte // of the canonical arguments, bound to the key
	Steps     []Step
	Arguments []byte // JSON as received, for the audit
	// Render makes the answer that the caller sees and that a replay repeats. It runs before the
	// commit and must not fail or block.
	Render func(*Outcome) []byte
}

// Step is one thing that a request does. Exactly one field is set.
type Step struct {
	Move        *stock.MoveRequest `json:"move,omitempty"`
	Reversal    *stock.Reversal    `json:"reversal,omitempty"`
	StateChange *AssetChange       `json:"state_change,omitempty"`
	Project     *ProjectEdit       `json:"project,omitempty"`
	Location    *LocationEdit      `json:"location,omitempty"`
	Part        *PartEdit          `json:"part_number,omitempty"`
	Asset       *AssetEdit         `json:"asset,omitempty"`
	CountOpen   *CountOpen         `json:"count_open,omitempty"`
	CountSubmit *CountSubmit       `json:"count_submit,omitempty"`
	CountClose  *CountClose        `json:"count_close,omitempty"`
	Autonomy    *AutonomyEdit      `json:"autonomy,omitempty"`
}

// AssetChange asks for a change of state of one asset.
type AssetChange struct {
	PartNumber string            `json:"part_number"`
	Serial     string            `json:"serial_number"`
	To         stock.AssetStatus `json:"status"`
	Reason     string            `json:"reason,omitempty"`
}

// Outcome is what a request came to.
type Outcome struct {
	Status  Status
	Rule    Rule
	Posted  []Posted // one a step, when it was posted
	Task    *Task    // the proposal that waits, the review that was opened, or the task decided
	Answer  []byte   // what Render made
	Replay  bool     // Answer is the first answer to this key, with the present task_status
	At      time.Time
	Version int64 // of the catalogue after an edit of master data
	// Waits says of an approval that it counts and that other persons must approve as well: nothing was executed yet.
	Waits bool
}

// Status of a write, as the contract spells it.
type Status string

// A write is posted, or waits for a person; a decision leaves its task approved or rejected.
const (
	StatusPosted  Status = "posted"
	StatusWaiting Status = "pending_approval"
)

// Posted is what one step did.
type Posted struct {
	Movement    *stock.Movement
	Changes     []stock.Change // balances before and after
	Assets      []stock.AssetEvent
	Reservation *stock.Reservation
	EntityID    uuid.UUID // of what a step of master data or a count made or changed
}

// Decision is a person's word on a task.
type Decision struct {
	Actor       *identity.Actor
	Door        string
	Origin      string // as in Request
	Operation   string
	Key         string
	Hash        [32]byte
	TaskID      uuid.UUID
	Fingerprint string // the one that sga_get_task showed; approving needs it
	Comment     string
	Arguments   []byte
	Render      func(*Outcome) []byte
}

// ChangeKind is what is done to a task without deciding on it.
type ChangeKind string

// Kinds of change.
const (
	ChangeComment  ChangeKind = "comment"
	ChangeAssign   ChangeKind = "assign"
	ChangeEscalate ChangeKind = "escalate"
)

// TaskChange asks for a change of a task. Of the Decision in it the fingerprint is not used; its Comment is the
// text of a comment or the reason of an escalation or assignment.
type TaskChange struct {
	Decision
	Kind      ChangeKind
	CommentID uuid.UUID   // of a new comment
	Evidence  []uuid.UUID // of a comment
	Assignee  uuid.UUID   // nil: nobody
	DueAt     time.Time   // of an assignment; zero leaves it
}

// AutonomyEdit sets the level of an agent for a kind of work.
type AutonomyEdit struct {
	Work
	Level  Level  `json:"level"`
	Reason string `json:"reason"`
}

// CallRecord is how a call without an effect of its own ended, for the audit.
type CallRecord struct {
	Door      string
	Origin    string // as in Request
	Operation string
	Result    string // ok, or the code of the refusal
	Arguments []byte // JSON as received; may be empty
}
