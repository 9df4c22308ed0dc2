package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// figure is one measurement.
type figure struct {
	Rate     float64 `json:"rate,omitzero"`      // per second
	P50      float64 `json:"p50_ms,omitzero"`    // milliseconds
	P99      float64 `json:"p99_ms,omitzero"`    // milliseconds
	CPU      float64 `json:"cpu_us,omitzero"`    // of the server process, µs an operation
	PGCPU    float64 `json:"pg_cpu_us,omitzero"` // of PostgreSQL, µs an operation
	RSS      float64 `json:"rss_mb,omitzero"`    // the most of the server process
	Seconds  float64 `json:"seconds,omitzero"`   // of work that is done once
	Errors   int     `json:"errors,omitzero"`
	Load     float64 `json:"load_average"`
	FirstBad string  `json:"first_error,omitzero"`
}

var errNoPgbench = errors.New("pgbench of PostgreSQL 15 is not installed (package postgresql-15)")

// findPgbench looks where Debian puts it, then in the path.
func findPgbench() (string, error) {
	const debian = "/usr/lib/postgresql/15/bin/pgbench"
	if _, err := os.Stat(debian); err == nil {
		return debian, nil
	}
	if path, err := exec.LookPath("pgbench"); err == nil {
		return path, nil
	}
	return "", errNoPgbench
}

var errNoRate = errors.New("pgbench printed no rate")

// pgbench runs a script with prepared statements for the usual time.
func (b *bench) pgbench(ctx context.Context, s script, clients int) (figure, error) {
	key := fmt.Sprintf("%s/%d", s.name, clients)
	if f, ok := b.limits[key]; ok {
		return f, nil
	}
	if _, err := findPgbench(); err != nil {
		return figure{}, err
	}
	dir, err := os.MkdirTemp("", "nexo-pgbench")
	if err != nil {
		return figure{}, err
	}
	defer os.RemoveAll(dir)
	// A short run first: what the server has not read yet is not what is measured.
	if _, err := b.pgbenchFor(ctx, s, clients, runIn{dir, b.warmup()}); err != nil {
		return figure{}, err
	}
	used := b.postgresCPU()
	began := time.Now()
	f, err := b.pgbenchFor(ctx, s, clients, runIn{dir, b.o.duration})
	if err != nil {
		return figure{}, err
	}
	taken := time.Since(began)
	pause(ctx, reapTime)
	f.PGCPU = float64((b.postgresCPU() - used).Microseconds()) / (f.Rate * taken.Seconds())
	f.Load = loadAverage()
	b.limits[key] = f
	return f, nil
}

// reapTime lets the server take note of the processes that have just ended, whose time would be lost.
const reapTime = 300 * time.Millisecond

type runIn struct {
	dir  string
	time time.Duration
}

func (b *bench) pgbenchFor(ctx context.Context, s script, clients int, in runIn) (figure, error) {
	path, err := findPgbench()
	if err != nil {
		return figure{}, err
	}
	file := filepath.Join(in.dir, "script.sql")
	if err := os.WriteFile(file, []byte(s.text), 0o600); err != nil {
		return figure{}, err
	}
	dsn := b.sga()
	if s.lean {
		dsn = b.lean()
	}
	seconds := max(1, int(in.time.Round(time.Second).Seconds()))
	args := []string{"-n", "-M", "prepared", "-T", strconv.Itoa(seconds), "-c", strconv.Itoa(clients), "-j", strconv.Itoa(min(clients, 2)), "-f", file}
	if s.p99 {
		args = append(args, "-l", "--log-prefix="+filepath.Join(in.dir, "log"))
	}
	cmd := exec.CommandContext(ctx, path, append(args, dsn)...)
	cmd.Env = append(os.Environ(), "PGOPTIONS=-c random_page_cost=1.1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return figure{}, fmt.Errorf("pgbench %s: %w: %s", s.name, err, tail(string(out)))
	}
	f := figure{}
	if f.Rate, err = rateOf(string(out)); err != nil {
		return f, err
	}
	if s.p99 {
		f.P50, f.P99, err = loggedPercentiles(in.dir)
	}
	return f, err
}

var ratePattern = regexp.MustCompile(`(?m)^tps = ([0-9.]+)`)

func rateOf(out string) (float64, error) {
	m := ratePattern.FindStringSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("%w: %s", errNoRate, tail(out))
	}
	return strconv.ParseFloat(m[1], 64)
}

// loggedPercentiles reads the latencies that pgbench wrote (third column, µs), and removes them.
func loggedPercentiles(dir string) (p50, p99 float64, err error) {
	logs, err := filepath.Glob(filepath.Join(dir, "log.*"))
	if err != nil {
		return 0, 0, err
	}
	var all []float64
	for _, name := range logs {
		f, err := os.Open(name)
		if err != nil {
			return 0, 0, err
		}
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if column := strings.Fields(lines.Text()); len(column) > 2 {
				us, _ := strconv.ParseFloat(column[2], 64)
				all = append(all, us/1000)
			}
		}
		f.Close()
		os.Remove(name)
	}
	slices.Sort(all)
	return percentile(all, 50), percentile(all, 99), nil
}

// percentile of sorted numbers (nearest rank); 0 of none.
func percentile(sorted []float64, p int) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, len(sorted)*p/100)]
}

func tail(s string) string {
	const most = 400
	if len(s) > most {
		s = s[len(s)-most:]
	}
	return strings.TrimSpace(s)
}
