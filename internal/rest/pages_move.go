package rest

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
)

type movementItem struct {
	MovementID   string   `json:"movement_id"`
	MovementType string   `json:"movement_type"`
	Date         string   `json:"movement_date"`
	PartNumber   string   `json:"part_number"`
	Description  string   `json:"description"`
	Quantity     quantity `json:"quantity"`
	Source       string   `json:"source_location"`
	Destination  string   `json:"destination_location"`
	ProjectCode  string   `json:"project_code"`
	NF           string   `json:"nf_number"`
	CreatedBy    string   `json:"created_by"`
	ReversalOf   string   `json:"reversal_of"`
}

type movementsData struct {
	set   `json:"-"`
	Items []movementItem `json:"items"`
	Next  string         `json:"next_cursor"`
	Types []string       `json:"-"`
}

// movementList shows the log, newest first.
func movementList(v *visit) (*view, error) {
	const operation = "sga_get_movements"
	a, err := v.filters(operation, "start_date", "end_date", "movement_type", "location_id", "project_id", "part_number", "cursor")
	if err != nil {
		return nil, err
	}
	out, err := asked[movementsData](v, operation, a)
	if err != nil {
		return nil, err
	}
	out.Types = stock.Values(stock.MovementTypes())
	if out.params, err = query(v.r); err != nil {
		return nil, err
	}
	return &view{Name: "movements", Title: "nav.movements", Data: out}, nil
}

type movementData struct {
	movementItem
	On         string `json:"movement_on"`
	Condition  string `json:"condition"`
	Reason     string `json:"reason"`
	Ticket     string `json:"ticket"`
	Review     bool   `json:"review"`
	ReversedBy string `json:"reversed_by"`
	ActorKind  string `json:"actor_kind"`
	Rule       string `json:"rule"`
	TaskID     string `json:"task_id"`
	ApprovedBy string `json:"approved_by"`
	ApprovedAt string `json:"approved_at"`
	Assets     []struct {
		AssetID string `json:"asset_id"`
		Serial  string `json:"serial_number"`
		To      string `json:"to_status"`
	} `json:"assets"`
	Done      *movedData     `json:"-"`
	Documents *documentsData `json:"-"`
}

// movementPage shows one movement whole.
func movementPage(v *visit) (*view, error) {
	a := &arguments{}
	a.text("movement_id", strings.ToValidUTF8(v.r.PathValue("movement_id"), "�"))
	out, err := asked[movementData](v, "sga_get_movement", a)
	if err != nil {
		return nil, err
	}
	if out.Documents, err = v.documentsOf(document.OfMovement, out.MovementID, "/movements/"+out.MovementID+"/documents"); err != nil {
		return nil, err
	}
	return &view{Name: "movement", Title: "moved.title", Data: out}, nil
}

// reversed takes a movement back and shows it as it then is.
func reversed(v *visit) (*view, error) {
	a := &arguments{}
	a.text("movement_id", strings.ToValidUTF8(v.r.PathValue("movement_id"), "�"))
	for _, name := range []string{"reason", keyArgument} {
		if value := v.form.Get(name); value != "" {
			a.text(name, strings.ToValidUTF8(value, "�"))
		}
	}
	done, cause := asked[movedData](v, "sga_reverse_movement", a)
	if fault.CodeOf(cause) == fault.NotFound {
		return nil, cause
	}
	out, err := movementPage(v)
	if err != nil {
		return nil, err
	}
	if cause != nil {
		out.Problem, out.Status = v.d.explain(v.r, cause)
		return out, nil
	}
	out.Data.(*movementData).Done = done
	return out, nil
}

// field is one input of the form.
type field struct {
	Name     string
	Value    string
	Optional bool
	Focus    bool
	Kind     string   // vocabulary of Words
	Words    []string // to choose from
	Input    string   // type of the input
	Mode     string   // keyboard of a phone
	List     string   // suggestions
}

