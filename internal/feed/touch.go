package feed

import (
	"encoding/json"

	"github.com/faiston/nexo/internal/stock"
)

// edit is what the payload of an edit of master data holds among other things.
type edit struct {
	Project  string `json:"project_code"`
	Location string `json:"location_code"`
	Part     string `json:"part_number"`
	Create   bool   `json:"create"`
}

// Own reads what an event says of itself. Tasks carry the codes that they concern, master data carries the
// edit, whose prices and contracts are not for everybody: of an edit only the code goes on. Movements and
// changes of assets carry nothing, and false is the answer.
func Own(e stock.LogEvent) (Touch, bool) {
	var p struct {
		Projects  []string `json:"projects"`
		Locations []string `json:"locations"`
		Project   *edit    `json:"project"`
		Location  *edit    `json:"location"`
		Part      *edit    `json:"part_number"`
	}
	if len(e.Payload) == 0 || json.Unmarshal(e.Payload, &p) != nil {
		return Touch{}, false
	}
	switch {
	case p.Project != nil:
		return Touch{Projects: []string{stock.Fold(p.Project.Project)}, Data: codeOnly("project_code", p.Project.Project, p.Project.Create)}, true
	case p.Location != nil:
		return Touch{Locations: []string{stock.Fold(p.Location.Location)}, Data: codeOnly("location_code", p.Location.Location, p.Location.Create)}, true
	case p.Part != nil:
		return Touch{Everybody: true, Data: codeOnly("part_number", p.Part.Part, p.Part.Create)}, true
	case p.Projects != nil && p.Locations != nil:
		return Touch{Projects: p.Projects, Locations: p.Locations, Data: e.Payload}, true
	}
	return Touch{}, false
}

// codeOnly is {name: code, "created": …}.
func codeOnly(name, code string, created bool) []byte {
	text, err := json.Marshal(code)
	if err != nil { // a text always marshals
		text = []byte(`""`)
	}
	end := `,"created":false}`
	if created {
		end = `,"created":true}`
	}
	return append(append([]byte(`{"`+name+`":`), text...), end...)
}

// touchOf is what the ledger says: whoever sees one end of a movement may know of it.
func touchOf(t stock.Touched) (Touch, error) {
	data, err := json.Marshal(t)
	return Touch{Projects: []string{t.Project}, Locations: t.Locations, AnyLocation: true, Data: data}, err
}
