package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/time/rate"

	"github.com/faiston/nexo/internal/config"
	"github.com/faiston/nexo/internal/itemtest"
	"github.com/faiston/nexo/internal/pglocal"
	"github.com/faiston/nexo/internal/simtest"
)

const (
	// soakEnv is how long the soak lasts; ten minutes by make soak.
	soakEnv = "NEXO_SOAK_TIME"
	// itemsEnv puts the keyed tables on a DynamoDB-compatible server, which is killed too.
	itemsEnv = "NEXO_SOAK_ITEMS"
	// soakWriters are people at work at once.
	soakWriters = 6
	// restBetween kills: up to this long, so that recovery itself is met by the next one now and then.
	restBetween = 6 * time.Second
)

func soakTime(t *testing.T) time.Duration {
	t.Helper()
	if os.Getenv(soakEnv) == "" {
		return 20 * time.Second
	}
	d, err := time.ParseDuration(os.Getenv(soakEnv))
	if err != nil {
		t.Fatalf("%s is no duration such as 10m: %v", soakEnv, err)
	}
	return d
}

// TestSoak lets people work at half of what the machine can do while the program, its database and its DynamoDB server are
// killed at random. At the end every call has been answered once, nothing is lost, nothing is there twice, the
// invariants hold, and what follows the log has caught up.
func TestSoak(t *testing.T) {
	t.Parallel()
	w := newSoak(t)
	w.masterData()
	w.pace(rate.Inf)
	var people sync.WaitGroup
	for i := range soakWriters {
		people.Go(func() { w.work(i) })
	}
	const calibration = 3 * time.Second
	<-time.After(calibration)
	half := max(1, float64(w.done.Load())/calibration.Seconds()/2)
	w.pace(rate.Limit(half))
	end := time.After(soakTime(t) - calibration)
	kills := map[string]int{}
	for going := true; going; {
		select {
		case <-end:
			going = false
		case <-time.After(rand.N(restBetween)):
			kills[w.kill()]++
		}
	}
	close(w.stop)
	w.pace(rate.Inf)
	people.Wait()
	w.check()
	t.Logf("%d calls answered at %.0f a second, %d effects; killed: %v; %d calls were asked again", w.done.Load(), half, len(w.effects), kills, w.again.Load())
}

// soak is the installation under test and what it has answered.
type soak struct {
	t       *testing.T
	h       *home
	items   *itemtest.Server // nil: the keyed tables are in PostgreSQL
	limit   *rate.Limiter
	stop    chan struct{}
	tokens  [2]string
	done    atomic.Int64
	again   atomic.Int64
	mu      sync.Mutex
	serving *server
	effects map[string]string // movement id by idempotency key, of what was acknowledged
	decided map[string]string // task id by idempotency key
}

func newSoak(t *testing.T) *soak {
	t.Helper()
	w := &soak{t: t, limit: rate.NewLimiter(rate.Inf, soakWriters), stop: make(chan struct{}), effects: map[string]string{}, decided: map[string]string{}}
	env := []string{"NEXO_ADDR=" + freeAddress(t)}
	if os.Getenv(itemsEnv) == string(config.ItemsDynamoDB) {
		w.items = itemtest.Dynoxide(t, filepath.Join(t.TempDir(), "tables.db"))
		env = append(env, "NEXO_ITEMS=dynamodb", "NEXO_DYNAMODB_ENDPOINT="+w.items.URL)
	}
	w.h = quiet(t, env...)
	w.serving = w.h.serve()
	for i, user := range []string{"admin", "admin2"} {
		w.tokens[i] = w.h.nexo(0, "token", "--user", user, "--group", "admin", "--ttl", "12h")
	}
	return w
}

func (w *soak) pace(limit rate.Limit) { w.limit.SetLimit(limit) }

func (w *soak) masterData() {
	for _, call := range [][2]string{
		{"sga_create_location", `{"location_code":"A","location_name":"A","location_type":"WAREHOUSE"}`},
		{"sga_create_location", `{"location_code":"B","location_name":"B","location_type":"WAREHOUSE"}`},
		{"sga_create_part_number", `{"part_number":"UNI","description":"unidade"}`},
		{"sga_create_part_number", `{"part_number":"SER","description":"serial","is_serialized":true}`},
	} {
		if code, body := w.serving.do("POST", "/api/v1/ops/"+call[0], w.tokens[0], call[1]); code != http.StatusOK {
			w.t.Fatalf("%s: %d %s", call[0], code, body)
		}
	}
}