type moveData struct {
	Type     string
	Types    []string
	Key      string
	Bad      string // the field that was refused
	Fields   []field
	Lists    []suggestions
	Files    bool     // whether a file may be brought
	Evidence []string // documents that the form has brought already
}

type suggestions struct {
	ID      string
	Options []codeName
}

type codeName struct{ Code, Name string }

// fieldsOf are the inputs of a movement type, in the order in which a person has them at hand. The table
// of movements in the contract says what each type needs.
func fieldsOf(t stock.MovementType) []field {
	part := field{Name: "part_number", Focus: true}
	amount := field{Name: "quantity", Mode: "decimal"}
	from := field{Name: "source_location_id", List: "places"}
	to := field{Name: "destination_location_id", List: "places"}
	maybe := func(f field) field { f.Optional = true; return f }
	condition := field{Name: "condition", Kind: "condition", Words: stock.Values(stock.Conditions()), Optional: true}
	cause := field{Name: "reason_code", Kind: "reason_code", Words: stock.Values(stock.ReasonCodes())}
	tail := []field{condition, {Name: "project_id", List: "projects", Optional: true}, {Name: "ticket", Optional: true},
		{Name: "reason", Optional: true}, {Name: "movement_on", Input: "date", Optional: true}, {Name: "serial_numbers", Optional: true}}
	nf := field{Name: "nf_number", Optional: true}
	reservation := field{Name: "reservation_id", Optional: true}
	var head []field
	switch t {
	case stock.Entrada:
		head = []field{part, amount, to, nf}
	case stock.Saida, stock.Expedicao:
		head = []field{part, amount, from, maybe(to), reservation, nf}
	case stock.Transferencia:
		head = []field{part, amount, from, to}
	case stock.Reversa:
		head = []field{part, amount, to, maybe(from), nf}
	case stock.Reserva:
		head = []field{part, amount, from}
	case stock.Liberacao:
		head = []field{part, amount, from, reservation}
	case stock.AjustePositivo:
		head = []field{part, amount, to, cause}
	case stock.AjusteNegativo:
		head = []field{part, amount, from, cause}
	}
	return slices.Concat(head, tail)
}

// moveForm shows the types to choose from, or the form of one, to those who may post it.
func moveForm(v *visit) (*view, error) {
	if !v.d.visible(v.caller, "sga_create_movement") {
		return nil, fault.PermissionDenied.With("Seu papel não permite movimentar estoque.", "Your role does not allow moving stock.")
	}
	params, err := query(v.r)
	if err != nil {
		return nil, err
	}
	return moveView(v, params["type"], func(name string) string { return params[name] }, "web-"+v.d.NewID().String())
}

func moveView(v *visit, chosen string, value func(string) string, key string) (*view, error) {
	out := &moveData{Key: key, Types: stock.Values(stock.MovementTypes())}
	if chosen != "" {
		t, err := stock.Parse(stock.MovementTypes(), chosen, "movement_type")
		if err != nil {
			return nil, err
		}
		out.Type, out.Fields = string(t), fieldsOf(t)
		out.Files, out.Evidence = v.d.Documents != nil && v.d.visible(v.caller, "sga_create_upload"), v.form[evidenceField]
		for i := range out.Fields {
			out.Fields[i].Value = value(out.Fields[i].Name)
		}
		if out.Lists, err = v.suggestions(); err != nil {
			return nil, err
		}
	}
	return &view{Name: "move", Title: "move.title", Data: out}, nil
}

