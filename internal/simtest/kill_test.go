package simtest

import (
	"bufio"
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/dbtest"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/postgres"
	"github.com/faiston/nexo/internal/stock"
)

// childEnv makes the test binary the process that is killed: its value is the database and the prefix
// of its keys, with a line break between.
const childEnv = "NEXO_SIMTEST_CHILD"

// writeUntilKilled writes and tells what it asks and what it is answered, line by line, until it is killed.
func writeUntilKilled() int {
	url, prefix, _ := strings.Cut(os.Getenv(childEnv), "\n")
	ctx := context.Background()
	db, err := postgres.Open(ctx, postgres.Config{WriterURL: url, ReaderURL: url, MaxWriters: 4, MaxReaders: 2})
	if err != nil {
		fmt.Println("BROKEN", err)
		return 1
	}
	c := &Company{Ana: Person("ana", 0xaa)}
	var mu sync.Mutex
	tell := func(words ...any) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Println(words...)
	}
	var writers sync.WaitGroup
	for i := range 8 {
		writers.Go(func() {
			for n := 0; ; n++ {
				key := fmt.Sprintf("%s-%d-%d", prefix, i, n)
				tell("ASK", key)
				out, err := db.Submit(ctx, c.keyed(key, key, stepOf(key)))
				switch {
				case err == nil:
					tell("ACK", key, string(out.Answer))
				case expected(err):
					tell("REF", key)
				default:
					tell("BROKEN", key, err)
				}
			}
		})
	}
	writers.Wait()
	return 0
}

// stepOf makes the same movement for the same key, in whatever process.
func stepOf(key string) approval.Step {
	h := fnv.New64a()
	_, _ = io.WriteString(h, key)
	r := rand.New(rand.NewPCG(h.Sum64(), 0))
	places := []string{"CD", "CD-A", "CD-B", "BASE"}
	from, to := places[r.IntN(4)], places[r.IntN(4)]
	switch r.IntN(5) {
	case 0:
		return Move(stock.Transferencia, "1", "UNI-1", from, to)
	case 1:
		return Move(stock.Saida, "2", "UNI-1", from, "")
	case 2:
		return Move(stock.Entrada, "1", "SER-1", "", to, key)
	}
	return Move(stock.Entrada, "3", "UNI-1", "", to)
}

// told is what a process said before it died.
type told struct {
	asked    map[string]bool
	answered map[string]string // by key; "" for a refusal
}

// TestKill is R-08: a process that writes is killed at random points. What it acknowledged is stored;
// what it did not is resolved by asking with the key; the invariants hold.
func TestKill(t *testing.T) {
	t.Parallel()
	c := Open(t, dbtest.Durable())
	stored, resolved := 0, 0
	for round := range size(3, 50) {
		heard := c.runAndKill(t, fmt.Sprint("r", round), 20+rand.IntN(400))
		for key, answer := range heard.answered {
			if answer != "" {
				c.mustStore(t, key, answer)
				stored++
			}
		}
		for key := range heard.asked {
			if _, ok := heard.answered[key]; ok {
				continue
			}
			if _, err := c.DB.Submit(t.Context(), c.keyed(key, key, stepOf(key))); !expected(err) {
				t.Errorf("%s cannot be resolved: %v", key, err)
			}
			resolved++
		}
		c.MustHold(t)
		if t.Failed() {
			return
		}
	}
	t.Logf("%d acknowledged and stored, %d resolved by their keys", stored, resolved)
	c.oneEffectEach(t)
}

// runAndKill starts the writing process and kills it after so many lines.
func (c *Company) runAndKill(t *testing.T, prefix string, lines int) told {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+c.Data.DSN()+"\n"+prefix)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	heard := told{map[string]bool{}, map[string]string{}}
	scan := bufio.NewScanner(out)
	for n := 0; scan.Scan(); n++ {
		word, rest, _ := strings.Cut(scan.Text(), " ")
		key, answer, _ := strings.Cut(rest, " ")
		switch word {
		case "ASK":
			heard.asked[key] = true
		case "ACK":
			heard.answered[key] = answer
		case "REF":
			heard.answered[key] = ""
		default:
			t.Errorf("the process said %q", scan.Text())
		}
		if n == lines { // what it has said but we have not heard yet is read on, until it is dead
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the process ended by itself")
	}
	return heard
}