// soakReply is what the soak reads of an answer.
type soakReply struct {
	MovementID  string `json:"movement_id"`
	TaskID      string `json:"task_id"`
	Fingerprint string `json:"fingerprint"`
	Code        string `json:"code"`
}

// work does one person's day: receipts, transfers, issues, and now and then a correction that another must approve.
func (w *soak) work(person int) {
	for n := 0; ; n++ {
		select {
		case <-w.stop:
			return
		default:
		}
		if err := w.limit.Wait(context.Background()); err != nil {
			w.t.Error(err)
			return
		}
		key := fmt.Sprintf("p%d-%d", person, n)
		switch n % 8 {
		case 3:
			w.post(key, `"movement_type":"TRANSFERENCIA","part_number":"UNI","quantity":1,"source_location_id":"A","destination_location_id":"B"`)
		case 5:
			w.post(key, `"movement_type":"SAIDA","part_number":"UNI","quantity":1,"source_location_id":"A"`)
		case 6:
			w.post(key, fmt.Sprintf(`"movement_type":"ENTRADA","part_number":"SER","quantity":1,"serial_numbers":[%q],"destination_location_id":"B"`, key))
		case 7:
			w.propose(key)
		default:
			w.post(key, `"movement_type":"ENTRADA","part_number":"UNI","quantity":2,"destination_location_id":"A"`)
		}
	}
}

func (w *soak) post(key, fields string) {
	got := w.ask(0, "sga_create_movement", fmt.Sprintf(`{%s,"idempotency_key":%q}`, fields, key))
	switch {
	case got.MovementID != "":
		w.mu.Lock()
		w.effects[key] = got.MovementID
		w.mu.Unlock()
	case got.Code != "insufficient_stock" && got.Code != "conflict":
		w.t.Errorf("%s: %+v", key, got)
	}
}

// propose makes a correction that waits, and has another person approve it.
func (w *soak) propose(key string) {
	made := w.ask(0, "sga_create_movement", fmt.Sprintf(`{"movement_type":"AJUSTE_POSITIVO","part_number":"UNI","quantity":1,
		"destination_location_id":"B","reason":"soak","idempotency_key":%q}`, key))
	if made.TaskID == "" {
		w.t.Errorf("%s: %+v", key, made)
		return
	}
	for range 50 { // a figure of the preview may have moved on, and then it is shown again
		task := w.ask(1, "sga_get_task", fmt.Sprintf(`{"task_id":%q}`, made.TaskID))
		done := w.ask(1, "sga_approve_task", fmt.Sprintf(`{"task_id":%q,"fingerprint":%q,"idempotency_key":"a-%s"}`, made.TaskID, task.Fingerprint, key))
		if done.Code == "" {
			w.mu.Lock()
			w.decided[key] = made.TaskID
			w.mu.Unlock()
			return
		}
		if done.Code != "conflict" {
			w.t.Errorf("approve %s: %+v", key, done)
			return
		}
	}
	w.t.Errorf("%s was never approved", key)
}

// ask calls until there is an answer that is final, with the same key.
func (w *soak) ask(who int, operation, arguments string) soakReply {
	defer w.done.Add(1)
	began := time.Now()
	for {
		got, err := w.once(who, operation, arguments)
		if err == nil && got.Code != "unavailable" && got.Code != "rate_limited" {
			return got // also a conflict: nothing was done, and what to do next is for who asked
		}
		w.again.Add(1)
		if time.Since(began) > patience {
			w.t.Errorf("%s %s: no answer in %v: %+v, %v", operation, arguments, patience, got, err)
			return got
		}
		<-time.After(rand.N(50 * time.Millisecond)) // as a client backs off
	}
}

func (w *soak) once(who int, operation, arguments string) (soakReply, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	w.mu.Lock()
	url := w.serving.url
	w.mu.Unlock()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/api/v1/ops/"+operation, strings.NewReader(arguments))
	if err != nil {
		return soakReply{}, err
	}
	req.Header.Set("Authorization", "Bearer "+w.tokens[who])
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return soakReply{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return soakReply{}, err
	}
	var got soakReply
	err = json.Unmarshal(raw, &got)
	return got, err
}

