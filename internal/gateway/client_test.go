package gateway

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// tokened adds a token to the requests of a client.
type tokened string

func (t tokened) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(t))
	return http.DefaultTransport.RoundTrip(r)
}

// connect is the SDK's own client against the door over the network.
func connect(t *testing.T, role string, onProgress func(context.Context, *mcp.ProgressNotificationClientRequest)) *mcp.ClientSession {
	t.Helper()
	g, _ := newToy(t, func(o *Options) { o.Limits.Page = 2 })
	srv := httptest.NewServer(g)
	client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, &mcp.ClientOptions{ProgressNotificationHandler: onProgress})
	session, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: srv.URL, HTTPClient: &http.Client{Transport: tokened(role)}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { session.Close(); srv.Close() })
	return session
}

func TestClientListsAndCalls(t *testing.T) {
	t.Parallel()
	for role, want := range map[string][]string{
		"viewer":    {"sga_get_balance", searchName},
		"logistics": {"sga_create_movement", "sga_get_balance", searchName},
		"admin":     {"sga_create_movement", "sga_fail", "sga_get_balance", "sga_import_file", searchName},
	} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			session := connect(t, role, nil)
			var names []string
			for tool, err := range session.Tools(t.Context(), nil) { // pages of two
				if err != nil {
					t.Fatal(err)
				}
				names = append(names, tool.Name)
			}
			if diff := cmp.Diff(want, names); diff != "" {
				t.Errorf("tools (-want +got):\n%s", diff)
			}
			result, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "sga_get_balance", Arguments: map[string]any{"part_number": "PN-1"}})
			if err != nil || result.IsError {
				t.Fatalf("call: %v %v", result, err)
			}
			if out, _ := result.StructuredContent.(map[string]any); out["part_number"] != "PN-1" {
				t.Errorf("output %v", result.StructuredContent)
			}
			if _, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "nothing"}); err == nil {
				t.Error("an unknown tool is no error")
			}
		})
	}
}

func TestClientSeesProgress(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("the toy import takes four real seconds")
	}
	var mu sync.Mutex
	var seen []float64
	session := connect(t, "admin", func(_ context.Context, r *mcp.ProgressNotificationClientRequest) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, r.Params.Progress)
	})
	params := &mcp.CallToolParams{Name: "sga_import_file"}
	params.SetProgressToken("p-1")
	if _, err := session.CallTool(t.Context(), params); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(seen) == 0 || !slices.IsSorted(seen) {
		t.Errorf("progress %v", seen)
	}
}
