package stock

import (
	"github.com/faiston/nexo/internal/fault"
	"github.com/google/uuid"
)

// decide implements Command for the nine movement types.
func (m *Move) decide(s *State) ([]Event, error) {
	row := Movement{
		ID: m.ID, Type: m.Type, Part: m.Part.Key, Project: m.Owner.Key, Quantity: m.Quantity,
		MovementOn: m.MovementOn, Reservation: m.Reservation, Papers: m.Papers,
	}
	if row.MovementOn.IsZero() {
		row.MovementOn = s.Today
	}
	if s.Today.Before(row.MovementOn) {
		return nil, fault.InvalidArgument.With("A data do movimento está no futuro.", "The movement date is in the future.").On("movement_on")
	}
	held, err := m.reservation(s, &row)
	if err != nil {
		return nil, err
	}
	if err := m.place(s, &row, held); err != nil {
		return nil, err
	}
	if err := m.accept(&row); err != nil {
		return nil, err
	}
	if err := m.sufficient(s, &row); err != nil {
		return nil, err
	}
	e := Event{Movement: &row}
	if e.Assets, err = m.moveAssets(s, &row, held); err != nil {
		return nil, err
	}
	e.Reservation = m.reserve(&row, held)
	return []Event{e}, row.version(s)
}

// version numbers the movement in the stream of each balance that it touches.
func (row *Movement) version(s *State) error {
	var missing NotLoaded
	for _, d := range row.Deltas() {
		b, ok := s.Balances[d.Key]
		if !ok && !s.Complete {
			missing.Keys = append(missing.Keys, d.Key)
			continue
		}
		source := d.Key == Key{row.Part, row.Source, row.Project, row.SourceCondition}
		if source {
			row.SourceVersion = b.Version + 1
		} else {
			row.DestVersion = b.Version + 1
		}
	}
	if missing.Keys != nil {
		return &missing
	}
	return nil
}

// place fills in where the units come from and go to, and in which condition.
func (m *Move) place(s *State, row *Movement, held *Reservation) error {
	row.Source, row.Destination = m.source(), m.destination()
	if held != nil {
		row.Source = held.Key.Location
		if m.Type == Liberacao {
			row.Destination = row.Source
		}
	}
	if m.Type == Expedicao && m.To != nil {
		row.Delivery = m.To.Key
	}
	if row.Source == 0 {
		if err := m.comesBackFrom(s, row); err != nil {
			return err
		}
	}
	var err error
	if row.SourceCondition, err = m.leavesAs(s, row, held); err != nil {
		return err
	}
	row.Condition = m.arrivesAs(row)
	return nil
}

// comesBackFrom finds the place of assets whose return names no source.
func (m *Move) comesBackFrom(s *State, row *Movement) error {
	for i, k := range m.Assets {
		a, ok := s.Assets[k]
		if !ok {
			return assetNotFound(m.Serials[i])
		}
		if i > 0 && a.Location != row.Source {
			return fault.InvalidArgument.With("Os itens voltam de locais diferentes: faça um movimento por local.",
				"The items come back from different places: make one movement a place.").On("serial_numbers")
		}
		row.Source = a.Location
	}
	if row.Source == row.Destination {
		return fault.Conflict.With("O item já está nesse local.", "The item is already at that location.").On("serial_numbers").Final()
	}
	return nil
}

// leavesAs is the condition of the units at the source.
func (m *Move) leavesAs(s *State, row *Movement, held *Reservation) (Condition, error) {
	switch {
	case m.Type == Entrada || m.Type == AjustePositivo:
		return m.entersAs(), nil
	case held != nil:
		return held.Key.Condition, nil
	case len(m.Assets) > 0:
		return m.assetCondition(s)
	case row.Source == OutsideKey:
		return m.entersAs(), nil
	case m.Condition != "" && m.Type != Reversa:
		return m.Condition, nil
	}
	if at := (Key{row.Part, row.Source, row.Project, m.entersAs()}); !s.sees(at) {
		return "", &NotLoaded{[]Key{at}}
	}
	there := s.conditionsAt(row.Part, row.Source, row.Project)
	if m.Type == Reversa { // its condition argument is what the goods come back in
		for _, k := range there {
			if k.Condition == m.entersAs() {
				return k.Condition, nil
			}
		}
	}
	switch len(there) {
	case 0:
		return m.entersAs(), nil // the check of sufficiency refuses it with the figures
	case 1:
		return there[0].Condition, nil
	}
	return "", ambiguousCondition(s, there)
}

func ambiguousCondition(s *State, there []Key) error {
	found := map[string]string{}
	for _, k := range there {
		found[string(k.Condition)] = s.Balances[k].Available().String()
	}
	return fault.InvalidArgument.With("Há mais de uma condição nesse local: informe qual.",
		"There is more than one condition at that location: say which.").On("condition").Detail("available", found)
}

// assetCondition is the one condition of the assets that move.
func (m *Move) assetCondition(s *State) (Condition, error) {
	var c Condition
	for i, k := range m.Assets {
		a, ok := s.Assets[k]
		if !ok {
			return "", assetNotFound(m.Serials[i])
		}
		if i > 0 && a.Condition != c {
			return "", fault.InvalidArgument.With("Os itens estão em condições diferentes: faça um movimento por condição.",
				"The items are in different conditions: make one movement a condition.").On("serial_numbers")
		}
		c = a.Condition
	}
	if m.Condition != "" && m.Condition != c && m.Type != Reversa {
		return "", fault.Conflict.With("O item está na condição %s.", "The item is in condition %s.", c).On("condition").Final()
	}
	return c, nil
}

