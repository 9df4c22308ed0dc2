package ops

import (
	"context"

	"github.com/faiston/nexo/internal/fault"
)

// CatalogFollower brings the catalogue in memory up to date with what other processes have made.
type CatalogFollower interface {
	// FollowCatalog says whether the catalogue had changed.
	FollowCatalog(ctx context.Context) (changed bool, err error)
}

// stale reports whether a call that found nothing should look again: another process may just have made what it
// asked for, and the catalogue in memory did not know of it yet. Nothing has been written by then.
func (r *Registry) stale(ctx context.Context, err error) bool {
	if fault.CodeOf(err) != fault.NotFound || r.deps.Store == nil {
		return false
	}
	changed, err := r.deps.Store.FollowCatalog(ctx)
	return changed && err == nil
}
