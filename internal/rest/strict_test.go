package rest

import (
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/ops"
)

// auditOnly is a store that no call may reach but to note a refusal.
type auditOnly struct{ ops.Store }

func (auditOnly) RecordCall(time.Time, *identity.Actor, approval.CallRecord) error { return nil }

// TestEveryOperationIsStrict is S-01 and S-02 over the program's real operations: a body that two readers
// could read in two ways is refused at this door, and reaches nothing behind it.
func TestEveryOperationIsStrict(t *testing.T) {
	t.Parallel()
	registry := ops.New(ops.Deps{Store: auditOnly{}, Now: time.Now})
	w := newWorld(t, func(o *Options) { o.Client = registry })
	for _, op := range registry.All() {
		first := "quantity"
		if len(op.Input.Fields) > 0 {
			first = op.Input.Fields[0].Name
		}
		for name, body := range map[string]string{
			"duplicate":       `{"` + first + `":"1","` + first + `":"2"}`,
			"escaped twice":   `{"` + first + `":"1","\u00` + hex(first[0]) + first[1:] + `":"2"}`,
			"folded":          `{"` + strings.ToUpper(first) + `":"1"}`,
			"unknown":         `{"colour":"red"}`,
			"trailing":        `{} {}`,
			"BOM":             "\ufeff{}",
			"array":           `[{}]`,
			"deep":            strings.Repeat(`{"`+first+`":`, 20_000),
			"not UTF-8":       "{\"" + first + "\":\"\xff\"}",
			"lone surrogate":  `{"` + first + `":"\ud800"}`,
			"wrong type":      `{"` + first + `":{"a":[1e400]}}`,
			"very long":       `{"` + first + `":"` + strings.Repeat("x", 64<<10) + `"}`,
			"a text for none": `"` + first + `"`,
		} {
			p := w.do(request("admin", "POST", "/api/v1/ops/"+op.Name, body))
			var got fault.Body
			if err := json.Unmarshal(p.Body.Bytes(), &got); err != nil || p.Code != 400 || got.Code != fault.InvalidArgument || got.Message == "" || got.MessageEN == "" {
				t.Errorf("%s, %s: %d %.300s", op.Name, name, p.Code, p.Body)
			}
		}
	}
}

func hex(b byte) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[b>>4], digits[b&15]})
}
