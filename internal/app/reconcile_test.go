package app

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/rest"
)

const theirs = "part_number;location;quantity\nABC-1;SP;12\nXYZ;SP;1\n"

func paper(text string) Document {
	return Document{Name: "lists/theirs.csv", File: strings.NewReader(text), Size: int64(len(text))}
}

func TestReconcileWithOurStock(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.stock()
	var rows bytes.Buffer
	got, err := w.Reconcile(t.Context(), w.act("ana", "logistics"), "test", &Comparison{Theirs: paper(theirs), Rows: &rows})
	if err != nil {
		t.Fatal(err)
	}
	if s := got.Summary; s.Different != 1 || s.OnlyTheirs != 1 || s.OnlyOurs != 0 || got.ID == nil || got.Causes[0].Count != 2 {
		t.Errorf("got %+v", got)
	}
	if n := strings.Count(rows.String(), "\n"); n != 2 {
		t.Errorf("%d rows: %s", n, rows.String())
	}
	kept := w.call("sga_get_reconciliation", `{"reconciliation_id":"`+got.ID.String()+`"}`)
	if raw, _ := json.Marshal(kept); !strings.Contains(string(raw), "theirs.csv") || strings.Contains(string(raw), "lists/") {
		t.Errorf("kept as %s", raw)
	}
}

// Who sees no project sees nothing of ours, and who has no role may not ask.
func TestReconcileAsSomebodyElse(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.stock()
	blind := *w.act("bia", "viewer")
	blind.Projects = identity.Only()
	got, err := w.Reconcile(t.Context(), &blind, "test", &Comparison{Theirs: paper(theirs)})
	if err != nil || got.Summary.OnlyTheirs != 2 || got.Ours != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
	nobody := blind
	nobody.Roles = nil
	if _, err := w.Reconcile(t.Context(), &nobody, "test", &Comparison{Theirs: paper(theirs)}); fault.CodeOf(err) != fault.PermissionDenied {
		t.Errorf("got %v", err)
	}
}

func TestUpload(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.stock()
	upload := func(body io.Reader, options map[string]string) ([]byte, error) {
		return w.reconcileUpload(t.Context(), &rest.Upload{Actor: w.act("ana", "logistics"), Door: "rest", Name: "a.csv", Options: options, Body: body})
	}
	raw, err := upload(strings.NewReader(theirs), map[string]string{"only_their_places": "true"})
	if err != nil || !strings.Contains(string(raw), `"different":1`) {
		t.Errorf("%s, %v", raw, err)
	}
	if _, err := upload(strings.NewReader(theirs), map[string]string{"colour": "blue"}); fault.CodeOf(err) != fault.InvalidArgument {
		t.Errorf("an unknown option: %v", err)
	}
	if _, err := upload(strings.NewReader("%PDF-1.7"), nil); fault.CodeOf(err) != fault.InvalidArgument {
		t.Errorf("a file that is no list: %v", err)
	}
	broken := errors.New("cut")
	if _, err := upload(io.MultiReader(strings.NewReader(theirs), failing{broken}), nil); !errors.Is(err, broken) {
		t.Errorf("a body that was cut off: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(w.Config.DataDir, "upload-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// The planted differences of the sample export.
func TestCompareSamples(t *testing.T) {
	t.Parallel()
	samples := os.Getenv("NEXO_SAMPLES")
	if samples == "" {
		t.Skip("NEXO_SAMPLES is not set: the SAP samples are not here")
	}
	read := func(name string) Document {
		raw, err := os.ReadFile(filepath.Join(samples, "sap", name))
		if err != nil {
			t.Fatal(err)
		}
		return Document{Name: name, File: bytes.NewReader(raw), Size: int64(len(raw))}
	}
	ours := read("SGA_lado_nosso.csv")
	got, _, err := Compare(t.Context(), &Comparison{Theirs: read("MB52_ptBR.xlsx"), Against: &ours})
	if err != nil {
		t.Fatal(err)
	}
	if s := got.Summary; s.Matched != 57 || s.Different != 6 || s.OnlyTheirs != 4 || s.OnlyOurs != 2 {
		t.Errorf("got %+v", s)
	}
}
