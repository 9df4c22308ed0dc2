package stock

import (
	"context"
	"time"
)

// Finding is something in the ledger that must not be.
type Finding struct {
	Invariant  string    // I1 to I12, as in the list of promises
	Message    string    // pt-BR
	MessageEN  string    // English
	Sequence   int64     // of the first event that shows it; 0 when no single one does
	RecordedAt time.Time // of that event
}

// MaxFindings ends a verification: a person needs the first thing that is wrong, and what follows from it
// may be endless.
const MaxFindings = 20

// Verification is what a replay of the log from zero came to. The ledger is sound when Findings is empty.
type Verification struct {
	Movements   int64
	Balances    int64
	AssetEvents int64
	Assets      int64
	Events      int64 // positions
	Tasks       int64 // approved ones
	AuditRows   int64
	Blocks      int64 // of both chains
	Checkpoints int64 // that the database knows of
	Unsealed    int64 // rows of both chains that are in no block yet
	Findings    []Finding
}

// Verifier replays the log.
type Verifier interface {
	// Verify replays the whole log in one snapshot and compares it with the present. progress, which may be
	// nil, is told how many rows were read of about how many. It fails only when it could not read.
	Verify(ctx context.Context, progress func(done, total int64)) (*Verification, error)
}
