package app

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faiston/nexo/internal/item"
	"github.com/faiston/nexo/internal/itemtest"
)

func TestItemsAreReady(t *testing.T) {
	t.Parallel()
	for name, env := range map[string][]string{"postgres": nil, "dynamodb": {"NEXO_ITEMS", "dynamodb", "NEXO_TABLE_SESSIONS", "my-sessions"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var server *itemtest.Server
			if env != nil {
				server = itemtest.Dynoxide(t, "")
				env = append(env, "NEXO_DYNAMODB_ENDPOINT", server.URL)
			}
			w := open(t, env...)
			it := item.Item{Key: item.Key{Partition: "s1"}, Version: 1, ExpiresAt: time.Now().Add(time.Hour).Truncate(time.Second), Body: []byte(`{}`)}
			if err := w.Items.Put(t.Context(), item.Sessions(), item.Write{Item: it}); err != nil {
				t.Fatal(err)
			}
			if err := w.health(t.Context())["items"]; err != nil {
				t.Error(err)
			}
			if server == nil {
				return
			}
			named := itemtest.OpenDynamo(t, server.URL, time.Now)
			if got, err := named.Get(t.Context(), item.Sessions(), it.Key); got != nil || err != nil {
				t.Errorf("the table of the configuration's name was not used: %v %v", got, err)
			}
			server.Stop()
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			if err := w.health(ctx)["items"]; err == nil {
				t.Error("healthy without a server")
			}
		})
	}
}

// The sweep runs at once and then at intervals, and goes on after a failure.
func TestItemSweep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		o := Options{}
		o.fill()
		ran := 0
		a := &App{o: o, items: &itemStore{sweep: func(context.Context) (int, error) {
			if ran++; ran == 2 {
				return 0, context.DeadlineExceeded
			}
			return ran, nil
		}}}
		go a.runItemSweep(ctx, time.Minute)
		time.Sleep(3*time.Minute + time.Second) // of the bubble's clock
		cancel()
		synctest.Wait()
		if ran != 4 {
			t.Errorf("swept %d times", ran)
		}
	})
}
