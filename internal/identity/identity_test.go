package identity

import "testing"

func TestAreas(t *testing.T) {
	t.Parallel()
	if (Area{}).Has("A") || !Everywhere().Has("A") || !Only("A", "B").Has("B") || Only("A").Has("C") {
		t.Error("an area has what it names; the zero area has nothing")
	}
}

func TestRoles(t *testing.T) {
	t.Parallel()
	if len(Roles()) != 6 || Role("root").Valid() || !Finance.Valid() {
		t.Error("there are six roles")
	}
	a := &Actor{Roles: []Role{Viewer, Finance}}
	if !a.Is(Admin, Finance) || a.Is(Admin) || a.Is() {
		t.Error("an actor is any of the roles asked for")
	}
}

func TestScopes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		have []string
		ask  string
		want bool
	}{
		{[]string{"sga/approve"}, ScopeApprove, true},
		{[]string{"approve"}, ScopeApprove, true},
		{[]string{"openid"}, ScopeApprove, false},
		{[]string{"other/approve"}, ScopeApprove, false},
		{nil, ScopeTools, false},
	}
	for _, tc := range tests {
		if got := (&Actor{Scopes: tc.have}).HasScope(tc.ask); got != tc.want {
			t.Errorf("%v has %s: %v", tc.have, tc.ask, got)
		}
	}
}
