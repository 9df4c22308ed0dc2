package oidc

import (
	"context"
	"crypto/rand"
	"regexp"
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/fault"
)

func TestPassword(t *testing.T) {
	t.Parallel()
	p, err := newPasswords(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := HashPassword("correta-123 ç", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := HashPassword("correta-123 ç", rand.Reader); again == stored {
		t.Error("the same hash twice: no salt")
	}
	tests := []struct {
		name, password, stored string
		want                   bool
	}{
		{"right", "correta-123 ç", stored, true},
		{"wrong", "correta-123 c", stored, false},
		{"empty", "", stored, false},
		{"nobody", "correta-123 ç", "", false},
		{"hash of another kind", "x", "$2a$10$abcdefghijklmnopqrstuv", false},
		{"hash as password", stored, stored, false},
		{"costs out of range", "x", strings.Replace(stored, "m=9216", "m=99999999", 1), false},
		{"no time", "x", strings.Replace(stored, "t=4", "t=0", 1), false},
		{"salt cut", "x", "$argon2id$v=19$m=9216,t=4,p=1$AA$AA", false},
	}
	for _, tt := range tests {
		if got, err := p.match(t.Context(), tt.password, tt.stored); err != nil || got != tt.want {
			t.Errorf("%s: %v, %v", tt.name, got, err)
		}
	}
}

func TestPasswordOfNobodyIsNeverRight(t *testing.T) {
	t.Parallel()
	p := &passwords{slots: make(chan struct{}, 1)}
	var err error
	if p.dummy, err = HashPassword("the dummy's own", rand.Reader); err != nil {
		t.Fatal(err)
	}
	if ok, _ := p.match(t.Context(), "the dummy's own", ""); ok {
		t.Error("the dummy's password opens every account without a hash")
	}
}

func TestPasswordWaitsForASlot(t *testing.T) {
	t.Parallel()
	p := &passwords{slots: make(chan struct{}, 1)}
	p.slots <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.match(ctx, "x", ""); err == nil {
		t.Error("no slot was free")
	}
}

func TestHashPasswordLimits(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "1234567", "ççççççç", strings.Repeat("a", 257)} {
		if _, err := HashPassword(bad, rand.Reader); fault.CodeOf(err) != fault.InvalidArgument {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestReadablePassword(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[0-9a-hjkmnp-tv-z]{3}(-[0-9a-hjkmnp-tv-z]{3}){3}$`)
	seen := map[string]bool{}
	for range 200 {
		p, err := ReadablePassword(rand.Reader)
		if err != nil || !form.MatchString(p) || seen[p] {
			t.Fatalf("%q %v", p, err)
		}
		seen[p] = true
	}
	if _, err := ReadablePassword(strings.NewReader("short")); err == nil {
		t.Error("made a password without randomness")
	}
}

func BenchmarkPassword(b *testing.B) {
	p, err := newPasswords(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := p.match(b.Context(), "x", ""); err != nil {
			b.Fatal(err)
		}
	}
}
