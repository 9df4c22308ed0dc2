package reconcile

import (
	"context"
	"iter"
	"time"

	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
)

// Saved is a comparison that was kept. Projects and Locations are what its maker could see of our side:
// whoever sees less may not read it.
type Saved struct {
	ID        uuid.UUID
	Source    string // the name of their list, as it was given
	By        []string
	Projects  identity.Area
	Locations identity.Area
	TheirRows int64
	Summary   Summary // Empty and OutOfScope are not kept
	CreatedBy uuid.UUID
	CreatedAt time.Time
}

// SavedPage is a page of kept comparisons, the newest first.
type SavedPage struct {
	Rows []Saved
	Next string
}

// RowPage is a page of the rows of one kept comparison, in the order in which they were compared.
type RowPage struct {
	Saved Saved
	Rows  []Difference
	Next  string
}

// Sight is what a reader of kept comparisons may see of our side.
type Sight struct {
	Projects  identity.Area
	Locations identity.Area
}

// Store keeps comparisons, and gives our side for a new one; package postgres satisfies it.
type Store interface {
	// OurStock streams our stock by part, location, project and condition, in business codes; the comparison
	// adds the conditions up. Goods on the road are left out, as SAP leaves them out.
	OurStock(ctx context.Context, scope stock.Scope) List
	// Materials joins SAP materials to our part numbers.
	Materials(ctx context.Context) (*Codes, error)
	// SaveReconciliation keeps a comparison with its rows, all or nothing.
	SaveReconciliation(ctx context.Context, head *Saved, rows iter.Seq[Difference]) error
	// Reconciliations lists what was kept.
	Reconciliations(ctx context.Context, see Sight, page stock.Page) (*SavedPage, error)
	// Reconciliation gives the rows of one, only those of the kinds if any are named; fault.NotFound when
	// there is none that the reader may see.
	Reconciliation(ctx context.Context, see Sight, id uuid.UUID, kinds []Kind, page stock.Page) (*RowPage, error)
}
