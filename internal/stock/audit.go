package stock

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// AuditRow is a call as the audit keeps it: allowed or refused, with or without an effect. ID grows with
// gaps; its order is that of AuditFollower.
type AuditRow struct {
	ID         int64
	RecordedAt time.Time
	Actor      uuid.UUID // the person or program; uuid.Nil when nobody was known
	ActorKind  string    // person, agent, service, system or unknown
	Subject    string    // of the token
	OnBehalf   string    // subject of the person that an agent works for
	Client     string
	Door       string
	Origin     string // address and user agent, encoded; empty in rows of before it was kept
	Session    string
	Operation  string
	Result     string    // ok, pending_approval, replay, expired, or the code of the refusal
	Rule       string    // of the policy
	Sequence   int64     // the first event of the effect; 0 for none
	Entity     uuid.UUID // what was made or changed; uuid.Nil for none
	Arguments  []byte    // JSON as received, cut to its size when it is long; nil for none
	Change     []byte    // JSON: balances before and after; nil for none
}

// AuditFollower follows the audit. It knows no scope: who hands rows on to people filters them.
type AuditFollower interface {
	// AuditAfter gives up to limit rows with an id above afterID, in order of their ids, and only such that no row with
	// a lower id can still appear: whoever goes on from the last id misses none. What was written in the last moments
	// may not be among them, and while a transaction that writes to the audit stays open nothing that came after it is.
	AuditAfter(ctx context.Context, afterID int64, limit int) ([]AuditRow, error)
}

// SealStatus is how far one chain of seals has come (package seal).
type SealStatus struct {
	Chain          string
	Block          int64 // number of the last one; 0 when nothing is sealed
	Last           int64 // the position or audit number up to which rows are sealed
	SealedAt       time.Time
	Unsealed       int64     // how many numbers follow; of the audit some may never have become rows
	OldestUnsealed time.Time // zero when nothing waits
	Checkpoint     int64     // block of the last checkpoint outside the database; 0 for none
	CheckpointAt   time.Time
}

// MaxUnsealed is how long something may stay unsealed while a program runs (I5).
const MaxUnsealed = 60 * time.Second

// SealReader tells how far the seals have come.
type SealReader interface {
	// SealStatus gives both chains.
	SealStatus(ctx context.Context) ([]SealStatus, error)
}

// AuditFilter narrows a list of the audit. Zero values do not.
type AuditFilter struct {
	Actor     string // a login, the id of a person or program, or the name of a program
	Operation string
	Entity    uuid.UUID
	Result    string
	Session   string
	Door      string
	From, To  Date // days in America/Sao_Paulo, both included
}

// AuditPage is a page of the audit, newest first.
type AuditPage struct {
	Rows   []AuditRow
	Sealed int64 // the number up to which rows are sealed
	Next   string
}

// AuditReader answers the auditor. It knows no scope: the caller must be one who may see everything.
type AuditReader interface {
	// AuditRows fails with invalid_argument (actor, end_date, cursor). A row must have been written within AuditDelay of
	// its call to be found by date.
	AuditRows(ctx context.Context, f AuditFilter, page Page) (*AuditPage, error)
}

// AuditDelay is how much later than its call a row of the audit may be written, and how far the clocks of two processes
// may be apart: those of reads wait in memory while the database is away.
const AuditDelay = 24 * time.Hour
