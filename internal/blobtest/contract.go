// Package blobtest is the contract of document.Objects as tests: what holds of a folder holds of S3.
// It can start an S3-compatible server to show it (see Gateway).
package blobtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/fault"
)

// Store is what is under test. Keys of one test begin with a prefix of its own, so that stores may be shared.
type Store struct {
	document.Objects
	Prefix string
}

// Contract runs every promise of document.Objects on a store.
func Contract(t *testing.T, open func(t *testing.T) *Store) {
	t.Helper()
	for name, check := range map[string]func(*testing.T, *Store){
		"put and get": putAndGet, "ranges": ranges, "nothing there": nothingThere, "sizes that lie": lyingSizes,
		"overwrite": overwrite, "if absent": ifAbsent, "race": race, "list": list, "list order": listOrder, "copy": copied, "delete": deleted,
		"empty": empty, "bad keys": badKeys, "broken bodies": brokenBodies, "ended context": endedContext,
		"signed put": signedPut, "signed put refuses": signedPutRefuses, "signed get": signedGet, "signed get refuses": signedGetRefuses,
		"lifetimes": lifetimes,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, open(t))
		})
	}
}

// Sum is the SHA-256 of bytes as objects carry it.
func Sum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Put stores text under a key.
func (s *Store) Put(t *testing.T, key, text string) *document.Object {
	t.Helper()
	o, err := s.Objects.Put(t.Context(), document.Put{Bucket: document.Documents, Key: s.Prefix + key, Type: "text/plain", Size: int64(len(text)), Body: strings.NewReader(text)})
	if err != nil {
		t.Fatalf("put %s: %v", key, err)
	}
	return o
}

// Read gives an object's content.
func (s *Store) Read(t *testing.T, key string, offset, length int64) string {
	t.Helper()
	r, _, err := s.Get(t.Context(), document.Documents, s.Prefix+key, offset, length)
	if err != nil {
		t.Fatalf("get %s: %v", key, err)
	}
	defer r.Close() //nolint:errcheck // only read
	raw, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func wantCode(t *testing.T, err error, code fault.Code) {
	t.Helper()
	var own *fault.Error
	if !errors.As(err, &own) || own.Code != code {
		t.Errorf("got %v, want %s", err, code)
	}
}

func putAndGet(t *testing.T, s *Store) {
	content := bytes.Repeat([]byte("0123456789"), 100_000)
	for _, tags := range []map[string]string{nil, {"type": "export", "of": "a b+c"}} {
		put := document.Put{Bucket: document.Documents, Key: s.Prefix + "a/b.bin", Type: "image/png", Size: int64(len(content)), Body: bytes.NewReader(content), Tags: tags}
		stored, err := s.Objects.Put(t.Context(), put)
		if err != nil {
			t.Fatal(err)
		}
		want := &document.Object{Key: put.Key, Size: put.Size, Type: "image/png", SHA256: Sum(content), Tags: tags}
		near := cmpopts.IgnoreFields(document.Object{}, "ModifiedAt")
		if diff := cmp.Diff(want, stored, near); diff != "" {
			t.Error("put:", diff)
		}
		head, err := s.Head(t.Context(), document.Documents, put.Key)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, head, near); diff != "" {
			t.Error("head:", diff)
		}
		if head.ModifiedAt.IsZero() {
			t.Error("nobody knows when it was stored")
		}
	}
	if got := s.Read(t, "a/b.bin", 0, 0); got != string(content) {
		t.Errorf("%d bytes came back", len(got))
	}
}

