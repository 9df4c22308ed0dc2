package ops

import "testing"

func TestArgumentsWithoutLogins(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		``:                            ``,
		`{`:                           `{`,
		`[1]`:                         `[1]`,
		`{"person":"a","person":"b"}`: `{"unreadable_bytes":27}`,
		`{"person":7}`:                `{"person":7}`,
		`{"person":""}`:               `{"person":""}`,
		`{"z":1.50,"part":"joana"}`:   `{"z":1.50,"part":"joana"}`,
		`{"z":1.50,"person":"joana"}`: `{"person":"(login)","z":1.50}`,
		`{"assignee_id":"joana","actor":"joana"}`:                `{"actor":"(login)","assignee_id":"(login)"}`,
		`{"assignee_id":"01890a5d-ac96-774b-bcce-b302099a8057"}`: `{"assignee_id":"01890a5d-ac96-774b-bcce-b302099a8057"}`,
	} {
		if got := string(withoutLogins([]byte(raw))); got != want {
			t.Errorf("%s becomes %s, want %s", raw, got, want)
		}
	}
}

func FuzzWithoutLogins(f *testing.F) {
	f.Add([]byte(`{"person":"joana"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		once := withoutLogins(raw)
		if twice := withoutLogins(once); string(twice) != string(once) {
			t.Errorf("%s, then %s", once, twice)
		}
	})
}
