package blob_test

import (
	"bytes"
	"crypto/rand"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faiston/nexo/internal/blob"
	"github.com/faiston/nexo/internal/document"
)

// stored is an object of an age.
type stored struct {
	bucket document.Bucket
	key    string
	tag    string
	age    time.Duration
	goes   bool
}

// The sweeper does what S3's lifecycle would, rule by rule, and nothing else.
func TestSweep(t *testing.T) {
	t.Parallel()
	f := openFolder(t)
	now, day := time.Now(), 24*time.Hour
	objects := []stored{
		{document.Documents, "temp/uploads/a", "", 25 * time.Hour, true},
		{document.Documents, "temp/uploads/b", "", 23 * time.Hour, false},
		{document.Documents, "temp/x", "", 2 * day, true},
		{document.Documents, "tempo/x", "", 2 * day, false},
		{document.Documents, "notas-fiscais/2020/01/x/original.xml", "", 3000 * day, false},
		{document.Documents, "evidences/x/photos/y.jpg", "", 3000 * day, false},
		{document.Documents, "inventories/x/exports/old.csv", "export", 91 * day, true},
		{document.Documents, "inventories/x/exports/new.csv", "export", 89 * day, false},
		{document.Documents, "inventories/x/photos/y.jpg", "", 91 * day, false},
		{document.Documents, "seal/2026/checkpoint.json", "", 900 * day, false},
		{document.EquipmentDocs, "research-logs/2020-01/x", "", 91 * day, true},
		{document.EquipmentDocs, "manuals/a/b/c.pdf", "", 900 * day, false},
		{document.AcademyAudio, "audio/x.mp3", "", 25 * time.Hour, true},
		{document.AcademySlides, "any", "", 31 * day, true},
		{document.AcademyVideos, "generated/x", "", 31 * day, true},
		{document.AcademyVideos, "temp/x", "", 25 * time.Hour, true},
		{document.Trainings, "temp/x", "", 25 * time.Hour, true},
		{document.Trainings, "trainings/1/documents/1", "", 900 * day, false},
		{document.Frontend, "index.html", "", 900 * day, false},
	}
	gone := 0
	for _, o := range objects {
		f.now = now.Add(-o.age)
		var tags map[string]string
		if o.tag != "" {
			tags = map[string]string{document.TagType: o.tag}
		}
		if _, err := f.Put(t.Context(), document.Put{Bucket: o.bucket, Key: o.key, Type: "text/plain", Size: 1, Body: strings.NewReader("x"), Tags: tags}); err != nil {
			t.Fatal(err)
		}
		if o.goes {
			gone++
		}
	}
	f.now = now
	for i, want := range []int{gone, 0} {
		if n, err := f.Sweep(t.Context(), document.Lifecycle()); err != nil || n != want {
			t.Fatalf("sweep %d: %d, %v", i, n, err)
		}
	}
	for _, o := range objects {
		if _, err := f.Head(t.Context(), o.bucket, o.key); (err == nil) == o.goes {
			t.Errorf("%s/%s after %v: %v", o.bucket, o.key, o.age, err)
		}
	}
}

