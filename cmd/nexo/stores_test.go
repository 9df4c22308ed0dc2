package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/jackc/pgx/v5"
	"golang.org/x/time/rate"

	"github.com/faiston/nexo/internal/blobtest"
	"github.com/faiston/nexo/internal/config"
	"github.com/faiston/nexo/internal/dynamo"
	"github.com/faiston/nexo/internal/item"
	"github.com/faiston/nexo/internal/itemtest"
	"github.com/faiston/nexo/internal/pglocal"
	"github.com/faiston/nexo/internal/postgres"
	"github.com/faiston/nexo/internal/relay"
)

// TestStoresOfOneMachine and TestStoresOfAWS are one story on both sides: a movement appears in the event table, in the audit
// trail and at a webhook; a task is approved while the program is killed at random and ends executed once, with its
// projection caught up; a row that was changed by hand is named by nexo verify.
func TestStoresOfOneMachine(t *testing.T) {
	t.Parallel()
	tellOfStores(t, nil, func(dir string) item.Store {
		cluster, err := pglocal.Open(t.Context(), pglocal.Options{DataDir: dir})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { cluster.Close(context.WithoutCancel(t.Context())) }) //nolint:errcheck // it only joined
		items, err := postgres.OpenItems(t.Context(), postgres.ItemsConfig{URL: cluster.DSN("nexo_writer", config.Database)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(items.Close)
		return items
	})
}

func TestStoresOfAWS(t *testing.T) {
	t.Parallel()
	tables := itemtest.Dynoxide(t, filepath.Join(t.TempDir(), "tables.db"))
	env := []string{"NEXO_ITEMS=dynamodb", "NEXO_DYNAMODB_ENDPOINT=" + tables.URL, "NEXO_OBJECTS=s3", "NEXO_S3_ENDPOINT=" + blobtest.Gateway(t),
		"AWS_REGION=" + blobtest.GatewayRegion, "AWS_ACCESS_KEY_ID=" + blobtest.GatewayUser, "AWS_SECRET_ACCESS_KEY=" + blobtest.GatewaySecret,
		"AWS_EC2_METADATA_DISABLED=true"}
	tellOfStores(t, env, func(string) item.Store {
		items, err := dynamo.Open(t.Context(), dynamo.Options{Endpoint: tables.URL, Region: blobtest.GatewayRegion,
			Credentials: credentials.NewStaticCredentialsProvider("local", "local", "")})
		if err != nil {
			t.Fatal(err)
		}
		return items
	})
}

// receiver is a webhook's other end.
type receiver struct {
	mu     sync.Mutex
	bodies []string
}

func (r *receiver) ServeHTTP(_ http.ResponseWriter, q *http.Request) {
	body, _ := io.ReadAll(q.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bodies = append(r.bodies, string(body))
}

// heard counts the deliveries that hold a text.
func (r *receiver) heard(text string) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range r.bodies {
		if strings.Contains(b, text) {
			n++
		}
	}
	return n
}

// story is one installation and what looks at it.
type story struct {
	*soak
	outside *receiver
	tables  relay.Tables
}

func tellOfStores(t *testing.T, env []string, open func(dir string) item.Store) {
	outside := &receiver{}
	hook := httptest.NewServer(outside)
	t.Cleanup(hook.Close)
	w := &soak{t: t, limit: rate.NewLimiter(rate.Inf, soakWriters), stop: make(chan struct{}), effects: map[string]string{}, decided: map[string]string{}}
	w.h = quiet(t, append(env, "NEXO_ADDR="+freeAddress(t), "NEXO_OUTBOUND_ALLOW="+hook.Listener.Addr().String())...)
	w.serving = w.h.serve()
	for i, user := range []string{"admin", "admin2"} {
		w.tokens[i] = w.h.nexo(0, "token", "--user", user, "--group", "admin", "--ttl", "1h")
	}
	w.masterData()
	s := &story{soak: w, outside: outside, tables: relay.Tables{Store: open(w.h.dir)}}
	s.call("sga_create_webhook", fmt.Sprintf(`{"url":%q}`, hook.URL))
	s.movementIsTold()
	s.taskIsExecutedOnce()
	s.changedRowIsNamed()
}

func (s *story) call(operation, arguments string) map[string]any {
	s.t.Helper()
	code, body := s.serving.do("POST", "/api/v1/ops/"+operation, s.tokens[0], arguments)
	var out map[string]any
	if err := json.Unmarshal([]byte(body), &out); err != nil || code != http.StatusOK {
		s.t.Fatalf("%s: %d %s", operation, code, body)
	}
	return out
}

// until waits for something that follows the log.
func (s *story) until(what string, holds func() (bool, error)) {
	s.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); ; <-tick.C {
		ok, err := holds()
		if ok {
			return
		}
		if time.Now().After(end) {
			s.t.Fatalf("%s: not seen in %v, %v", what, patience, err)
		}
	}
}

