package relay_test

import (
	"context"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/item"
	"github.com/faiston/nexo/internal/itemtest"
	"github.com/faiston/nexo/internal/relay"
	"github.com/google/go-cmp/cmp"
)

// The same events make the same tables on a DynamoDB-compatible server, and every access pattern gives the same pages.
func TestTablesOnDynamoDB(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	there := itemtest.OpenDynamo(t, itemtest.Dynoxide(t, "").URL, time.Now)
	w.life()
	w.drain(w.consumers())
	events, err := w.book.EventsAfter(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []relay.Consumer{relay.NewInventory(there, w.book), relay.NewTasks(there, w.book)} {
		for range 2 { // each event twice
			if n, err := c.Deliver(t.Context(), events); n != len(events) || err != nil {
				t.Fatalf("%s delivered %d of %d: %v", c.Name(), n, len(events), err)
			}
		}
	}
	asset := one[string](w, `SELECT asset_id::text FROM sga.assets WHERE serial_key = 'S2'`)
	month := one[string](w, `SELECT to_char(max(movement_on), 'YYYY-MM') FROM sga.movements`)
	patterns := map[string]func(ctx context.Context, x relay.Tables, v relay.View) (item.Page, error){
		"timeline": func(ctx context.Context, x relay.Tables, v relay.View) (item.Page, error) {
			return x.Timeline(ctx, asset, v)
		},
		"serial": func(ctx context.Context, x relay.Tables, v relay.View) (item.Page, error) {
			return x.BySerial(ctx, "S2", v)
		},
		"place": func(ctx context.Context, x relay.Tables, v relay.View) (item.Page, error) {
			return x.AtLocation(ctx, "SP-A", v)
		},
		"project": func(ctx context.Context, x relay.Tables, v relay.View) (item.Page, error) {
			return x.InProject(ctx, "GERAL", v)
		},
		"status": func(ctx context.Context, x relay.Tables, v relay.View) (item.Page, error) {
			return x.WithStatus(ctx, "IN_STOCK", v)
		},
		"month": func(ctx context.Context, x relay.Tables, v relay.View) (item.Page, error) {
			return x.InMonth(ctx, month, v)
		},
		"tasks": func(ctx context.Context, x relay.Tables, v relay.View) (item.Page, error) {
			return x.TasksWithStatus(ctx, "PENDING", v)
		},
	}
	for name, ask := range patterns {
		for _, v := range []relay.View{{}, {Descending: true}, {Limit: 2}} {
			here, errHere := ask(t.Context(), w.tables, v)
			far, errThere := ask(t.Context(), relay.Tables{Store: there}, v)
			if errHere != nil || errThere != nil || len(here.Items) == 0 {
				t.Fatalf("%s: %d items, %v, %v", name, len(here.Items), errHere, errThere)
			}
			if diff := cmp.Diff(here.Items, far.Items); diff != "" {
				t.Errorf("%s %+v: %s", name, v, diff)
			}
		}
	}
}