// What a crash leaves goes after a day; what is not ours stays.
func TestSweepLeftovers(t *testing.T) {
	t.Parallel()
	f := openFolder(t)
	f.store().Put(t, "a/b", "kept")
	folder := filepath.Join(f.dir, string(document.Documents), "a")
	old := time.Now().Add(-25 * time.Hour)
	write := func(name string, at time.Time) {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte("left"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	write("b#0123456789abcdef", old)        // replaced
	write("c#0123456789abcdef", old)        // never finished
	write("c#0123456789abcdef.tmp", old)    // its description
	write("d#0123456789abcdef", time.Now()) // perhaps under way
	write("README", old)                    // somebody's own
	for _, name := range f.names(t) {       // the content that is in use is as old
		if strings.Contains(name, "/b#") && !strings.HasSuffix(name, ".json") {
			_ = os.Chtimes(filepath.Join(f.dir, name), old, old)
		}
	}
	if _, err := f.Sweep(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, name := range f.names(t) {
		name = strings.TrimPrefix(name, "sga-documents/a/")
		if before, after, cut := strings.Cut(name, "#"); cut && before == "b" && after != ".json" {
			name = "b#content"
		}
		left = append(left, name)
	}
	slices.Sort(left)
	if diff := cmp.Diff([]string{"README", "b#.json", "b#content", "d#0123456789abcdef"}, left); diff != "" {
		t.Error(diff)
	}
	if got := f.store().Read(t, "a/b", 0, 0); got != "kept" {
		t.Errorf("got %q", got)
	}
}

// Deleting the last object of a folder leaves no folder behind, and putting one in meanwhile works.
func TestFoldersComeAndGo(t *testing.T) {
	t.Parallel()
	f := openFolder(t)
	s := f.store()
	for range 20 {
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = f.Delete(t.Context(), document.Documents, "x/y/z")
		}()
		s.Put(t, "x/y/w", "w")
		<-done
		s.Put(t, "x/y/z", "z")
		if err := f.Delete(t.Context(), document.Documents, "x/y/w"); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Delete(t.Context(), document.Documents, "x/y/z"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(f.dir, string(document.Documents), "x")); err == nil {
		t.Error("the folder stays")
	}
}

func TestLoadKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys", "url.key")
	first, err := blob.LoadKey(path, rand.Reader)
	if err != nil || len(first) != 32 {
		t.Fatalf("%d bytes, %v", len(first), err)
	}
	again, err := blob.LoadKey(path, rand.Reader)
	if err != nil || !bytes.Equal(first, again) {
		t.Errorf("another key at the second start: %v", err)
	}
	for name, mode := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("left: %v, %v", left, err)
	}
	if err := os.WriteFile(path, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := blob.LoadKey(path, rand.Reader); err == nil {
		t.Error("a damaged key is taken")
	}
}

func TestOptionsOfFiles(t *testing.T) {
	t.Parallel()
	ok := blob.FilesOptions{Dir: t.TempDir(), Key: make([]byte, 32), BaseURL: func() string { return "" }, Now: time.Now, Random: rand.Reader}
	for name, change := range map[string]func(*blob.FilesOptions){
		"short key": func(o *blob.FilesOptions) { o.Key = make([]byte, 31) }, "no URL": func(o *blob.FilesOptions) { o.BaseURL = nil },
		"no clock": func(o *blob.FilesOptions) { o.Now = nil }, "no randomness": func(o *blob.FilesOptions) { o.Random = nil },
		"a file": func(o *blob.FilesOptions) { o.Dir = os.Args[0] },
	} {
		o := ok
		change(&o)
		if f, err := blob.OpenFiles(o); err == nil {
			_ = f.Close()
			t.Error(name)
		}
	}
	f, err := blob.OpenFiles(ok)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if f.Close() != nil || f.Check(t.Context()) == nil {
		t.Error("a closed folder is well")
	}
}

// A sidecar that was changed by hand is damage: nothing is served by it, and the object can be put anew.
func TestDamagedSidecars(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"no JSON": "{", "unknown member": `{"content":"x","shell":"rm"}`, "other content": `{"content":"../../../etc/passwd","type":"t","size":1}`,
		"neighbour's content": `{"content":"b#0123456789abcdef","type":"t","size":1}`, "no content": `{"content":"a#0123456789abcdef","type":"t","size":1}`} {
		f := openFolder(t)
		f.store().Put(t, "a", "first")
		if err := os.WriteFile(filepath.Join(f.dir, "sga-documents", "a#.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if r, _, err := f.Get(t.Context(), document.Documents, "a", 0, 0); err == nil {
			raw, _ := io.ReadAll(r)
			t.Errorf("%s: reads %q", name, raw)
		}
		f.store().Put(t, "a", "second")
		if got := f.store().Read(t, "a", 0, 0); got != "second" {
			t.Errorf("%s: %q", name, got)
		}
	}
}
