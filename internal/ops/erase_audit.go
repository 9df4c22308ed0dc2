package ops

import (
	"bytes"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
)

// loginArguments are the inputs by which operations name a person by login.
func loginArguments() []string { return []string{"actor", "assignee_id", "person"} }

// withoutLogins is arguments as the audit keeps them: its rows are sealed for good, so what names a person must not get
// into them. Ids stay; what the login stood for is with the effect of the call. What cannot
// be read was refused.
func withoutLogins(raw []byte) []byte {
	var members map[string]jsontext.Value
	if json.Unmarshal(raw, &members) != nil {
		for _, name := range loginArguments() {
			if bytes.Contains(raw, []byte(`"`+name+`"`)) { // refused as well, and it may name somebody
				return []byte(`{"unreadable_bytes":` + itoa(len(raw)) + `}`)
			}
		}
		return raw
	}
	masked := false
	for _, name := range loginArguments() {
		var login string
		v, ok := members[name]
		if !ok || json.Unmarshal(v, &login) != nil || login == "" {
			continue
		}
		if _, err := uuid.Parse(login); err == nil {
			continue
		}
		members[name], masked = jsontext.Value(`"(login)"`), true
	}
	if !masked {
		return raw
	}
	out, err := json.Marshal(members, json.Deterministic(true))
	if err != nil { // of members that were read a moment ago
		return nil
	}
	return out
}
