package identity

import "testing"

func TestTheSystem(t *testing.T) {
	t.Parallel()
	a := TheSystem()
	if a.PersonID != SystemID() || a.Kind != System || !a.HasScope(ScopeTools) || a.HasScope(ScopeApprove) || a.Approver.May {
		t.Errorf("the program may call operations and approve nothing: %+v", a)
	}
}