func ranges(t *testing.T, s *Store) {
	s.Put(t, "r", "0123456789")
	for _, tt := range []struct {
		offset, length int64
		want           string
	}{{0, 0, "0123456789"}, {0, 3, "012"}, {3, 4, "3456"}, {9, 1, "9"}, {8, 99, "89"}, {4, 0, "456789"}} {
		if got := s.Read(t, "r", tt.offset, tt.length); got != tt.want {
			t.Errorf("%d+%d = %q", tt.offset, tt.length, got)
		}
	}
	for _, bad := range [][2]int64{{10, 0}, {11, 1}, {-1, 1}, {0, -1}} {
		_, _, err := s.Get(t.Context(), document.Documents, s.Prefix+"r", bad[0], bad[1])
		wantCode(t, err, fault.InvalidArgument)
	}
	r, o, err := s.Get(t.Context(), document.Documents, s.Prefix+"r", 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	if r.Close() != nil || o.Size != 10 {
		t.Errorf("the object of a part is %+v", o)
	}
}

func nothingThere(t *testing.T, s *Store) {
	s.Put(t, "is", "x")
	for _, key := range []string{"isnt", "is/below", "i"} {
		_, _, err := s.Get(t.Context(), document.Documents, s.Prefix+key, 0, 0)
		wantCode(t, err, fault.NotFound)
		_, err = s.Head(t.Context(), document.Documents, s.Prefix+key)
		wantCode(t, err, fault.NotFound)
		wantCode(t, s.Copy(t.Context(), document.Documents, s.Prefix+key, s.Prefix+"to"), fault.NotFound)
		if err := s.Delete(t.Context(), document.Documents, s.Prefix+key); err != nil {
			t.Errorf("deleting what is not there: %v", err)
		}
	}
	_, err := s.Head(t.Context(), document.Bucket("private"), s.Prefix+"is")
	wantCode(t, err, fault.InvalidArgument)
}

func lyingSizes(t *testing.T, s *Store) {
	for _, size := range []int64{0, 4, 6, 1 << 20, -1, 1 << 60} {
		_, err := s.Objects.Put(t.Context(), document.Put{Bucket: document.Documents, Key: s.Prefix + "lie", Type: "text/plain", Size: size, Body: strings.NewReader("12345")})
		wantCode(t, err, fault.InvalidArgument)
	}
	_, err := s.Head(t.Context(), document.Documents, s.Prefix+"lie")
	wantCode(t, err, fault.NotFound)
}

func overwrite(t *testing.T, s *Store) {
	s.Put(t, "o", "first")
	before, _, err := s.Get(t.Context(), document.Documents, s.Prefix+"o", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	s.Put(t, "o", "second!")
	if got := s.Read(t, "o", 0, 0); got != "second!" {
		t.Errorf("got %q", got)
	}
	if raw, err := io.ReadAll(before); err != nil || string(raw) != "first" {
		t.Errorf("a reader of the old content got %q, %v", raw, err)
	}
	_ = before.Close()
}

func ifAbsent(t *testing.T, s *Store) {
	put := func(text string) error {
		_, err := s.Objects.Put(t.Context(), document.Put{Bucket: document.Documents, Key: s.Prefix + "once", Type: "text/plain", Size: int64(len(text)), Body: strings.NewReader(text), IfAbsent: true})
		return err
	}
	if err := put("one"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, put("two"), fault.AlreadyExists)
	if got := s.Read(t, "once", 0, 0); got != "one" {
		t.Errorf("got %q", got)
	}
}

// Of many who put at once under IfAbsent one wins, and everybody reads his bytes.
func race(t *testing.T, s *Store) {
	const racers = 8
	var won atomic.Int32
	var winner atomic.Value
	var wait sync.WaitGroup
	for i := range racers {
		wait.Go(func() {
			text := strings.Repeat(fmt.Sprint(i), 5000)
			_, err := s.Objects.Put(context.WithoutCancel(t.Context()), document.Put{Bucket: document.Documents, Key: s.Prefix + "race", Type: "text/plain", Size: int64(len(text)), Body: strings.NewReader(text), IfAbsent: true})
			switch {
			case err == nil:
				won.Add(1)
				winner.Store(text)
			case fault.CodeOf(err) != fault.AlreadyExists:
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if won.Load() != 1 {
		t.Fatalf("%d have won", won.Load())
	}
	if got := s.Read(t, "race", 0, 0); got != winner.Load() {
		t.Errorf("the object is not the winner's")
	}
}

func list(t *testing.T, s *Store) {
	var want []string
	for i := range 25 {
		key := fmt.Sprintf("l/%02d/x", i)
		s.Put(t, key, "abc")
		want = append(want, s.Prefix+key)
	}
	s.Put(t, "m", "other")
	for _, size := range []int{1, 7, 25, 1000} {
		var got []string
		for cursor := ""; ; {
			page, next, err := s.List(t.Context(), document.Documents, s.Prefix+"l/", cursor, size)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) > size {
				t.Fatalf("%d on a page of %d", len(page), size)
			}
			for _, o := range page {
				got = append(got, o.Key)
				if o.Size != 3 || o.ModifiedAt.IsZero() {
					t.Errorf("listed as %+v", o)
				}
			}
			if cursor = next; next == "" {
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("pages of %d: %s", size, diff)
		}
	}
	for prefix, n := range map[string]int{"l/0": 10, "l/07": 1, "l/07/x": 1, "l/07/xy": 0, "none/": 0} {
		page, _, err := s.List(t.Context(), document.Documents, s.Prefix+prefix, "", 100)
		if err != nil || len(page) != n {
			t.Errorf("%s: %d, %v", prefix, len(page), err)
		}
	}
	for _, bad := range []string{"../", "a/../b", "%2e%2e/", "/etc", "a//b", "a\x00"} {
		_, _, err := s.List(t.Context(), document.Documents, bad, "", 1)
		wantCode(t, err, fault.InvalidArgument)
	}
}

// Keys come in the order of their bytes, where a folder is no unit: "a-" and "a." are before "a/".
func listOrder(t *testing.T, s *Store) {
	keys := []string{"z/a/b", "z/a", "z/a-b", "z/a.b", "z/a0", "z/A", "z/a/a/c", "z/a/a"}
	if strings.HasPrefix(s.Prefix, "no-nesting/") { // see Gateway
		keys = slices.DeleteFunc(keys, func(k string) bool { return k == "z/a" || k == "z/a/a" })
	}
	for _, k := range keys {
		s.Put(t, k, k)
	}
	slices.Sort(keys)
	for _, size := range []int{2, 100} {
		var got []string
		for cursor := ""; ; {
			page, next, err := s.List(t.Context(), document.Documents, s.Prefix+"z/", cursor, size)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range page {
				got = append(got, strings.TrimPrefix(o.Key, s.Prefix))
			}
			if cursor = next; next == "" {
				break
			}
		}
		if diff := cmp.Diff(keys, got); diff != "" {
			t.Errorf("pages of %d: %s", size, diff)
		}
	}
}

func copied(t *testing.T, s *Store) {
	text := "copied"
	if _, err := s.Objects.Put(t.Context(), document.Put{Bucket: document.Documents, Key: s.Prefix + "c/from", Type: "application/pdf", Size: 6, Body: strings.NewReader(text), Tags: map[string]string{"type": "export"}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Copy(t.Context(), document.Documents, s.Prefix+"c/from", s.Prefix+"d/to"); err != nil {
		t.Fatal(err)
	}
	o, err := s.Head(t.Context(), document.Documents, s.Prefix+"d/to")
	if err != nil {
		t.Fatal(err)
	}
	want := &document.Object{Key: s.Prefix + "d/to", Size: 6, Type: "application/pdf", SHA256: Sum([]byte(text)), Tags: map[string]string{"type": "export"}}
	if diff := cmp.Diff(want, o, cmpopts.IgnoreFields(document.Object{}, "ModifiedAt")); diff != "" {
		t.Error(diff)
	}
	if got := s.Read(t, "d/to", 0, 0) + s.Read(t, "c/from", 0, 0); got != text+text {
		t.Errorf("got %q", got)
	}
}

func deleted(t *testing.T, s *Store) {
	s.Put(t, "d/x/y", "1")
	s.Put(t, "d/x/y", "2") // where the store keeps versions there are two
	s.Put(t, "d/x/y2", "other")
	if err := s.Delete(t.Context(), document.Documents, s.Prefix+"d/x/y"); err != nil {
		t.Fatal(err)
	}
	_, err := s.Head(t.Context(), document.Documents, s.Prefix+"d/x/y")
	wantCode(t, err, fault.NotFound)
	if got := s.Read(t, "d/x/y2", 0, 0); got != "other" {
		t.Errorf("its neighbour is %q", got)
	}
	s.Put(t, "d/x/y", "again")
	if got := s.Read(t, "d/x/y", 0, 0); got != "again" {
		t.Errorf("got %q", got)
	}
}

func empty(t *testing.T, s *Store) {
	o := s.Put(t, "empty", "")
	if o.Size != 0 || o.SHA256 != Sum(nil) {
		t.Errorf("got %+v", o)
	}
	if got := s.Read(t, "empty", 0, 0); got != "" {
		t.Errorf("got %q", got)
	}
}

// BadKeys are keys that no store may take (S-11).
func BadKeys() []string {
	return []string{"", "/", "../x", "a/../../x", "a/./b", "..", ".", "/etc/passwd", "%2e%2e/x", "a%2fb", "a\x00b", "a//b", "a/", `a\b`, `..\x`,
		strings.Repeat("k", 4096), strings.Repeat("k", 250), "CON", "a/nul.txt", "lpt1", "com9.log", "a:b", "C:/x", "x.", ".hidden", "a b", "ação", "a#b", "a?b", "a\nb", "a*", "~/x"}
}

func badKeys(t *testing.T, s *Store) {
	for _, key := range BadKeys() {
		_, err := s.Objects.Put(t.Context(), document.Put{Bucket: document.Documents, Key: key, Type: "text/plain", Size: 1, Body: strings.NewReader("x")})
		wantCode(t, err, fault.InvalidArgument)
		_, _, err = s.Get(t.Context(), document.Documents, key, 0, 0)
		wantCode(t, err, fault.InvalidArgument)
		_, err = s.Head(t.Context(), document.Documents, key)
		wantCode(t, err, fault.InvalidArgument)
		wantCode(t, s.Delete(t.Context(), document.Documents, key), fault.InvalidArgument)
		wantCode(t, s.Copy(t.Context(), document.Documents, key, "x"), fault.InvalidArgument)
		wantCode(t, s.Copy(t.Context(), document.Documents, "x", key), fault.InvalidArgument)
		_, err = s.SignGet(t.Context(), document.Documents, key, "x", time.Minute)
		wantCode(t, err, fault.InvalidArgument)
		_, err = s.SignPut(t.Context(), document.Grant{Bucket: document.Documents, Key: key, Type: "text/plain", Size: 1, SHA256: Sum(nil), For: time.Minute})
		wantCode(t, err, fault.InvalidArgument)
	}
}

// A body that breaks off leaves no object, and what was there before stays.
func brokenBodies(t *testing.T, s *Store) {
	s.Put(t, "whole", "before")
	broken := fault.InvalidArgument.With("parou", "stopped")
	for _, key := range []string{"whole", "half"} {
		body := io.MultiReader(strings.NewReader("half of it"), iotest.ErrReader(broken))
		_, err := s.Objects.Put(t.Context(), document.Put{Bucket: document.Documents, Key: s.Prefix + key, Type: "text/plain", Size: 20, Body: body})
		wantCode(t, err, fault.InvalidArgument)
	}
	if got := s.Read(t, "whole", 0, 0); got != "before" {
		t.Errorf("got %q", got)
	}
	_, err := s.Head(t.Context(), document.Documents, s.Prefix+"half")
	wantCode(t, err, fault.NotFound)
}

func endedContext(t *testing.T, s *Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Objects.Put(ctx, document.Put{Bucket: document.Documents, Key: s.Prefix + "late", Type: "text/plain", Size: 1, Body: strings.NewReader("x")})
	wantCode(t, err, fault.Unavailable)
	_, err = s.Head(t.Context(), document.Documents, s.Prefix+"late")
	wantCode(t, err, fault.NotFound)
}
