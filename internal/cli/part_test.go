package cli

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/ops"
	"github.com/faiston/nexo/internal/sheet"
	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
)

func TestArguments(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "a.json")
	if err := os.WriteFile(file, []byte(`{"a": 1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, given, in, want string
		code                  fault.Code
	}{
		{"none is an empty object", "", "", "{}", ""},
		{"as they are", `{"b":2}`, "", `{"b":2}`, ""},
		{"of a file", "@" + file, "", `{"a": 1}`, ""},
		{"of the input", "-", `{"c":3}`, `{"c":3}`, ""},
		{"a file that is not there", "@" + file + "x", "", "", fault.NotFound},
		{"too many", "-", strings.Repeat(" ", ops.MaxArguments+1), "", fault.InvalidArgument},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := &session{Process: Process{In: strings.NewReader(tt.in)}}
			got, err := s.arguments(tt.given)
			if fault.CodeOf(err) != tt.code || string(got) != tt.want {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func TestDrawBar(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		done, total int64
		want        string
	}{
		{0, 10, "x  [" + strings.Repeat("·", 24) + "]   0%"}, {5, 10, "x  [" + strings.Repeat("█", 12) + strings.Repeat("·", 12) + "]  50%"},
		{10, 10, "x  [" + strings.Repeat("█", 24) + "] 100%"}, {99, 10, "x  [" + strings.Repeat("█", 24) + "] 100%"}, {-1, 10, "x  [" + strings.Repeat("·", 24) + "]   0%"},
		{7, 0, "x  7"},
	} {
		if got := drawBar("x", tt.done, tt.total); got != tt.want {
			t.Errorf("%d of %d: %q", tt.done, tt.total, got)
		}
	}
}

func TestBarIsSilentElsewhere(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	b := (&session{Process: Process{Err: &out}}).bar("x")
	b.show(1, 2)
	b.end()
	if out.Len() > 0 {
		t.Errorf("wrote %q where nobody sees it", out.String())
	}
}

func TestQuote(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"/a/b": "/a/b", "/a b": "'/a b'", "/it's": `'/it'\''s'`, "$HOME": "'$HOME'"} {
		if got := quote(in); got != want {
			t.Errorf("quote(%q) = %q", in, got)
		}
	}
}

func TestNarrowSchema(t *testing.T) {
	t.Parallel()
	var full any
	in := `{"type":"object","additionalProperties":false,"required":["a"],"properties":{
		"a":{"type":["number","string"],"description":"d","minimum":1},
		"b":{"type":"array","maxItems":3,"items":{"type":["null","string"],"enum":["x"]}},
		"c":{"type":["null"]}}}`
	if err := json.Unmarshal([]byte(in), &full); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"type": "object", "required": []any{"a"}, "properties": map[string]any{
		"a": map[string]any{"type": "number", "description": "d"},
		"b": map[string]any{"type": "array", "items": map[string]any{"type": "string"}},
		"c": map[string]any{"type": "string"}}}
	if diff := cmp.Diff(want, narrowSchema(full)); diff != "" {
		t.Error(diff)
	}
}

func TestCell(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{`"a;b"`: "\"a;b\";-1,5\r\n", `1.5`: "1,5;-1,5\r\n", `"1.5"`: "1.5;-1,5\r\n", `true`: "true;-1,5\r\n", `null`: ";-1,5\r\n", `{}`: ";-1,5\r\n",
		`"=1+1"`: "'=1+1;-1,5\r\n", `["a","-b"]`: "\"a, -b\";-1,5\r\n"} {
		var out strings.Builder
		x := &exporter{list: ops.Listing{Rows: "items", Columns: []ops.Column{{Name: "c"}, {Name: "q", Decimal: true}}}}
		w := sheet.NewCSVWriter(&out, sheet.CSVOptions{})
		page, err := x.list.Page([]byte(`{"items":[{"q":"-1.5","c":` + raw + `}]}`))
		if err != nil {
			t.Fatal(err)
		}
		if err := x.rows(page, w); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if out.String() != want {
			t.Errorf("%s: %q", raw, out.String())
		}
	}
}

func TestWriteFileIsAllOrNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "rows.jsonl")
	if err := writeFile(path, func(w io.Writer) error { _, err := io.WriteString(w, "one\n"); return err }); err != nil {
		t.Fatal(err)
	}
	err := writeFile(path, func(w io.Writer) error {
		if _, err := io.WriteString(w, "two\n"); err != nil {
			return err
		}
		return fault.Unavailable.With("x", "x")
	})
	if fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("got %v", err)
	}
	raw, err := os.ReadFile(path)
	if err != nil || string(raw) != "one\n" {
		t.Errorf("a failed write left %q, %v", raw, err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".nexo-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if err := writeFile(filepath.Join(dir, "no", "x"), nil); fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("got %v", err)
	}
}
