package cli

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

const (
	// barWidth in characters: leaves room for the name and the figures on the narrowest of terminals.
	barWidth = 24
	// barEvery is how often the bar is drawn; more often nobody can read it.
	barEvery = 100 * time.Millisecond
)

// bar shows on a terminal how far long work has come; elsewhere it is silent.
type bar struct {
	mu    sync.Mutex
	s     *session
	name  string
	on    bool
	drawn time.Time
}

func (s *session) bar(name string) *bar {
	return &bar{s: s, name: name, on: isTerminal(s.Err)}
}

// show draws the bar; total 0 is unknown.
func (b *bar) show(done, total int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if !b.on || now.Sub(b.drawn) < barEvery {
		return
	}
	b.drawn = now
	b.s.printf(b.s.Err, "\r\033[K%s", drawBar(b.name, done, total))
}

// end wipes the bar away.
func (b *bar) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.on && !b.drawn.IsZero() {
		b.s.printf(b.s.Err, "\r\033[K")
	}
}

func drawBar(name string, done, total int64) string {
	if total <= 0 {
		return fmt.Sprintf("%s  %d", name, done)
	}
	done = min(max(done, 0), total)
	full := int(done * barWidth / total)
	return fmt.Sprintf("%s  [%s%s] %3d%%", name, strings.Repeat("█", full), strings.Repeat("·", barWidth-full), done*100/total)
}