// kill ends something at random and has it come back, and says what it was.
func (w *soak) kill() string {
	kinds := []string{"program", "database"}
	if w.items != nil {
		kinds = append(kinds, "dynamodb")
	}
	kind := kinds[rand.IntN(len(kinds))]
	switch kind {
	case "program":
		w.serving.stop(syscall.SIGKILL)
		again := w.h.serve()
		w.mu.Lock()
		w.serving = again
		w.mu.Unlock()
	case "database": // the program's own supervisor brings it back
		raw, err := os.ReadFile(filepath.Join(w.h.dir, "postgres", "data", "postmaster.pid"))
		first, _, _ := strings.Cut(string(raw), "\n")
		pid, wrong := strconv.Atoi(first)
		if err != nil || wrong != nil || pid <= 1 {
			return "database that was down"
		}
		_ = syscall.Kill(pid, syscall.SIGKILL)
	case "dynamodb":
		w.items.Kill()
		if err := w.items.Start(w.t.Context()); err != nil {
			w.t.Error(err)
		}
	}
	return kind
}

// check looks at the database itself, beside the program.
func (w *soak) check() {
	t := w.t
	cluster, err := pglocal.Open(t.Context(), pglocal.Options{DataDir: w.h.dir})
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close(context.WithoutCancel(t.Context())) //nolint:errcheck // it only joined
	pool, err := pgxpool.New(t.Context(), cluster.DSN(pglocal.Superuser, config.Database))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	w.caughtUp(pool)
	for key, id := range w.effects {
		w.holds(pool, key+" was acknowledged", `SELECT EXISTS (SELECT FROM sga.movement_ids WHERE movement_id = $1::uuid)`, id)
	}
	for key, id := range w.decided {
		w.holds(pool, key+" was approved", `SELECT count(*) = 1 FROM sga.movements WHERE task_id = $1::uuid`, id)
	}
	var movements, keys int
	if err := pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM sga.movements), (SELECT count(*) FROM sga.movement_ids)`).Scan(&movements, &keys); err != nil {
		t.Fatal(err)
	}
	if want := len(w.effects) + len(w.decided); movements != want || keys != want {
		t.Errorf("%d movements and %d ids, want %d: something is lost or there twice", movements, keys, want)
	}
	broken, err := simtest.Broken(t.Context(), pool)
	if err != nil || len(broken) > 0 {
		t.Errorf("%v, %v", broken, err)
	}
	t.Log(w.h.nexo(0, "verify"))
	w.rebuilt(pool)
}

// rebuilt: the event table, emptied and filled again from the ledger, is what the relay had written through all the kills.
func (w *soak) rebuilt(pool *pgxpool.Pool) {
	if w.items != nil {
		return // it is compared where it can be read at once; the adapters are held to the same answers by their suite
	}
	tables := func() (all string) {
		w.t.Helper()
		const question = `SELECT concat_ws(' ', count(*), md5(string_agg(concat_ws('|', pk, sk, version, expires_at, body), E'\n' ORDER BY pk, sk)))
			FROM keyed.items WHERE table_id = 'inventory'`
		if err := pool.QueryRow(w.t.Context(), question).Scan(&all); err != nil {
			w.t.Error(err)
		}
		return all
	}
	before := tables()
	w.h.nexo(0, "rebuild-events", "--clean")
	if after := tables(); after != before {
		w.t.Errorf("the event table was %s and is %s after a rebuild", before, after)
	}
	w.t.Logf("the event table (items, sum): %s", before)
}

func (w *soak) holds(pool *pgxpool.Pool, what, question string, args ...any) {
	w.t.Helper()
	var yes bool
	if err := pool.QueryRow(w.t.Context(), question, args...).Scan(&yes); err != nil || !yes {
		w.t.Errorf("%s: %v, %v", what, yes, err)
	}
}

// caughtUp waits until every event has its position and every consumer of the relay is at the end of the log.
func (w *soak) caughtUp(pool *pgxpool.Pool) {
	t := w.t
	const question = `SELECT NOT EXISTS (SELECT FROM sga.outbox)
		AND NOT EXISTS (SELECT FROM sga.relay_cursors WHERE source = 'events' AND position < (SELECT coalesce(max(position), 0) FROM sga.event_log)),
		(SELECT count(*) FROM sga.relay_cursors) FROM pg_sleep(0.1)`
	began := time.Now()
	for {
		var done bool
		var consumers int
		err := pool.QueryRow(t.Context(), question).Scan(&done, &consumers)
		if done {
			t.Logf("%d consumers of the relay at the end of the log after %v", consumers, time.Since(began).Round(time.Millisecond))
			w.holds(pool, "no dead letter", `SELECT NOT EXISTS (SELECT FROM sga.dead_letters)`)
			return
		}
		if time.Since(began) > patience {
			t.Errorf("what follows the log has not caught up: %v", err)
			return
		}
	}
}