// entersAs is the condition of goods that come in; NEW unless said.
func (m *Move) entersAs() Condition {
	if m.Condition == "" {
		return New
	}
	return m.Condition
}

func (m *Move) arrivesAs(row *Movement) Condition {
	switch {
	case m.NewCondition != "":
		return m.NewCondition
	case m.Type == Reversa && m.Condition != "":
		return m.Condition
	}
	return row.SourceCondition
}

// accept holds the destination to its policies (FR-03).
func (m *Move) accept(row *Movement) error {
	if m.To == nil || row.Destination != m.To.Key {
		return nil
	}
	p := m.To.Policies
	if !p.accepts(row.Condition) {
		return fault.InvalidArgument.With("%s só recebe itens em %v.", "%s only takes items in %v.", m.To.Code, p.Conditions).
			On("destination_location_id")
	}
	return nil
}

// sufficient refuses what would leave less than nothing, or take what is promised to others.
func (m *Move) sufficient(s *State, row *Movement) error {
	if row.Source == OutsideKey {
		return nil
	}
	key := Key{row.Part, row.Source, row.Project, row.SourceCondition}
	if !s.sees(key) {
		return &NotLoaded{[]Key{key}}
	}
	b := s.Balances[key]
	have := b.Available()
	if row.Type == Liberacao {
		have = b.Reserved
	}
	have, err := add(have, row.Released)
	if err != nil {
		return err
	}
	if have.Cmp(row.Quantity) < 0 {
		return fault.InsufficientStock.With("Estoque insuficiente de %s: há %s, foram pedidas %s.",
			"Insufficient stock of %s: %s available, %s requested.", m.Part.Number, have.Trim(0), row.Quantity.Trim(0)).
			On("quantity").Detail("available", have.Trim(0).String()).Detail("requested", row.Quantity.Trim(0).String())
	}
	return nil
}

// reservation finds the reservation that the command names, and what of it the movement ends.
func (m *Move) reservation(s *State, row *Movement) (*Reservation, error) {
	if m.Type == Reserva {
		return nil, nil
	}
	if m.Reservation == uuid.Nil {
		if m.Type == Liberacao {
			return nil, fault.InvalidArgument.With("Informe qual reserva liberar.", "Say which reservation to release.").On("reservation_id")
		}
		return nil, nil
	}
	r, ok := s.Reservations[m.Reservation]
	if !ok {
		return nil, fault.NotFound.With("Reserva não encontrada.", "Reservation not found.").On("reservation_id")
	}
	if r.Status != ReservationActive {
		return nil, fault.Conflict.With("A reserva já foi encerrada (%s).", "The reservation has already ended (%s).", r.Status).
			On("reservation_id").Final()
	}
	if m.Expired && s.Now.Before(r.ExpiresAt) {
		return nil, fault.Conflict.With("A reserva ainda não venceu.", "The reservation has not expired yet.").On("reservation_id").Final()
	}
	if err := m.fitsReservation(r); err != nil {
		return nil, err
	}
	row.Project = r.Key.Project
	if m.Type == Liberacao {
		row.Quantity = r.Quantity // a reservation is released whole
	} else {
		row.Released = r.Quantity
	}
	return &r, nil
}

func (m *Move) fitsReservation(r Reservation) error {
	wrong := fault.InvalidArgument.With("A reserva é de outro item, local ou projeto.", "The reservation is for another part, place or project.").On("reservation_id")
	switch {
	case r.Key.Part != m.Part.Key, m.From != nil && m.From.Key != r.Key.Location,
		m.MoveRequest.Project != "" && m.Owner.Key != r.Key.Project,
		m.Condition != "" && m.Condition != r.Key.Condition:
		return wrong
	case m.Type != Saida && m.Type != Expedicao && m.Type != Liberacao:
		return fault.InvalidArgument.With("%s não consome reserva.", "%s does not use up a reservation.", m.Type).On("reservation_id")
	case m.Quantity.Cmp(r.Quantity) > 0:
		return fault.InvalidArgument.With("A reserva é de %s.", "The reservation is for %s.", r.Quantity.Trim(0)).On("quantity")
	}
	return nil
}

// reserve opens the reservation of a RESERVA, or ends the one that the movement used.
func (m *Move) reserve(row *Movement, held *Reservation) *ReservationEvent {
	switch {
	case m.Type == Reserva:
		r := Reservation{ID: m.Reservation, Quantity: row.Quantity, Status: ReservationActive, Ticket: m.Papers.Ticket,
			ExpiresAt: m.ExpiresAt, Key: Key{row.Part, row.Source, row.Project, row.SourceCondition}}
		for _, k := range m.Assets {
			r.Serials = append(r.Serials, k.Serial)
		}
		return &ReservationEvent{r}
	case held == nil:
		return nil
	}
	ended := *held
	switch {
	case m.Type != Liberacao:
		ended.Status = ReservationFulfilled
	case m.Expired:
		ended.Status = ReservationExpired
	default:
		ended.Status = ReservationCancelled
	}
	return &ReservationEvent{ended}
}
