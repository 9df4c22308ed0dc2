package app

import (
	"os"
	"testing"
)

func TestPresence(t *testing.T) {
	t.Parallel()
	w := open(t)
	if got := w.publicURL(); got != "http://127.0.0.1:8181" {
		t.Errorf("without a serve: %s", got)
	}
	leave, err := w.announce("http://127.0.0.1:9999")
	if err != nil {
		t.Fatal(err)
	}
	if got := w.publicURL(); got != "http://127.0.0.1:9999" {
		t.Errorf("with a serve: %s", got)
	}
	leave()
	if got := w.publicURL(); got != "http://127.0.0.1:8181" {
		t.Errorf("after it: %s", got)
	}
	for _, raw := range []string{"", "{", `{"pid":0,"url":"x"}`, `{"pid":-1,"url":"x"}`, `{"pid":999999999,"url":"http://x"}`, `{"pid":1}`} {
		if err := os.WriteFile(w.presencePath(), []byte(raw), 0o600); err != nil {
			t.Fatal(err)
		}
		if p, ok := w.running(); ok {
			t.Errorf("%q is taken for %+v", raw, p)
		}
	}
}
