package oidc

import (
	"strconv"
	"testing"
	"time"
)

func TestThrottlePair(t *testing.T) {
	t.Parallel()
	now := noon()
	th := newThrottle(func() time.Time { return now })
	for n := range pairBurst {
		if _, ok := th.login("ana", "a1"); !ok {
			t.Fatalf("try %d was refused", n+1)
		}
	}
	wait, ok := th.login("ana", "a1")
	if ok || wait <= 0 || wait > pairEvery {
		t.Errorf("sixth try: %v, wait %s", ok, wait)
	}
	if _, ok := th.login("ana", "a2"); !ok {
		t.Error("the person is locked out at another address")
	}
	if _, ok := th.login("rui", "a1"); !ok {
		t.Error("another person is locked out")
	}
	for range 100 {
		th.login("ana", "a1") // refused tries must not push the end away
	}
	now = now.Add(wait)
	if _, ok := th.login("ana", "a1"); !ok {
		t.Error("refused after the wait that was announced")
	}
	th.succeeded("ana", "a1")
	for n := range pairBurst {
		if _, ok := th.login("ana", "a1"); !ok {
			t.Errorf("try %d after a success was refused", n+1)
		}
	}
}

func TestThrottleUserAndAddress(t *testing.T) {
	t.Parallel()
	th := newThrottle(noon)
	tries := 0
	for n := range 100 { // one account from a hundred addresses
		if _, ok := th.login("ana", "a"+strconv.Itoa(n)); ok {
			tries++
		}
	}
	if tries != userBurst {
		t.Errorf("%d tries on one account, want %d", tries, userBurst)
	}
	tries = 0
	for n := range 100 { // a hundred accounts from one address
		if _, ok := th.login("u"+strconv.Itoa(n), "b"); ok {
			tries++
		}
	}
	if tries != addressBurst {
		t.Errorf("%d tries from one address, want %d", tries, addressBurst)
	}
}

func TestThrottleIsBounded(t *testing.T) {
	t.Parallel()
	now := noon()
	th := newThrottle(func() time.Time { return now })
	th.max = 30
	for n := range 100 {
		th.login("u"+strconv.Itoa(n), "a"+strconv.Itoa(n))
	}
	if len(th.limiters) > th.max {
		t.Errorf("%d limiters, want at most %d", len(th.limiters), th.max)
	}
	now = now.Add(time.Hour)
	th.login("new", "new")
	if len(th.limiters) != 3 {
		t.Errorf("%d limiters after all have recovered, want 3", len(th.limiters))
	}
}
