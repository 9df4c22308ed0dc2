package sheet_test

import (
	"os"
	"testing"

	"github.com/faiston/nexo/internal/sheet"
)

// BenchmarkXLSX reads the book that NEXO_BENCH_XLSX names, or one of 200,000 rows of eight cells that it writes.
func BenchmarkXLSX(b *testing.B) {
	path := os.Getenv("NEXO_BENCH_XLSX")
	if path == "" {
		path = writeBook(b, 200_000)
	}
	cells := 0
	for b.Loop() {
		f, err := os.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		info, err := f.Stat()
		if err != nil {
			b.Fatal(err)
		}
		src, err := sheet.Open(f, info.Size(), path)
		if err != nil {
			b.Fatal(err)
		}
		for row, err := range src.Rows() {
			if err != nil {
				b.Fatal(err)
			}
			cells += len(row.Cells)
		}
		f.Close()
	}
	b.ReportMetric(float64(cells)/float64(b.N), "cells")
	b.ReportMetric(float64(peak(b))/(1<<20), "peak-MiB")
}

func writeBook(b *testing.B, n int) string {
	b.Helper()
	f, err := os.CreateTemp(b.TempDir(), "*.xlsx")
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	w, err := sheet.NewXLSXWriter(f, "E")
	if err != nil {
		b.Fatal(err)
	}
	text := sheet.TextValue
	for range n {
		if err := w.Write(text("PN-004711"), text("SWITCH CATALYST 9200L 48P"), text("BR01"), text("0001"), text("977"), text("1221.25"), text("UN"), text("NEXO")); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	return f.Name()
}
