package app

import (
	"context"

	"github.com/go-json-experiment/json"

	"github.com/faiston/nexo/internal/rest"
	"github.com/faiston/nexo/internal/stock"
)

// touched tells the event stream what movements and changes of assets concern.
func (a *App) touched(ctx context.Context, events []stock.LogEvent) (map[int64]rest.Touch, error) {
	found, err := a.DB.Touched(ctx, events)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]rest.Touch, len(found))
	for _, e := range events {
		t, ok := found[e.Sequence]
		if !ok {
			continue
		}
		data, err := json.Marshal(t)
		if err != nil {
			return nil, err
		}
		out[e.Position] = rest.Touch{Projects: []string{t.Project}, Locations: t.Locations, AnyLocation: true, Data: data}
	}
	return out, nil
}
