package sheet_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/reconcile"
	"github.com/faiston/nexo/internal/sheet"
)

const million = 995_000

// millionRows writes a list of 995,000 stocks (10,000 parts × 100 places, less some) in random order: 48 bytes a
// row. side changes the order and every thousandth quantity.
func millionRows(tb testing.TB, path string, side uint64) {
	tb.Helper()
	f, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	fmt.Fprintln(w, "part_number,location_code,project_code,quantity")
	rng := rand.New(rand.NewPCG(7, side))
	for i, key := range rng.Perm(1_000_000) {
		if i == million {
			break
		}
		quantity := key*7919%500 + 1
		if rng.IntN(1000) == 0 {
			quantity += int(side)
		}
		fmt.Fprintf(w, "PN-%08d-BR,SP-CD-%04d-%02d,PROJETO-%06d,%d\n", key/100, key%100, key%7, key%20, quantity)
	}
	if err := w.Flush(); err != nil {
		tb.Fatal(err)
	}
}

// open gives the list in a file.
func open(tb testing.TB, path string) *sheet.Stock {
	tb.Helper()
	f, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { f.Close() })
	info, err := f.Stat()
	if err != nil {
		tb.Fatal(err)
	}
	src, err := sheet.Open(f, info.Size(), path)
	if err != nil {
		tb.Fatal(err)
	}
	table, err := sheet.NewTable(src)
	if err != nil {
		tb.Fatal(err)
	}
	stock, err := sheet.NewStock(table)
	if err != nil {
		tb.Fatal(err)
	}
	return stock
}

// BenchmarkMillion reconciles two files of 995,000 rows, from the first byte to the counts. NEXO_BENCH_DIR keeps the
// files, so that another program can be measured on them.
func BenchmarkMillion(b *testing.B) {
	dir := os.Getenv("NEXO_BENCH_DIR")
	if dir == "" {
		dir = b.TempDir()
	}
	theirs, ours := filepath.Join(dir, "theirs.csv"), filepath.Join(dir, "ours.csv")
	if _, err := os.Stat(ours); err != nil {
		millionRows(b, theirs, 1)
		millionRows(b, ours, 2)
	}
	for b.Loop() {
		res, err := reconcile.Compare(context.Background(), open(b, theirs).List(), open(b, ours).List(), reconcile.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if res.TheirRows != million || res.OurRows != million {
			b.Fatalf("rows = %d and %d, want %d", res.TheirRows, res.OurRows, million)
		}
		b.ReportMetric(float64(res.Summary.Different), "different")
	}
	b.ReportMetric(float64(peak(b))/(1<<20), "peak-MiB")
}

// peak is the largest resident memory of this process so far, in bytes; 0 where the system does not tell.
func peak(tb testing.TB) int {
	tb.Helper()
	if runtime.GOOS != "linux" {
		return 0
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		tb.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kb, err := strconv.Atoi(strings.Fields(rest + " 0")[0])
	if err != nil {
		tb.Fatal(err)
	}
	return kb << 10
}

// BenchmarkMillionParse only reads one of the files.
func BenchmarkMillionParse(b *testing.B) {
	path := filepath.Join(b.TempDir(), "rows.csv")
	millionRows(b, path, 1)
	start := time.Now()
	n := 0
	for b.Loop() {
		for _, err := range open(b, path).List().Rows {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
	}
	b.ReportMetric(float64(time.Since(start).Nanoseconds())/float64(n), "ns/row")
}
