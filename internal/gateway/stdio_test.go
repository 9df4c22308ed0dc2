package gateway

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/faiston/nexo/internal/identity"
)

// converse writes a line, waits for its answer where one comes, and goes on.
func converse(t *testing.T, actor *identity.Actor, lines []string) []string {
	t.Helper()
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- Stdio(t.Context(), toyOptions(newToyClient()), actor, inR, outW)
		outW.Close()
	}()
	var got []string
	answers := make([]byte, 1<<16)
	for _, line := range lines {
		line, quiet := strings.CutPrefix(line, "quiet ")
		io.WriteString(inW, line+"\n")
		if quiet {
			continue
		}
		n, err := outR.Read(answers)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(bytes.TrimSpace(answers[:n])))
	}
	inW.Close()
	if err := <-ended; err != nil {
		t.Errorf("ended with %v", err)
	}
	return got
}

func TestStdio(t *testing.T) {
	t.Parallel()
	actor := &identity.Actor{Subject: "ana", Roles: []identity.Role{identity.Viewer}, Scopes: []string{identity.ScopeTools}}
	got := converse(t, actor, []string{
		`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}`,
		`quiet {"jsonrpc":"2.0","method":"notifications/initialized"}`,
		`quiet {"jsonrpc":"2.0","method":"notifications/whatever"}`,
		`quiet `,
		`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"T___sga_get_balance","arguments":{"part_number":"NADA"}}}`,
		`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"a","name":"b"}}`,
		`{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"sga_create_movement"}}`,
		`{"jsonrpc":"2.0","id":5,"method":"logging/setLevel","params":{"level":"info"}}`,
		`nonsense`,
	})
	for i, want := range []string{`"serverInfo":{"name":"nexo"`, `"not_found"`, `-32700`, `"permission_denied"`, `-32601`, `-32700`} {
		if !strings.Contains(got[i], want) {
			t.Errorf("answer %d has no %s: %s", i, want, got[i])
		}
	}
}

func TestStdioInTheNewEra(t *testing.T) {
	t.Parallel()
	actor := &identity.Actor{Subject: "ana", Roles: []identity.Role{identity.Admin}, Scopes: []string{identity.ScopeTools}}
	const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}`
	got := converse(t, actor, []string{
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{` + meta + `,"name":"sga_get_balance","arguments":{"part_number":"A"}}}`,
	})
	if !strings.Contains(got[0], `"resultType":"complete"`) || !strings.Contains(got[0], `"found":true`) {
		t.Errorf("answer %s", got[0])
	}
}

func TestStdioLineTooLong(t *testing.T) {
	t.Parallel()
	actor := &identity.Actor{Subject: "ana"}
	err := Stdio(t.Context(), toyOptions(newToyClient()), actor, io.LimitReader(&endless{}, MaxBody+100), io.Discard)
	if err == nil {
		t.Error("a line without an end is no error")
	}
}

func TestStdioNeedsSomebody(t *testing.T) {
	t.Parallel()
	err := Stdio(t.Context(), toyOptions(newToyClient()), nil, strings.NewReader(""), io.Discard)
	if diff := cmp.Diff("gateway: stdio acts as somebody", err.Error()); diff != "" {
		t.Error(diff)
	}
}
