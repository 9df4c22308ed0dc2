package main

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/faiston/nexo/internal/postgres"
	"github.com/faiston/nexo/internal/reconcile"
	"github.com/faiston/nexo/internal/sheet"
	"github.com/faiston/nexo/internal/stock"
	"github.com/jackc/pgx/v5"
)

// once runs a child that does one thing and ends, and takes its time, memory and answer.
func (b *bench) once(ctx context.Context, t task) (figure, string, error) {
	c, err := b.start(ctx, t)
	if err != nil {
		return figure{}, "", err
	}
	c.cmd.Wait() //nolint:errcheck // it has answered
	f := figure{Seconds: c.Seconds, Load: loadAverage()}
	f.RSS = maxRSS(c.cmd)
	return f, c.Answer, nil
}

// maxRSS is the most memory, in MB, that a process had which has ended.
func maxRSS(cmd *exec.Cmd) float64 {
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		return float64(usage.Maxrss) / 1024
	}
	return 0
}

// listFile writes a stock list unless it is there: one row in a hundred differs between two sides, one in
// two hundred is missing.
func (b *bench) listFile(name string, parts, side int) (string, error) {
	path := filepath.Join(b.o.data, fmt.Sprintf("%s-%d.csv", name, parts))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	f, err := os.Create(path + ".part")
	if err != nil {
		return "", err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "part_number,location,project,quantity")
	for part := range parts {
		for at := range places {
			n := mix(uint64(part*places + at))
			if side == 1 && n%200 == 0 || side == 2 && n%200 == 1 {
				continue
			}
			quantity := 100 + int(n>>32%900)
			if side == 1 && n%100 == 2 {
				quantity++
			}
			fmt.Fprintf(w, "%s,%s,%s,%d\n", partCode(part), placeCode(at), projectCode(partProject(part)), quantity)
		}
	}
	if err := w.Flush(); err != nil {
		return "", err
	}
	return path, os.Rename(path+".part", path)
}

const sqlExport = `COPY (SELECT p.part_number, l.location_code AS location, j.project_code AS project,
		trunc(sum(b.quantity_total)) + CASE WHEN hashtext(p.part_number || l.location_code) % 100 = 0 THEN 1 ELSE 0 END AS quantity
	FROM sga.balances b JOIN sga.part_numbers p USING (part_number_key) JOIN sga.locations l USING (location_key) JOIN sga.projects j USING (project_key)
	WHERE hashtext(l.location_code || p.part_number) % 200 <> 0 GROUP BY 1, 2, 3) TO STDOUT (FORMAT csv, HEADER)`

