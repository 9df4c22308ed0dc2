package stock

import (
	"context"
	"fmt"
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
	Movements    int64
	Balances     int64
	AssetEvents  int64
	Assets       int64
	Events       int64 // positions
	Tasks        int64 // approved ones
	AuditRows    int64
	Blocks       int64     // of both chains
	Checkpoints  int64     // that the database knows of
	Unsealed     int64     // rows of both chains that are in no block yet
	CheckpointAt time.Time // of the last of them, of either chain; zero when there is none
	Findings     []Finding
	Setbacks     []Setback // findings among them that restoring an old copy would explain
}

// Setback is a chain that is not what was signed outside from some block on: an old copy was restored, or the past was
// replaced. Only people can tell which.
type Setback struct {
	Chain        string
	Kept         int64     // the last block that nothing outside speaks against; 0 for none
	KeptID       int64     // position, or number of the audit, of its last row
	KeptAt       time.Time // when it was sealed; zero for none
	Signed       int64     // the last block that was signed outside and is not here
	SignedID     int64
	SignedAt     time.Time
	HasOtherRows bool // the numbers behind Kept have blocks again, of other rows
}

// OnlySetBack says whether restoring an old copy would explain everything that was found.
func (v *Verification) OnlySetBack() bool {
	return len(v.Setbacks) > 0 && len(v.Findings) == len(v.Setbacks)
}

// Sentence says in one sentence, in Portuguese and in English, what was proved at now.
func (v *Verification) Sentence(now time.Time) (pt, en string) {
	if n := len(v.Findings); n > 0 {
		return fmt.Sprintf("A história não confere: %d coisa(s) errada(s); a primeira é: %s", n, v.Findings[0].Message),
			fmt.Sprintf("The past does not agree: %d thing(s) wrong; the first is: %s", n, v.Findings[0].MessageEN)
	}
	pt = fmt.Sprintf("Tudo confere: %d eventos refeitos do zero dão os %d saldos de hoje; %d blocos selam eventos e auditoria", v.Events, v.Balances, v.Blocks)
	en = fmt.Sprintf("All agrees: %d events replayed from zero give the %d balances of today; %d blocks seal events and audit", v.Events, v.Balances, v.Blocks)
	if v.CheckpointAt.IsZero() {
		return pt + ", e nenhum foi assinado fora do banco.", en + ", and none was signed outside the database."
	}
	age := max(now.Sub(v.CheckpointAt), 0).Round(time.Second)
	return fmt.Sprintf("%s, assinados fora do banco pela última vez há %s.", pt, age), fmt.Sprintf("%s, last signed outside the database %s ago.", en, age)
}

// Verifier replays the log.
type Verifier interface {
	// Verify replays the whole log in one snapshot and compares it with the present. progress, which may be
	// nil, is told how many rows were read of about how many. It fails only when it could not read.
	Verify(ctx context.Context, progress func(done, total int64)) (*Verification, error)
}
