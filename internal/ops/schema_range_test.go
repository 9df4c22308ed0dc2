package ops

import (
	"testing"

	"github.com/faiston/nexo/internal/fault"
)

// A number out of its range is told of the bounds that there are, and of no other.
func TestRangeErrorsNameTheirBounds(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		in   any
		s    *Schema
		want map[string]int
	}{
		"below":  {&struct{ N int }{-1}, &Schema{checks: []check{{path: []int{0}, name: "n", hasMin: true}}}, map[string]int{"minimum": 0}},
		"above":  {&struct{ N int }{9}, &Schema{checks: []check{{path: []int{0}, name: "n", max: 8}}}, map[string]int{"maximum": 8}},
		"either": {&struct{ N int }{9}, &Schema{checks: []check{{path: []int{0}, name: "n", hasMin: true, min: 1, max: 8}}}, map[string]int{"minimum": 1, "maximum": 8}},
	} {
		got := map[string]int{}
		for _, d := range fault.Of(tt.s.check(tt.in)).Details {
			got[d.Name], _ = d.Value.(int)
		}
		if len(got) != len(tt.want) || got["minimum"] != tt.want["minimum"] || got["maximum"] != tt.want["maximum"] {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}
