package postgres

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/limit"
)

// S-27: three processes on one database let through the limit and at most a chunk each, and they do let
// the limit through.
func TestLimitOverThreeProcesses(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	noon := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	var at atomic.Int64
	at.Store(noon.UnixNano())
	now := func() time.Time { return time.Unix(0, at.Load()) }
	var rates limit.Rates
	rates[limit.User], rates[limit.SignIn] = limit.Rate{Calls: 1000, Per: time.Minute}, limit.Rate{Calls: 50, Per: time.Minute}
	var processes []*limit.Limits
	for range 3 {
		db, err := Open(t.Context(), Config{WriterURL: l.own.DSN(), ReaderURL: l.own.DSN(), MaxWriters: 2, MaxReaders: 2})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(db.Close)
		processes = append(processes, limit.New(rates, db, now))
	}
	for range 3 {
		calls, signIns := race(processes, limit.User, "ana", 800), race(processes, limit.SignIn, "198.51.100.1", 40)
		if calls < 1000 || calls > 1300 {
			t.Errorf("let %d calls through, want 1000 to 1300", calls)
		}
		if signIns < 50 || signIns > 65 {
			t.Errorf("let %d sign-ins through, want 50 to 65", signIns)
		}
		at.Add(int64(time.Minute))
	}
	for _, p := range processes {
		p.Close()
	}
	if n, err := l.db.PurgeRates(t.Context(), noon.Add(2*time.Minute)); err != nil || n != 4 {
		t.Errorf("purged %d counts of two windows: %v", n, err)
	}
}

// race has every process try calls from two sides at once, and counts what passes.
func race(processes []*limit.Limits, k limit.Kind, key string, tries int) int64 {
	var passed atomic.Int64
	var wait sync.WaitGroup
	for _, p := range processes {
		for range 2 {
			wait.Go(func() {
				for range tries {
					if p.Take(k, key).OK {
						passed.Add(1)
					}
				}
			})
		}
	}
	wait.Wait()
	return passed.Load()
}

func TestLease(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	window := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	long := strings.Repeat("k", 4000)
	for i, step := range []struct {
		key  string
		at   time.Time
		want int64
	}{{"NTT", window, 40}, {"NTT", window, 40}, {"NTT", window, 20}, {"NTT", window, 0}, {"ITAU", window, 40}, {"NTT", window.Add(time.Minute), 40}, {long, window, 40}} {
		got, err := l.db.Lease(t.Context(), limit.Claim{Kind: limit.Project, Key: step.key, Window: step.at, Want: 40, Limit: 100})
		if err != nil || got != step.want {
			t.Errorf("%d: %d %v, want %d", i, got, err, step.want)
		}
	}
}

// Without the database calls go on within the limit of the process, and sign-ins do not.
func TestLimitWithoutTheDatabase(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	db, err := Open(t.Context(), Config{WriterURL: l.own.DSN(), ReaderURL: l.own.DSN()})
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	now := func() time.Time { return time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC) }
	var rates limit.Rates
	rates[limit.Agent], rates[limit.SignIn] = limit.Rate{Calls: 100, Per: time.Minute}, limit.Rate{Calls: 100, Per: time.Minute}
	alone := limit.New(rates, db, now)
	defer alone.Close()
	robot := &identity.Actor{Subject: "s", Client: "robot", Kind: identity.Agent}
	n := 0
	for range 200 {
		if f, _ := alone.Call(robot, "sga_x"); f == nil {
			n++
		} else if f.Code != fault.RateLimited {
			t.Fatal(f)
		}
	}
	if n != 100 {
		t.Errorf("%d calls passed, want 100", n)
	}
	if n := race([]*limit.Limits{alone}, limit.SignIn, "198.51.100.1", 100); n != 10 {
		t.Errorf("%d sign-ins passed, want the first chunk", n)
	}
}