// suggestions are the places and projects that the person may see.
func (v *visit) suggestions() ([]suggestions, error) {
	var out []suggestions
	for _, s := range []struct{ id, operation, code, name string }{
		{"places", "sga_list_locations", "location_code", "location_name"},
		{"projects", "sga_list_projects", "project_code", "project_name"},
	} {
		if v.d.operations[s.operation] == nil {
			continue
		}
		list, err := asked[listPage](v, s.operation, &arguments{})
		if err != nil {
			return nil, err
		}
		names := suggestions{ID: s.id}
		for _, item := range list.Items {
			var m map[string]jsontext.Value
			if json.Unmarshal(item, &m) == nil {
				names.Options = append(names.Options, codeName{textOf(m[s.code]), textOf(m[s.name])})
			}
		}
		out = append(out, names)
	}
	return out, nil
}

func textOf(value jsontext.Value) string {
	raw, err := jsontext.AppendUnquote(nil, value)
	if err != nil {
		return ""
	}
	return string(raw)
}

type movedData struct {
	Status       string       `json:"status"`
	MovementID   string       `json:"movement_id"`
	TaskID       string       `json:"task_id"`
	MovementType string       `json:"movement_type"`
	Message      string       `json:"message"`
	MessageEN    string       `json:"message_en"`
	Review       bool         `json:"review"`
	Balances     []balanceRow `json:"balances"`
	PartNumber   string       `json:"-"`
}

// moved posts the form. What is refused comes back with everything that was typed.
func moved(v *visit) (*view, error) {
	chosen := v.form.Get("movement_type")
	t, err := stock.Parse(stock.MovementTypes(), chosen, "movement_type")
	if err != nil {
		return nil, err
	}
	if v.fileError != nil {
		return v.moveRefused(string(t), v.fileError)
	}
	a := &arguments{}
	a.text("movement_type", string(t))
	if ids := v.form[evidenceField]; len(ids) > 0 {
		raw, err := json.Marshal(ids)
		if err != nil {
			return nil, err
		}
		a.add("evidence_ids", raw)
	}
	a.text(keyArgument, v.form.Get(keyArgument))
	for _, f := range fieldsOf(t) {
		value := strings.TrimSpace(v.form.Get(f.Name))
		switch {
		case value == "":
		case f.Name == "serial_numbers":
			raw, err := json.Marshal(strings.Fields(strings.NewReplacer(",", " ", ";", " ").Replace(value)))
			if err != nil {
				return nil, err
			}
			a.add(f.Name, raw)
		case f.Name == "quantity":
			a.text(f.Name, decimalPoint(value, v.lang))
		default:
			a.text(f.Name, value)
		}
	}
	out, err := asked[movedData](v, "sga_create_movement", a)
	if err != nil {
		return v.moveRefused(string(t), err)
	}
	out.PartNumber = strings.TrimSpace(v.form.Get("part_number"))
	if out.MovementType == "" {
		out.MovementType = string(t)
	}
	return &view{Name: "moved", Title: "moved.title", Data: out}, nil
}

// moveRefused shows the form again. After a mismatch the key is spent: the first sending was taken.
func (v *visit) moveRefused(chosen string, cause error) (*view, error) {
	f, status := v.d.explain(v.r, cause)
	key := v.form.Get(keyArgument)
	if f.Code == fault.IdempotencyMismatch || key == "" {
		key = "web-" + v.d.NewID().String()
	}
	again, err := moveView(v, chosen, v.form.Get, key)
	if err != nil {
		return nil, err
	}
	again.Problem, again.Status = f, status
	data := again.Data.(*moveData)
	data.Bad, _, _ = strings.Cut(f.Field, "[")
	for i := range data.Fields { // the cursor goes to what is wrong
		data.Fields[i].Focus = data.Bad == "" && i == 0 || data.Fields[i].Name == data.Bad
	}
	return again, nil
}

// decimalPoint reads what people type for a quantity: in pt-BR the comma is the decimal sign. Whatever
// else is in it is left for the operation to refuse.
func decimalPoint(s string, l lang) string {
	if l == portuguese && strings.Count(s, ",") == 1 {
		return strings.Replace(strings.ReplaceAll(s, ".", ""), ",", ".", 1)
	}
	return s
}
