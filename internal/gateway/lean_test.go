package gateway

import (
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// What quotes valid JSON by its quotes and backslashes alone must read back as the same JSON.
func TestAppendTextQuotesAnyJSON(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "plain", `"`, `\`, `\"`, "a\nb\tc\x00d", "são paulo — 東京 😀", "</script>", "\u2028", `{"a":"\\"}`} {
		valid, err := json.Marshal(map[string]any{"text": s, "list": []string{s, s}, "n": 1.5})
		if err != nil {
			t.Fatal(err)
		}
		quoted := appendText([]byte("x"), valid)[1:]
		back, err := jsontext.AppendUnquote(nil, quoted)
		if err != nil || string(back) != string(valid) {
			t.Errorf("%q: %s, %v", s, back, err)
		}
	}
}
