package pglocal

import (
	"context"
	"testing"
)

// BenchmarkWarmOpen opens and closes a cluster that is there: find and verify the programs, start, stop.
func BenchmarkWarmOpen(b *testing.B) {
	dir := openDir(b)
	for b.Loop() {
		c, err := Open(b.Context(), Options{DataDir: dir})
		if err != nil {
			b.Fatal(err)
		}
		if err := c.Close(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkVerify hashes the 58 MB of the pinned package.
func BenchmarkVerify(b *testing.B) {
	l := Lookup{}
	want, err := l.pinned()
	if err != nil {
		b.Skip(err)
	}
	for b.Loop() {
		if _, err := l.cached(b.Context(), want); err != nil {
			b.Skip("no cached package: ", err)
		}
	}
}