// mustStore holds an acknowledged answer to what the database has: the key with the answer, and the movement.
func (c *Company) mustStore(t *testing.T, key, answer string) {
	t.Helper()
	var have string
	var moved bool
	err := c.Owner.QueryRow(t.Context(), `SELECT answer, EXISTS (SELECT FROM sga.movement_ids WHERE answer LIKE '%' || movement_id || '@' || sequence || '%'
		AND movement_id = split_part(split_part(answer, ' ', 2), '@', 1)::uuid) FROM sga.idempotency_keys WHERE key = $1`, key).Scan(&have, &moved)
	if err != nil || have != answer || !moved {
		t.Errorf("%s was answered %q; stored is %q, its movement %v, %v", key, answer, have, moved, err)
	}
}

// oneEffectEach: with one movement a key, there are as many of both, and as many audit rows.
func (c *Company) oneEffectEach(t *testing.T) {
	t.Helper()
	var keys, movements, audits int
	if err := c.Owner.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM sga.idempotency_keys), (SELECT count(*) FROM sga.movements),
		(SELECT count(*) FROM sga.audit_log a JOIN sga.movements m ON m.sequence = a.sequence)`).Scan(&keys, &movements, &audits); err != nil {
		t.Fatal(err)
	}
	if keys != movements || audits != movements {
		t.Errorf("%d keys, %d movements, %d audit rows", keys, movements, audits)
	}
}

// TestPGKill is R-09: the server is killed under load and started again. Callers see "unavailable" while
// it is down; the same process goes on when it is up; nothing that was acknowledged is lost.
func TestPGKill(t *testing.T) {
	t.Parallel()
	c := Open(t, dbtest.Durable())
	s := &survivors{c: c, acked: map[string]string{}, heard: make(chan struct{}), stop: make(chan struct{})}
	var writers sync.WaitGroup
	for i := range 8 {
		writers.Go(func() { s.write(t, i) })
	}
	rounds := size(3, 50)
	for range rounds {
		for range 20 + rand.IntN(200) {
			<-s.heard
		}
		s.gate.Lock()
		c.Data.Crash(t)
		c.waitHealth(t, fault.Unavailable) // its children notice a moment later
		c.Data.Restart(t)
		c.Owner.Reset()
		c.waitHealth(t, "")
		s.gate.Unlock()
	}
	close(s.stop)
	go func() {
		for range s.heard { //nolint:revive // writers may still have a word to say
		}
	}()
	writers.Wait()
	close(s.heard)
	for key, answer := range s.acked {
		c.mustStore(t, key, answer)
	}
	c.oneEffectEach(t)
	c.MustHold(t)
	t.Logf("%d crashes, %d acknowledged and stored", rounds, len(s.acked))
}

// waitHealth asks for health, as a load balancer does, until it is as it should be; the pools drop their
// dead connections on the way.
func (c *Company) waitHealth(t *testing.T, want fault.Code) {
	t.Helper()
	const most = 20_000 // some seconds
	var err error
	for range most {
		if err = c.DB.Ping(t.Context()); fault.CodeOf(err) == want {
			return
		}
	}
	t.Errorf("health says %v, want %q", err, want)
}

// survivors are writers of one process that outlives its database.
type survivors struct {
	c     *Company
	gate  sync.RWMutex // held while the server is down, so that writers wait for it instead of spinning
	mu    sync.Mutex
	acked map[string]string
	heard chan struct{}
	stop  chan struct{}
}

func (s *survivors) write(t *testing.T, writer int) {
	for n := 0; ; n++ {
		select {
		case <-s.stop:
			return
		default:
		}
		key := fmt.Sprintf("w%d-%d", writer, n)
		out, err := s.insist(t, key)
		if err == nil {
			s.mu.Lock()
			s.acked[key] = string(out.Answer)
			s.mu.Unlock()
		}
		s.heard <- struct{}{}
	}
}

// insist asks until there is an answer. After the server is back only connections that died are met.
func (s *survivors) insist(t *testing.T, key string) (*approval.Outcome, error) {
	const most = 100
	for try := 0; ; try++ {
		out, err := s.c.DB.Submit(t.Context(), s.c.keyed(key, key, stepOf(key)))
		if fault.CodeOf(err) != fault.Unavailable {
			if !expected(err) {
				t.Errorf("%s: %v", key, err)
			}
			return out, err
		}
		if try == most {
			t.Errorf("%s: still %v", key, err)
			return nil, err
		}
		s.gate.RLock()
		s.gate.RUnlock() //nolint:staticcheck // passing the gate is all there is to do
	}
}
