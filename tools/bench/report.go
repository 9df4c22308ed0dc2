package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// goal is what a case has to reach; the zero fields are no goals. performance.md of the project's design
// has them, and the issue says which apply.
type goal struct {
	Number   string  `json:"number"`               // in the list of ratios
	AtLeast  float64 `json:"ratio_least,omitzero"` // of ours to the limit, for rates
	AtMost   float64 `json:"ratio_most,omitzero"`  // of ours to the limit, for times
	P99      float64 `json:"p99_ms,omitzero"`
	CPU      float64 `json:"cpu_us,omitzero"`
	RSS      float64 `json:"rss_mb,omitzero"`
	Duration float64 `json:"seconds,omitzero"`
}

// row is one line of the table.
type row struct {
	Case      string  `json:"case"`
	What      string  `json:"what"`
	LimitName string  `json:"limit_name,omitzero"`
	Limit     figure  `json:"limit,omitzero"`
	Ours      figure  `json:"ours"`
	Goal      goal    `json:"goal"`
	Ratio     float64 `json:"ratio,omitzero"`
	Verdict   string  `json:"verdict"`
	Note      string  `json:"note,omitzero"`
}

// Verdicts.
const (
	verdictMet    = "met"
	verdictMissed = "missed"
	verdictNone   = "–" // a figure without a goal
	verdictFailed = "not measured"
)

// judge fills in ratio and verdict.
func (r *row) judge() {
	times := r.Ours.Seconds > 0
	switch {
	case times && r.Limit.Seconds > 0:
		r.Ratio = r.Ours.Seconds / r.Limit.Seconds
	case r.Limit.Rate > 0:
		r.Ratio = r.Ours.Rate / r.Limit.Rate
	}
	g, f := r.Goal, r.Ours
	checks := []struct{ asked, ok bool }{
		{g.AtLeast > 0, r.Ratio >= g.AtLeast},
		{g.AtMost > 0, r.Ratio > 0 && r.Ratio <= g.AtMost},
		{g.P99 > 0, f.P99 <= g.P99},
		{g.CPU > 0, f.CPU <= g.CPU},
		{g.RSS > 0, f.RSS > 0 && f.RSS <= g.RSS},
		{g.Duration > 0, f.Seconds > 0 && f.Seconds <= g.Duration},
	}
	r.Verdict = verdictNone
	for _, c := range checks {
		if c.asked && r.Verdict == verdictNone {
			r.Verdict = verdictMet
		}
		if c.asked && (!c.ok || f.Errors > 0) {
			r.Verdict = verdictMissed
		}
	}
}

// String is the goal in words.
func (g goal) String() string {
	var parts []string
	add := func(format string, n float64) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf(format, n))
		}
	}
	add("≥ %.2f ×", g.AtLeast)
	add("≤ %.2f ×", g.AtMost)
	add("p99 ≤ %g ms", g.P99)
	add("CPU ≤ %g µs", g.CPU)
	add("≤ %g MB", g.RSS)
	add("≤ %g s", g.Duration)
	return strings.Join(parts, ", ")
}

// amount is the figure that the ratio is of.
func (f figure) amount() string {
	switch {
	case f.Seconds > 0:
		return fmt.Sprintf("%.3f s", f.Seconds)
	case f.Rate > 0 && f.Rate < 100:
		return fmt.Sprintf("%.1f/s", f.Rate)
	case f.Rate > 0:
		return fmt.Sprintf("%.0f/s", f.Rate)
	}
	return ""
}

func number(format string, n float64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(format, n)
}

// header are the columns of the table.
func header() []string {
	return []string{"case", "limit", "", "CPU µs", "ours", "ratio", "p50 ms", "p99 ms", "CPU µs", "PG µs", "RSS MB", "goal", "", "load"}
}

func (r *row) cells() []string {
	f := r.Ours
	return []string{r.Case, r.LimitName, r.Limit.amount(), number("%.0f", r.Limit.CPU+r.Limit.PGCPU), f.amount(), number("%.2f", r.Ratio), number("%.2f", f.P50), number("%.2f", f.P99),
		number("%.0f", f.CPU), number("%.0f", f.PGCPU), number("%.0f", f.RSS), r.Goal.String(), r.Verdict, number("%.1f", f.Load)}
}

// facts is what a reader must know to judge the figures.
type facts struct {
	Date       string  `json:"date"`
	Machine    string  `json:"machine"`
	PostgreSQL string  `json:"postgresql"`
	Go         string  `json:"go"`
	Server     string  `json:"server"`
	Buffers    string  `json:"shared_buffers"`
	Scale      float64 `json:"scale"`
	Seconds    float64 `json:"seconds_each"`
	Parts      int     `json:"parts"`
	Balances   int     `json:"balances"`
	Assets     int     `json:"assets"`
	Movements  int     `json:"movements"`
}

func (b *bench) facts() facts {
	server := "nexo serve"
	if b.inside() {
		server = "the MCP door put together by the bench"
	}
	return facts{Date: b.began.Format(time.DateOnly), Machine: fmt.Sprintf("%d cores, %s/%s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH),
		PostgreSQL: b.pg.Version(), Go: runtime.Version(), Server: server, Buffers: b.o.buffers, Scale: b.world.scale, Seconds: b.o.duration.Seconds(),
		Parts: b.world.parts, Balances: b.world.balances(), Assets: b.world.assets, Movements: b.world.movements}
}

func (f facts) String() string {
	return fmt.Sprintf("%s; %s; PostgreSQL %s (shared_buffers %s, fsync and synchronous_commit on); %s; server: %s; %d parts × %d places = %d balances, %d assets, %d movements; %g s a figure",
		f.Date, f.Machine, f.PostgreSQL, f.Buffers, f.Go, f.Server, f.Parts, places, f.Balances, f.Assets, f.Movements, f.Seconds)
}

// printRow writes one line of the table to a terminal.
func printRow(w io.Writer, cells []string) {
	widths := []int{18, 32, 9, 6, 9, 6, 8, 8, 7, 7, 6, 24, 12, 5}
	var line strings.Builder
	for i, c := range cells {
		pad := widths[i] - len([]rune(c))
		line.WriteString(c + strings.Repeat(" ", max(0, pad)) + " ")
	}
	fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
}

// save writes results.json.
func (b *bench) save(rows []*row) error {
	text, err := json.MarshalIndent(struct {
		Facts facts  `json:"facts"`
		Rows  []*row `json:"rows"`
	}{b.facts(), rows}, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(b.o.out), 0o755); err != nil {
		return err
	}
	return os.WriteFile(b.o.out, append(text, '\n'), 0o644)
}
