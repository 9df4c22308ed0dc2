package rest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/feed"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
)

// toyLog is a log of events that a test writes.
type toyLog struct {
	mu    sync.Mutex
	list  []stock.LogEvent
	reads int
	down  bool
}

func (l *toyLog) add(kind, payload string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := stock.LogEvent{Position: int64(len(l.list) + 1), Sequence: int64(len(l.list) + 1), Kind: kind, EntityID: uuid.Max, KnownAt: time.Unix(1e9, 0).UTC()}
	if payload != "" {
		e.Payload = []byte(payload)
	}
	l.list = append(l.list, e)
}

func (l *toyLog) EventsAfter(_ context.Context, position int64, limit int) ([]stock.LogEvent, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reads++
	if l.down {
		return nil, fault.Unavailable.With("Sem banco.", "No database.")
	}
	from := min(int(position), len(l.list))
	return append([]stock.LogEvent(nil), l.list[from:min(from+limit, len(l.list))]...), nil
}

func (l *toyLog) LastPosition(context.Context) (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int64(len(l.list)), nil
}

// listener is the client's end of a stream.
type listener struct {
	mu     sync.Mutex
	header http.Header
	status int
	got    strings.Builder
	deaf   bool
}

func (l *listener) Header() http.Header { return l.header }

func (l *listener) WriteHeader(status int) { l.status = status }

func (l *listener) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.deaf {
		return 0, os.ErrDeadlineExceeded
	}
	return l.got.Write(p)
}

func (l *listener) Flush() {}

// take gives what came since the last time.
func (l *listener) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.got.String()
	l.got.Reset()
	return s
}

// listen opens a stream as somebody; ended is closed with it.
func (w *world) listen(as, url, last string) (l *listener, ended chan struct{}, hangUp func()) {
	ctx, cancel := context.WithCancel(context.Background())
	r := request(as, "GET", url, "").WithContext(ctx)
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	l, ended = &listener{header: http.Header{}}, make(chan struct{})
	go func() {
		defer close(ended)
		w.handler.ServeHTTP(l, r)
	}()
	synctest.Wait()
	return l, ended, cancel
}

func withLog(l *toyLog) func(*Options) { return func(o *Options) { o.Events = l } }

func wait(d time.Duration) {
	time.Sleep(d) // the bubble's clock
	synctest.Wait()
}

func ids(stream string) string {
	var out []string
	for line := range strings.SplitSeq(stream, "\n") {
		if id, ok := strings.CutPrefix(line, "id: "); ok {
			out = append(out, id)
		}
	}
	return strings.Join(out, " ")
}

func TestStream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &toyLog{}
		log.add("movement", "")
		w := newWorld(t, withLog(log))
		l, ended, hangUp := w.listen("viewer", "/api/v1/events", "")
		if got := l.take(); got != "retry: 2000\n\n" || l.header.Get("Content-Type") != "text/event-stream" {
			t.Errorf("start %q %v", got, l.header)
		}
		log.add("task_created", `{"projects":["NTT"],"locations":["CD-SP"],"summary":"a\nb"}`)
		wait(feedPeriod)
		want := "id: 2\nevent: task_created\ndata: " + `{"position":2,"kind":"task_created","entity_id":"ffffffff-ffff-ffff-ffff-ffffffffffff","known_at":"2001-09-09T01:46:40Z","data":{"projects":["NTT"],"locations":["CD-SP"],"summary":"a\nb"}}` + "\n\n"
		if got := l.take(); got != want {
			t.Errorf("event %q, want %q", got, want)
		}
		wait(heartbeat)
		if got := l.take(); got != ": ping\n\n" {
			t.Errorf("heartbeat %q", got)
		}
		hangUp()
		<-ended
		reads := log.reads
		wait(time.Minute)
		if log.reads != reads {
			t.Error("the log is read though nobody listens")
		}
	})
}

// TestStreamResumes: Last-Event-ID brings everything after it, also what the feed no longer keeps.
func TestStreamResumes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &toyLog{}
		w := newWorld(t, withLog(log))
		first, _, hangUp := w.listen("viewer", "/api/v1/events", "")
		defer hangUp()
		for range feedKept + 10 {
			log.add("movement", "")
		}
		wait(feedPeriod)
		all := ids(first.take())
		second, _, hangUp2 := w.listen("viewer", "/api/v1/events", "3")
		defer hangUp2()
		if got, want := ids(second.take()), strings.TrimPrefix(all, "1 2 3 "); got != want {
			t.Errorf("resumed with %d bytes of ids, want %d", len(got), len(want))
		}
		third, _, hangUp3 := w.listen("viewer", "/api/v1/events?after="+strconv.Itoa(feedKept+8), "")
		defer hangUp3()
		if got := ids(third.take()); got != strconv.Itoa(feedKept+9)+" "+strconv.Itoa(feedKept+10) {
			t.Errorf("after: %s", got)
		}
		log.mu.Lock()
		log.down = true
		log.mu.Unlock()
		wait(5 * time.Second)
		log.mu.Lock()
		log.down = false
		log.mu.Unlock()
		log.add("movement", "")
		wait(feedPeriod)
		if got := ids(third.take()); got != strconv.Itoa(feedKept+11) {
			t.Errorf("after an outage: %s", got)
		}
	})
}

