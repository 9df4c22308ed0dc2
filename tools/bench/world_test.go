package main

import (
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestWorldIsOfTheIssue(t *testing.T) {
	t.Parallel()
	w := newWorld(1)
	if w.parts != 10_000 || w.balances() != 500_000 || w.assets != 1_000_000 || w.movements != 5_000_000 {
		t.Errorf("%+v", w)
	}
	if last := w.at(w.movements); last.Before(w.begin.AddDate(1, 11, 0)) || last.After(w.begin.AddDate(2, 0, 0)) {
		t.Errorf("the last movement is at %s", last)
	}
}

// TestTell holds the movements to the rules of the ledger.
func TestTell(t *testing.T) {
	t.Parallel()
	l := newLedger(newWorld(0.01))
	sequence, events := 0, 0
	count := map[string]int{}
	versions := map[[2]int]int32{}
	var last time.Time
	err := l.tell(func(m *move) error {
		sequence++
		count[m.kind]++
		events += m.assets
		if m.sequence != sequence || m.at.Before(last) || m.from == m.to || m.quantity < 1 || m.part < 0 || m.part >= l.parts {
			t.Fatalf("%+v after %s", m, last)
		}
		if (m.part%2 == 1) != (m.assets > 0) || m.assets > 0 && m.assets != m.quantity {
			t.Fatalf("serials: %+v", m)
		}
		for place, version := range map[int]int32{m.from: m.fromVersion, m.to: m.version} {
			k := [2]int{m.part, place}
			if place == outsideKey && version != 0 || place != outsideKey && version != versions[k]+1 {
				t.Fatalf("version %d after %d: %+v", version, versions[k], m)
			}
			versions[k] = version
		}
		last = m.at
		return nil
	})
	if err != nil || sequence != l.movements {
		t.Fatalf("%d movements, want %d: %v", sequence, l.movements, err)
	}
	for i, n := range l.total {
		if n < 0 {
			t.Errorf("balance %d is %d", i, n)
		}
	}
	for _, kind := range []string{entry, exit, transfer, giveback} {
		if count[kind] == 0 {
			t.Errorf("no %s", kind)
		}
	}
	for a := range l.hot {
		if l.events[a] < 80 {
			t.Errorf("HOT-%d has %d events", a+1, l.events[a])
		}
	}
	if events < 2*l.assets {
		t.Errorf("%d events of %d assets", events, l.assets)
	}
}

func TestAssetsInPlaceAreTheBalance(t *testing.T) {
	t.Parallel()
	l := newLedger(newWorld(0.002))
	if err := l.tell(func(*move) error { return nil }); err != nil {
		t.Fatal(err)
	}
	held := make([]int32, len(l.total))
	for a, at := range l.place {
		if at != 0 {
			held[assetPart(a)*places+int(at)-1]++
		}
	}
	for i, n := range held {
		if i/places%2 == 1 && n != l.total[i] {
			t.Errorf("part %d place %d: %d assets, balance %d", i/places, i%places, n, l.total[i])
		}
	}
}

func TestSerialsAreUniqueInAPart(t *testing.T) {
	t.Parallel()
	w := newWorld(1)
	for part := 1; part < w.parts; part += 2 {
		seen := make(map[string]bool, perSerial)
		for a := firstAsset(part); a < firstAsset(part)+perSerial; a++ {
			if assetPart(a) != part {
				t.Fatalf("asset %d is of part %d, not %d", a, assetPart(a), part)
			}
			s := w.serial(a)
			if seen[s] {
				t.Fatalf("%s twice in part %d", s, part)
			}
			seen[s] = true
		}
	}
}

func TestRareWordsAreRare(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for part := range 100_000 {
		if w := rareWord(part); seen[w] {
			t.Fatalf("%s twice", w)
		}
		seen[rareWord(part)] = true
	}
}

func TestIDs(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	seen := map[uuid.UUID]bool{}
	for n := range uint64(10_000) {
		for _, salt := range []uint64{saltMovement, saltAsset, saltEvidence} {
			id := idOf(at, salt, n)
			if id.Version() != 7 || id.Variant() != uuid.RFC4122 || seen[id] {
				t.Fatalf("%s: version %d variant %s", id, id.Version(), id.Variant())
			}
			sec, _ := id.Time().UnixTime()
			if sec != at.Unix() {
				t.Fatalf("%s says %d", id, sec)
			}
			seen[id] = true
		}
	}
}
