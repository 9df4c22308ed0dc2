package gateway

import (
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faiston/nexo/internal/ops"
)

// events are the messages of a stream.
func events(body string) []string {
	var out []string
	for line := range strings.Lines(body) {
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			out = append(out, strings.TrimSpace(data))
		}
	}
	return out
}

func TestProgress(t *testing.T) {
	t.Parallel()
	const call = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":{"progressToken":"p-1"},"name":"sga_import_file"}}`
	result := `{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"{\"rows\":4}"}],"structuredContent":{"rows":4}}}`
	notice := func(done string) string {
		return `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"p-1","message":"linhas","progress":` + done + `,"total":4}}`
	}
	for _, tt := range []struct {
		name, accept string
		want         []string
	}{
		{"a client that takes streams", "application/json, text/event-stream", []string{notice("1"), notice("2"), notice("3"), notice("4"), result}},
		{"a client that does not", "application/json", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g, _ := newToy(t, nil)
				r := newPost(t.Context(), "admin", "2025-11-25", strings.NewReader(call))
				r.Header.Set("Accept", tt.accept)
				rec := httptest.NewRecorder()
				g.ServeHTTP(rec, r)
				if diff := cmp.Diff(tt.want, events(rec.Body.String())); diff != "" {
					t.Errorf("stream (-want +got):\n%s", diff)
				}
				if tt.want == nil && rec.Header().Get("Content-Type") != "application/json" {
					t.Errorf("answer %v %s", rec.Header(), rec.Body)
				}
			})
		})
	}
}

// Work that reports each row neither waits for the client nor floods it.
func TestProgressIsThinnedOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var sent []int64
		r := &reporter{newest: make(chan ops.Progress, 1), done: make(chan struct{}), ended: make(chan struct{})}
		go r.run(func(p ops.Progress) { sent = append(sent, p.Done) })
		for i := range int64(1000) {
			r.report(ops.Progress{Done: i})
			time.Sleep(time.Millisecond)
		}
		r.stop()
		if n := len(sent); n < 4 || n > 8 || sent[n-1] != 999 {
			t.Errorf("sent %v", sent)
		}
	})
}
