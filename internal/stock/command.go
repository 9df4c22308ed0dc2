package stock

import (
	"github.com/faiston/nexo/internal/fault"
	"github.com/google/uuid"
)

// Command is what can be asked of the ledger: a Move, a Reversal or a StateChange.
type Command interface {
	// Needs says which rows to lock before deciding.
	Needs() Needs
	decide(s *State) ([]Event, error)
}

// Needs is what a command must see under lock. Rows are locked in the order of the fields here, each
// list sorted: a fixed order is what keeps opposite transfers from waiting for each other.
type Needs struct {
	Keys         []Key // balances: every condition at the same part, place and project is locked too
	Assets       []AssetKey
	Reservations []uuid.UUID
	Movements    []uuid.UUID // the movements that reversals name
}

// Decide is the ledger's law: what the command does to the state, or why it may not. It changes
// nothing. The caller applies the events, in order, before it decides the next command.
func Decide(s *State, c Command) ([]Event, error) { return c.decide(s) }

// Resolve finds the codes of a request in the catalogue and checks all that needs no balance.
func Resolve(cat Catalog, r MoveRequest) (*Move, error) {
	m := &Move{MoveRequest: r, Ownership: Own}
	if r.Asset != nil && r.Asset.Ownership != "" {
		m.Ownership = r.Asset.Ownership
	}
	var err error
	if m.Part, err = FindPart(cat, r.PartNumber, "part_number"); err != nil {
		return nil, err
	}
	if m.From, err = optionalPlace(cat, r.Source, "source_location_id"); err != nil {
		return nil, err
	}
	if m.To, err = optionalPlace(cat, r.Destination, "destination_location_id"); err != nil {
		return nil, err
	}
	if m.Owner, err = FindProject(cat, r.Project, "project_id"); err != nil {
		return nil, err
	}
	if m.Assets, err = CleanSerials(m.Part, r.Serials); err != nil {
		return nil, err
	}
	if err := checkQuantity(r.Quantity, m.Part); err != nil {
		return nil, err
	}
	return m, m.checkShape()
}

// FindPart finds a part number or says that there is none.
func FindPart(cat Catalog, number, field string) (*Part, error) {
	if p, ok := cat.Part(Fold(number)); ok {
		return p, nil
	}
	return nil, fault.NotFound.With("Part number %q não encontrado.", "Part number %q not found.", clip(number)).On(field)
}

// FindLocation finds a place by its code or says that there is none.
func FindLocation(cat Catalog, code, field string) (*Location, error) {
	if l, ok := cat.Location(Fold(code)); ok {
		return l, nil
	}
	return nil, fault.NotFound.With("Local %q não encontrado.", "Location %q not found.", clip(code)).On(field)
}

// FindProject finds a project by its code; none given is the reserved project GERAL.
func FindProject(cat Catalog, code, field string) (*Project, error) {
	if code == "" {
		code = GeneralCode
	}
	if p, ok := cat.Project(Fold(code)); ok {
		return p, nil
	}
	return nil, fault.NotFound.With("Projeto %q não encontrado.", "Project %q not found.", clip(code)).On(field)
}

func optionalPlace(cat Catalog, code, field string) (*Location, error) {
	if code == "" {
		return nil, nil
	}
	return FindLocation(cat, code, field)
}

// Needs implements Command.
func (m *Move) Needs() Needs {
	n := Needs{Assets: m.Assets}
	if m.Reservation != uuid.Nil {
		n.Reservations = []uuid.UUID{m.Reservation}
	}
	c := m.Condition
	if c == "" {
		c = New
	}
	if from := m.source(); from != OutsideKey && from != 0 {
		n.Keys = append(n.Keys, Key{m.Part.Key, from, m.Owner.Key, c})
	}
	if to := m.destination(); to != OutsideKey && to != 0 && to != m.source() {
		if m.NewCondition != "" {
			c = m.NewCondition
		}
		n.Keys = append(n.Keys, Key{m.Part.Key, to, m.Owner.Key, c})
	}
	return n
}

// source is where the units leave from; 0 where only the state can say (an asset that comes back).
func (m *Move) source() LocationKey {
	switch {
	case m.Type == Entrada || m.Type == AjustePositivo:
		return OutsideKey
	case m.From != nil:
		return m.From.Key
	case m.Type == Reversa && !m.Part.Serialized:
		return OutsideKey
	}
	return 0
}

// destination is where the units go; dispatches go by TRANSITO first.
func (m *Move) destination() LocationKey {
	switch m.Type {
	case AjusteNegativo:
		return OutsideKey
	case Expedicao:
		return TransitKey
	case Reserva, Liberacao:
		return m.source()
	}
	if m.To == nil {
		return OutsideKey
	}
	return m.To.Key
}