// TestStreamKeepsPricesBack: of an edit of master data only the code is told.
func TestStreamKeepsPricesBack(t *testing.T) {
	t.Parallel()
	for payload, want := range map[string]string{
		`{"part_number":{"create":true,"part_number":"X","unit_cost":"canary"}}`: `{"part_number":"X","created":true}`,
		`{"project":{"project_code":"NTT","contract_number":"canary"}}`:          `{"project_code":"NTT","created":false}`,
		`{"location":{"location_code":"CD","address":"canary"}}`:                 `{"location_code":"CD","created":false}`,
		`{"asset":{"acquisition_cost":"canary"}}`:                                `null`,
		`{"projects":[],"locations":[],"summary":"s"}`:                           `{"projects":[],"locations":[],"summary":"s"}`,
	} {
		e := feed.Event{LogEvent: stock.LogEvent{Payload: []byte(payload)}}
		e.Touch, e.Known = feed.Own(e.LogEvent)
		var b strings.Builder
		if err := writeEvent(&b, &e); err != nil || !strings.Contains(b.String(), `"data":`+want+"}") || strings.Contains(b.String(), "canary") {
			t.Errorf("%s: %s %v", payload, b.String(), err)
		}
	}
}

// twoProjects has every second event concern a project of the technician's.
type twoProjects struct{}

func (twoProjects) Touched(_ context.Context, list []stock.LogEvent) (map[int64]stock.Touched, error) {
	out := map[int64]stock.Touched{}
	for _, e := range list {
		out[e.Sequence] = stock.Touched{Project: []string{"NTT", "ITAU"}[e.Position%2], Locations: []string{"TEC-1"}}
	}
	return out, nil
}

// TestStreamShowsWhatOneMaySee: I10 at this door. The technician sees project NTT and place TEC-1 only.
func TestStreamShowsWhatOneMaySee(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &toyLog{}
		w := newWorld(t, withLog(log), func(o *Options) {
			o.Ledger = twoProjects{}
		})
		l, _, hangUp := w.listen("technician", "/api/v1/events?kinds=movement", "")
		defer hangUp()
		for range 4 {
			log.add("movement", "")
		}
		log.add("task_created", `{"projects":["NTT"],"locations":["TEC-1"]}`)
		wait(feedPeriod)
		got := l.take()
		if ids(got) != "2 4" || strings.Contains(got, "ITAU") || strings.Contains(got, "task") || !strings.Contains(got, `"data":{"project_code":"NTT","location_codes":["TEC-1"],`) {
			t.Errorf("%q", got)
		}
		wait(heartbeat)
		if got := l.take(); got != "id: 5\n: ping\n\n" {
			t.Errorf("the heartbeat does not tell the position: %q", got)
		}
	})
}

func TestStreamEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &toyLog{}
		var mu sync.Mutex
		disabled := false
		w := newWorld(t, withLog(log), func(o *Options) {
			actor := o.Actor
			o.Actor = func(ctx context.Context, c identity.Claims) (*identity.Actor, error) {
				mu.Lock()
				defer mu.Unlock()
				if disabled {
					return nil, fault.PermissionDenied.With("Conta desativada.", "Account disabled.")
				}
				return actor(ctx, c)
			}
		})
		l, ended, hangUp := w.listen("viewer", "/api/v1/events", "")
		defer hangUp()
		deaf, deafEnded, hangUp2 := w.listen("admin", "/api/v1/events", "")
		defer hangUp2()
		deaf.mu.Lock()
		deaf.deaf = true
		deaf.mu.Unlock()
		log.add("movement", "")
		wait(feedPeriod)
		<-deafEnded
		if ids(l.take()) != "1" {
			t.Error("one that does not read holds up the other")
		}
		if p := w.do(request("", "GET", "/metrics", "")).Body.String(); !strings.Contains(p, "nexo_http_event_streams_dropped_total 1") || !strings.Contains(p, "nexo_http_event_streams 1\n") {
			t.Error("the figures do not say so")
		}
		mu.Lock()
		disabled = true
		mu.Unlock()
		log.add("movement", "")
		wait(heartbeat)
		<-ended
	})
}

func TestStreamLimitsAndRefusals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, withLog(&toyLog{}))
		for range maxStreamsEach {
			_, _, hangUp := w.listen("viewer", "/api/v1/events", "")
			defer hangUp()
		}
		for name, c := range map[string]struct {
			as, url, last string
			status        int
		}{
			"one too many":      {"viewer", "/api/v1/events", "", 429},
			"nobody":            {"", "/api/v1/events", "", 401},
			"negative":          {"admin", "/api/v1/events", "-1", 400},
			"no number":         {"admin", "/api/v1/events", "x", 400},
			"no number, after":  {"admin", "/api/v1/events?after=1.5", "", 400},
			"unknown parameter": {"admin", "/api/v1/events?colour=red", "", 400},
		} {
			r := request(c.as, "GET", c.url, "")
			if c.last != "" {
				r.Header.Set("Last-Event-ID", c.last)
			}
			p := httptest.NewRecorder()
			w.handler.ServeHTTP(p, r)
			if p.Code != c.status {
				t.Errorf("%s: %d %s", name, p.Code, p.Body)
			}
		}
		_, _, hangUp := w.listen("admin", "/api/v1/events", "")
		hangUp()
		synctest.Wait()
	})
	f := newFollower(brokenLog{}, nil, nil)
	if _, err := f.join(t.Context(), "a"); fault.CodeOf(err) != fault.Unavailable || f.total != 0 {
		t.Errorf("joining without a database: %v, %d streams", err, f.total)
	}
}

type brokenLog struct{ stock.EventReader }

func (brokenLog) LastPosition(context.Context) (int64, error) {
	return 0, fault.Unavailable.With("Sem banco.", "No database.").Because(errors.New("refused"))
}
