package postgres

import (
	"testing"

	"github.com/faiston/nexo/internal/stock"
	"github.com/google/go-cmp/cmp"
)

func TestSightOf(t *testing.T) {
	t.Parallel()
	c := newCatalog()
	for k, parent := range map[stock.LocationKey]stock.LocationKey{1: 0, 2: 0, 10: 0, 11: 10, 12: 10, 13: 12, 20: 21, 21: 20} {
		c.locationByKey[k] = &stock.Location{Key: k, Parent: parent}
	}
	for _, tc := range []struct {
		name      string
		scope     stock.Scope
		project   stock.ProjectKey
		at        stock.LocationKey
		projects  []int32
		locations []int32
		empty     bool
		all       bool
	}{
		{name: "all", scope: stock.Unlimited(), all: true},
		{name: "zero scope", projects: []int32{}, locations: []int32{}, empty: true},
		{name: "one project", scope: stock.Unlimited(), project: 7, projects: []int32{7}},
		{name: "place and below", scope: stock.Unlimited(), at: 10, locations: []int32{10, 11, 12, 13}},
		{name: "leaf", scope: stock.Unlimited(), at: 13, locations: []int32{13}},
		{name: "a ring of parents ends", scope: stock.Unlimited(), at: 20, locations: []int32{20, 21}},
		{name: "own places in any order", scope: within(nil, []stock.LocationKey{13, 11, 11}), locations: []int32{11, 13}},
		{name: "own places below another", scope: within(nil, []stock.LocationKey{11, 20}), at: 10, locations: []int32{11}},
		{name: "a place outside", scope: within(nil, []stock.LocationKey{11}), at: 12, locations: []int32{}, empty: true},
		{name: "the road", scope: within(nil, []stock.LocationKey{11}), at: stock.TransitKey, locations: []int32{}, empty: true},
		{name: "a project outside", scope: within([]stock.ProjectKey{7}, nil), project: 8, projects: []int32{}, empty: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := c.sightOf(tc.scope, tc.project, tc.at)
			if diff := cmp.Diff([][]int32{tc.projects, tc.locations}, [][]int32{got.projects, got.locations}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got.empty() != tc.empty || got.all() != tc.all {
				t.Errorf("empty %v, all %v", got.empty(), got.all())
			}
			for _, k := range tc.locations {
				if len(tc.projects) > 0 && !got.sees(stock.ProjectKey(tc.projects[0]), stock.LocationKey(k)) {
					t.Errorf("does not see %d", k)
				}
			}
		})
	}
	if s := c.sightOf(within([]stock.ProjectKey{7}, []stock.LocationKey{11}), 0, 0); s.sees(7, 12) || s.sees(8, 11) || !s.sees(7, 11) {
		t.Error("sees what it should not, or not what it should")
	}
}
