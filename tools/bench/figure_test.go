package main

import (
	"bufio"
	"context"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		row     row
		ratio   float64
		verdict string
	}{
		{"rate reached", row{Limit: figure{Rate: 100}, Ours: figure{Rate: 95}, Goal: goal{AtLeast: 0.9}}, 0.95, verdictMet},
		{"rate missed", row{Limit: figure{Rate: 100}, Ours: figure{Rate: 89}, Goal: goal{AtLeast: 0.9}}, 0.89, verdictMissed},
		{"rate without limit", row{Ours: figure{Rate: 89}, Goal: goal{AtLeast: 0.9}}, 0, verdictMissed},
		{"latency spoils it", row{Limit: figure{Rate: 10}, Ours: figure{Rate: 20, P99: 30}, Goal: goal{AtLeast: 1, P99: 25}}, 2, verdictMissed},
		{"errors spoil it", row{Limit: figure{Rate: 10}, Ours: figure{Rate: 20, Errors: 1}, Goal: goal{AtLeast: 1}}, 2, verdictMissed},
		{"time reached", row{Limit: figure{Seconds: 2}, Ours: figure{Seconds: 1, RSS: 100}, Goal: goal{AtMost: 0.55, RSS: 150}}, 0.5, verdictMet},
		{"time missed", row{Limit: figure{Seconds: 2}, Ours: figure{Seconds: 1.5}, Goal: goal{AtMost: 0.55}}, 0.75, verdictMissed},
		{"memory unknown", row{Goal: goal{RSS: 60}}, 0, verdictMissed},
		{"no goal", row{Limit: figure{Rate: 10}, Ours: figure{Rate: 1}}, 0.1, verdictNone},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := tt.row
			r.judge()
			if r.Ratio != tt.ratio || r.Verdict != tt.verdict {
				t.Errorf("ratio %v %s, want %v %s", r.Ratio, r.Verdict, tt.ratio, tt.verdict)
			}
		})
	}
}

func TestGoalInWords(t *testing.T) {
	t.Parallel()
	g := goal{AtLeast: 1.4, P99: 25}
	if got := g.String(); got != "≥ 1.40 ×, p99 ≤ 25 ms" {
		t.Error(got)
	}
}

func TestPercentile(t *testing.T) {
	t.Parallel()
	list := make([]float64, 200)
	for i := range list {
		list[i] = float64(i)
	}
	if percentile(list, 50) != 100 || percentile(list, 99) != 198 || percentile(list[:1], 99) != 0 || percentile(nil, 50) != 0 {
		t.Error(percentile(list, 50), percentile(list, 99))
	}
}

func TestRateOf(t *testing.T) {
	t.Parallel()
	got, err := rateOf("number of clients: 8\nlatency average = 0.8 ms\ntps = 9876.543210 (without initial connection time)\n")
	if err != nil || got != 9876.54321 {
		t.Error(got, err)
	}
	if _, err := rateOf("FATAL: no"); err == nil {
		t.Error("a failure gives a rate")
	}
}

func TestParseStat(t *testing.T) {
	t.Parallel()
	got, ok := parseStat("12 (post) gres) S 7 12 12 0 -1 4194560 100 200 0 0 150 50 30 20 20 0 1 0 99 1 2")
	want := stat{parent: 7, own: 2 * time.Second, children: 500 * time.Millisecond}
	if !ok || got != want {
		t.Errorf("%+v", got)
	}
	for _, bad := range []string{"", "1 (x) S 2", "nothing"} {
		if _, ok := parseStat(bad); ok {
			t.Errorf("%q is a stat", bad)
		}
	}
}

func TestDatabaseOf(t *testing.T) {
	t.Parallel()
	if got := databaseOf("postgres://nexo@/nexo_1?host=%2Ftmp%2Fx&port=5432"); got != "nexo_1" {
		t.Error(got)
	}
	if got := (world{scale: 0.001}).databaseName("lean_"); got != "lean_0_001" {
		t.Error(got)
	}
}

func TestReadAnswer(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text, body string
		status     int
		bad        bool
	}{
		"length":  {"HTTP/1.1 200 OK\r\nContent-Type: x\r\ncontent-length: 5\r\n\r\nhello", "hello", 200, false},
		"chunks":  {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", "hello", 200, false},
		"none":    {"HTTP/1.1 204 No Content\r\n\r\n", "", 204, false},
		"refusal": {"HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\nno", "no", 503, false},
		"cut":     {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", "", 0, true},
		"other":   {"SMTP ready\r\n\r\n", "", 0, true},
		"chunk":   {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "", 0, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, body, err := readAnswer(bufio.NewReader(strings.NewReader(tt.text)), nil)
			if (err != nil) != tt.bad || !tt.bad && (status != tt.status || string(body) != tt.body) {
				t.Errorf("%d %q %v", status, body, err)
			}
		})
	}
}

// TestLoad drives a real server and counts what it answers.
func TestLoad(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/bad" {
			http.Error(w, "bad", http.StatusInternalServerError)
			return
		}
		w.Write([]byte(`{"ok":true}`))
	}))
	t.Cleanup(server.Close)
	run := func(path string, most time.Duration) (*tally, error) {
		q := request{method: http.MethodPost, path: path, host: "x"}
		l := load{address: server.Listener.Addr().String(), connections: 2, time: most,
			caller: func() caller { return func(_ *rand.Rand, b []byte) []byte { return q.append(b, []byte("{}")) } }}
		return l.run(context.Background(), func() {})
	}
	good, err := run("/", 50*time.Millisecond)
	if err != nil || len(good.times) == 0 || good.errors != 0 || good.figure(1).Rate <= 0 {
		t.Errorf("%+v %v", good, err)
	}
	if _, err := run("/bad", time.Minute); err == nil {
		t.Error("a server that only fails passes")
	}
}

func TestReplaceBetween(t *testing.T) {
	t.Parallel()
	got, err := replaceBetween([]byte("a\n"+markBegin+"\nold\n"+markEnd+"\nb\n"), "new\n")
	if err != nil || string(got) != "a\n"+markBegin+"\nnew\n"+markEnd+"\nb\n" {
		t.Errorf("%q %v", got, err)
	}
	if _, err := replaceBetween([]byte("no marks"), "x"); err == nil {
		t.Error("a page without marks is written")
	}
}

func TestRowWriter(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	w := &rowWriter{to: &b}
	at := time.Date(2026, 3, 1, 1, 30, 0, 5000, time.UTC) // still February in São Paulo
	for range 2 {
		if err := w.int(-7).text("").null().time(at).day(at).end(); err != nil {
			t.Fatal(err)
		}
	}
	w.flush()
	const line = "-7\t\t\\N\t2026-03-01 01:30:00.000005Z\t2026-02-28\n"
	if b.String() != line+line {
		t.Errorf("%q", b.String())
	}
}