func (s *story) body(table *item.Table, k item.Key) (string, error) {
	it, err := s.tables.Store.Get(s.t.Context(), table, k)
	if err != nil || it == nil {
		return "", err
	}
	return string(it.Body), nil
}

func (s *story) movementIsTold() {
	out := s.call("sga_create_movement", `{"movement_type":"ENTRADA","part_number":"UNI","quantity":7,"destination_location_id":"A"}`)
	id, _ := out["movement_id"].(string)
	s.effects["told"] = id
	s.until("the movement in the event table", func() (bool, error) {
		body, err := s.body(item.Inventory(), item.Key{Partition: "MOVE#" + id, Sort: "METADATA"})
		return strings.Contains(body, `"quantity":"7"`), err
	})
	day := time.Now().UTC().Format(time.DateOnly)
	s.until("the movement in the audit trail", func() (bool, error) {
		page, err := s.tables.AuditOfDay(s.t.Context(), day, relay.View{Limit: item.MaxPage})
		for _, it := range page.Items {
			if strings.Contains(string(it.Body), fmt.Sprintf(`"sequence":%v`, out["sequence"])) {
				return true, nil
			}
		}
		return false, err
	})
	s.until("the movement at the webhook", func() (bool, error) { return s.outside.heard(id) > 0, nil })
}

// taskIsExecutedOnce approves a correction while the program, and with it the relay, dies again and again.
func (s *story) taskIsExecutedOnce() {
	stopped := make(chan struct{})
	var killer sync.WaitGroup
	killer.Go(func() {
		for range 4 {
			select {
			case <-stopped:
			case <-time.After(rand.N(1500 * time.Millisecond)):
			}
			s.serving.stop(syscall.SIGKILL)
			again := s.h.serve()
			s.mu.Lock()
			s.serving = again
			s.mu.Unlock()
		}
	})
	for i := range 5 {
		s.propose(fmt.Sprintf("correction-%d", i))
	}
	close(stopped)
	killer.Wait()
	for key, task := range s.decided {
		s.until(key+" in the table of tasks", func() (bool, error) {
			body, err := s.body(item.Tasks(), item.Key{Partition: task})
			return strings.Contains(body, `"APPROVED"`), err
		})
	}
	if len(s.decided) != 5 {
		s.t.Errorf("%d of 5 were approved", len(s.decided))
	}
	s.check()
}

// changedRowIsNamed does what only the owner of the database can.
func (s *story) changedRowIsNamed() {
	cluster, err := pglocal.Open(s.t.Context(), pglocal.Options{DataDir: s.h.dir})
	if err != nil {
		s.t.Fatal(err)
	}
	defer cluster.Close(context.WithoutCancel(s.t.Context())) //nolint:errcheck // it only joined
	conn, err := pgx.Connect(s.t.Context(), cluster.DSN(pglocal.Superuser, config.Database))
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close(s.t.Context())
	var sequence, position int64
	if err := conn.QueryRow(s.t.Context(), `SELECT e.sequence, e.position FROM sga.event_log e JOIN sga.movement_ids i ON i.sequence = e.sequence
		WHERE i.movement_id = $1::uuid`, s.effects["told"]).Scan(&sequence, &position); err != nil {
		s.t.Fatal(err)
	}
	s.until("the movement in a block", func() (sealed bool, err error) {
		err = conn.QueryRow(s.t.Context(), `SELECT EXISTS (SELECT FROM sga.seal_blocks b JOIN sga.event_log e ON e.position BETWEEN b.first_id AND b.last_id
			WHERE b.chain = 'events' AND e.sequence = $1)`, sequence).Scan(&sealed)
		return sealed, err
	})
	for _, statement := range []string{`ALTER TABLE sga.movements DISABLE TRIGGER USER`,
		fmt.Sprintf(`UPDATE sga.movements SET reason = 'nada a ver' WHERE sequence = %d`, sequence), `ALTER TABLE sga.movements ENABLE TRIGGER USER`} {
		if _, err := conn.Exec(s.t.Context(), statement); err != nil {
			s.t.Fatal(err)
		}
	}
	if out := s.h.nexo(1, "verify"); !strings.Contains(out, fmt.Sprintf("event of position %d, ", position)) {
		s.t.Errorf("verify does not name the event of position %d:\n%s", position, out)
	}
}