// exportFile writes what the ledger holds now as the other side's list: one row in a hundred differs, one
// in two hundred is missing, and so are the places that hold nothing.
func (b *bench) exportFile(ctx context.Context) (string, error) {
	path := filepath.Join(b.o.data, "theirs.csv")
	conn, err := pgx.Connect(ctx, b.sga())
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	f, err := os.Create(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	_, err = conn.PgConn().CopyTo(ctx, f, sqlExport)
	return path, err
}

// reconcilePG compares a list with our balances, beside COPY and FULL JOIN.
func reconcilePG(ctx context.Context, b *bench, r *row) error {
	path, err := b.exportFile(ctx)
	if err != nil {
		return err
	}
	r.LimitName = fmt.Sprintf("COPY + FULL JOIN, %d rows", b.world.balances())
	var limit, ours string
	for range 2 { // the second is warm
		if r.Limit, limit, err = b.fullJoin(ctx, path); err != nil {
			return err
		}
	}
	for range 2 {
		if r.Ours, ours, err = b.once(ctx, task{Kind: "reconcile-pg", DSN: b.sga(), Files: []string{path}}); err != nil {
			return err
		}
	}
	return agree(r, limit, ours)
}

// agree fails when the two sides of a comparison counted differently.
func agree(r *row, limit, ours string) error {
	r.Note = ours
	if limit != ours {
		return fmt.Errorf("%s: the limit counted %s, we counted %s", r.Case, limit, ours)
	}
	return nil
}

const (
	sqlTheirs   = `CREATE TEMPORARY TABLE theirs (part_number text, location text, project text, quantity numeric)`
	sqlFullJoin = `SELECT 'matched ' || count(*) FILTER (WHERE t.quantity = o.quantity) || ', different ' || count(*) FILTER (WHERE t.quantity <> o.quantity)
		|| ', only theirs ' || count(*) FILTER (WHERE o.quantity IS NULL) || ', only ours ' || count(*) FILTER (WHERE t.quantity IS NULL)
		FROM (SELECT part_number, location, project, sum(quantity) AS quantity FROM theirs GROUP BY 1, 2, 3) t
		FULL JOIN (SELECT p.part_number, l.location_code AS location, j.project_code AS project, sum(b.quantity_total) AS quantity
			FROM sga.balances b JOIN sga.part_numbers p USING (part_number_key) JOIN sga.locations l USING (location_key)
			JOIN sga.projects j USING (project_key) WHERE b.quantity_total > 0 AND b.location_key <> 2 GROUP BY 1, 2, 3) o
		USING (part_number, location, project)`
)

func (b *bench) fullJoin(ctx context.Context, path string) (figure, string, error) {
	conn, err := pgx.Connect(ctx, b.sga())
	if err != nil {
		return figure{}, "", err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "SET work_mem = '256MB'; "+sqlTheirs); err != nil {
		return figure{}, "", err
	}
	f, err := os.Open(path)
	if err != nil {
		return figure{}, "", err
	}
	defer f.Close()
	began := time.Now()
	if _, err := conn.PgConn().CopyFrom(ctx, f, "COPY theirs FROM STDIN (FORMAT csv, HEADER)"); err != nil {
		return figure{}, "", err
	}
	if _, err := conn.Exec(ctx, "ANALYZE theirs"); err != nil {
		return figure{}, "", err
	}
	var answer string
	err = conn.QueryRow(ctx, sqlFullJoin).Scan(&answer)
	return figure{Seconds: time.Since(began).Seconds(), Load: loadAverage()}, answer, err
}

// csvRows is how many rows each side of the comparison of files has, at full scale.
func (w world) csvParts() int { return 2 * w.parts }

// reconcileCSV compares two files, beside DuckDB.
func reconcileCSV(ctx context.Context, b *bench, r *row) error {
	var files []string
	for i, name := range []string{"left", "right"} {
		path, err := b.listFile(name, b.world.csvParts(), i+1)
		if err != nil {
			return err
		}
		files = append(files, path)
	}
	r.LimitName = fmt.Sprintf("DuckDB, %d rows", b.world.csvParts()*places)
	var limit, ours string
	var err error
	for range 2 {
		if r.Limit, limit, err = b.duckdb(ctx, files); err != nil {
			r.Note = err.Error()
		}
	}
	for range 2 {
		if r.Ours, ours, err = b.once(ctx, task{Kind: "reconcile-csv", Files: files}); err != nil {
			return err
		}
	}
	if r.Limit.Seconds == 0 {
		return nil
	}
	return agree(r, limit, ours)
}

//go:embed duckdb.mjs
var duckdbScript []byte

// duckdbPackage is pinned: another version is another limit.
const duckdbPackage = "@duckdb/node-api@1.5.6-r.1"

// duckdb compares the files in Node, which is fetched from the system; the package from npm.
func (b *bench) duckdb(ctx context.Context, files []string) (figure, string, error) {
	dir, err := filepath.Abs(filepath.Join(b.o.cache, "duckdb"))
	if err != nil {
		return figure{}, "", err
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "@duckdb", "node-api")); err != nil {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return figure{}, "", err
		}
		install := exec.CommandContext(ctx, "npm", "install", "--no-audit", "--no-fund", "--prefix", dir, duckdbPackage)
		if out, err := install.CombinedOutput(); err != nil {
			return figure{}, "", fmt.Errorf("npm install %s: %w: %s", duckdbPackage, err, tail(string(out)))
		}
	}
	script := filepath.Join(dir, "compare.mjs")
	if err := os.WriteFile(script, duckdbScript, 0o600); err != nil {
		return figure{}, "", err
	}
	cmd := exec.CommandContext(ctx, "node", append([]string{script}, files...)...)
	var out, bad bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &bad
	if err := cmd.Run(); err != nil {
		return figure{}, "", fmt.Errorf("node: %w: %s", err, tail(bad.String()))
	}
	var h hello
	if err := json.Unmarshal(out.Bytes(), &h); err != nil {
		return figure{}, "", err
	}
	f := figure{Seconds: h.Seconds, Load: loadAverage()}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		f.RSS = float64(usage.Maxrss) / 1024
	}
	return f, h.Answer, nil
}

// reconcilePostgres is the child that compares a file with the ledger.
func reconcilePostgres(ctx context.Context, t task) error {
	db, err := postgres.Open(ctx, postgres.Config{WriterURL: t.DSN, ReaderURL: t.DSN})
	if err != nil {
		return err
	}
	defer db.Close()
	return compareLists(ctx, t.Files[0], func() (reconcile.List, io.Closer, error) {
		return db.OurStock(ctx, stock.Scope{AllProjects: true, AllLocations: true}), io.NopCloser(nil), nil
	})
}

// reconcileFiles is the child that compares two files.
func reconcileFiles(ctx context.Context, t task) error {
	return compareLists(ctx, t.Files[0], func() (reconcile.List, io.Closer, error) { return openList(t.Files[1]) })
}

func compareLists(ctx context.Context, path string, open func() (reconcile.List, io.Closer, error)) error {
	began := time.Now()
	theirs, f, err := openList(path)
	if err != nil {
		return err
	}
	defer f.Close()
	ours, g, err := open()
	if err != nil {
		return err
	}
	defer g.Close()
	result, err := reconcile.Compare(ctx, theirs, ours, reconcile.Options{})
	if err != nil {
		return err
	}
	s := result.Summary
	return say(hello{Seconds: time.Since(began).Seconds(),
		Answer: fmt.Sprintf("matched %d, different %d, only theirs %d, only ours %d", s.Matched, s.Different, s.OnlyTheirs, s.OnlyOurs)})
}

func openList(path string) (reconcile.List, io.Closer, error) {
	f, err := os.Open(path)
	if err != nil {
		return reconcile.List{}, nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return reconcile.List{}, f, err
	}
	source, err := sheet.Open(f, info.Size(), filepath.Base(path))
	if err != nil {
		return reconcile.List{}, f, err
	}
	rows, err := sheet.NewTable(source)
	if err != nil {
		return reconcile.List{}, f, err
	}
	list, err := sheet.NewStock(rows)
	if err != nil {
		return reconcile.List{}, f, err
	}
	return list.List(), f, nil
}
