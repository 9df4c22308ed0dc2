package stock

import (
	"github.com/faiston/nexo/internal/fault"
)

// shape says which places a movement type takes (contract.md, table of movements).
type shape struct {
	source, destination need
}

type need int

const (
	never need = iota
	maybe
	always
)

func (t MovementType) shape() shape {
	switch t {
	case Entrada:
		return shape{maybe, always} // a source may be named if it is outside
	case AjustePositivo:
		return shape{never, always}
	case Saida, Expedicao:
		return shape{always, maybe}
	case Transferencia:
		return shape{always, always}
	case Reversa:
		return shape{maybe, always}
	case AjusteNegativo, Reserva:
		return shape{always, never}
	case Liberacao:
		return shape{maybe, never}
	}
	return shape{}
}

// checkShape refuses a movement that lacks a place, has one too many, or goes nowhere.
func (m *Move) checkShape() error {
	sh := m.Type.shape()
	if err := m.checkNeed(sh.source, m.From, side{"source_location_id", "local de origem", "source location"}); err != nil {
		return err
	}
	if err := m.checkNeed(sh.destination, m.To, side{"destination_location_id", "local de destino", "destination location"}); err != nil {
		return err
	}
	if m.From != nil && m.To != nil && m.From.Key == m.To.Key {
		return fault.InvalidArgument.With("Origem e destino são o mesmo local.", "Source and destination are the same location.").On("destination_location_id")
	}
	if err := m.checkSides(); err != nil {
		return err
	}
	if m.NewCondition != "" && (m.Type == Reserva || m.Type == Liberacao) {
		return fault.InvalidArgument.With("%s não muda a condição.", "%s does not change the condition.", m.Type).On("new_condition")
	}
	return m.checkSerials()
}

// side is one end of a movement, for refusals.
type side struct{ field, pt, en string }

func (m *Move) checkNeed(n need, at *Location, s side) error {
	t := string(m.Type)
	switch {
	case n == always && at == nil:
		return fault.InvalidArgument.With(t+" exige "+s.pt+".", t+" needs a "+s.en+".").On(s.field)
	case n == never && at != nil:
		return fault.InvalidArgument.With(t+" não usa "+s.pt+".", t+" takes no "+s.en+".").On(s.field)
	}
	return nil
}

// checkSides refuses places that cannot play their part: the outside is left by ENTRADA and reached
// by SAIDA, the road is reached by EXPEDICAO or by the first step of a transfer.
func (m *Move) checkSides() error {
	if m.From != nil && m.Type == Entrada && m.From.Type != External {
		return fault.InvalidArgument.With("ENTRADA vem de fora; para mover entre locais use TRANSFERENCIA.",
			"ENTRADA comes from outside; to move between places use TRANSFERENCIA.").On("source_location_id")
	}
	if m.From != nil && m.From.Key == OutsideKey && m.Type != Entrada && m.Type != Reversa {
		return fault.InvalidArgument.With("EXTERNO não guarda estoque.", "EXTERNO holds no stock.").On("source_location_id")
	}
	if m.Type == Expedicao && m.From.Key == TransitKey {
		return fault.InvalidArgument.With("EXPEDICAO já parte para TRANSITO; para entregar o que está em trânsito use SAIDA.",
			"EXPEDICAO sets out for TRANSITO; to deliver what is on the road use SAIDA.").On("source_location_id")
	}
	if m.To == nil {
		return nil
	}
	outward := m.Type == Saida || m.Type == Expedicao
	if m.To.Key == OutsideKey && !outward {
		return fault.InvalidArgument.With("%s não pode terminar em EXTERNO.", "%s cannot end in EXTERNO.", m.Type).On("destination_location_id")
	}
	if m.To.Key == TransitKey && m.Type != Transferencia && m.Type != Reversa && m.Type != AjustePositivo {
		return fault.InvalidArgument.With("%s não pode terminar em TRANSITO.", "%s cannot end in TRANSITO.", m.Type).On("destination_location_id")
	}
	if !m.To.Active && !outward {
		return fault.InvalidArgument.With("O local %s está desativado.", "Location %s is inactive.", m.To.Code).On("destination_location_id")
	}
	return nil
}

// checkSerials holds serialised parts to one serial a unit, and other parts to none.
func (m *Move) checkSerials() error {
	n := len(m.Assets)
	switch {
	case !m.Part.Serialized && n > 0:
		return fault.InvalidArgument.With("%s não tem controle por número de série.", "%s is not controlled by serial number.",
			m.Part.Number).On("serial_numbers")
	case m.Part.Serialized && n == 0 && (m.Type == Reserva || m.Type == Liberacao):
		return nil // a promise of any unit of the part
	case m.Part.Serialized && m.Quantity.Cmp(Whole(int64(n))) != 0:
		return fault.InvalidArgument.With("Informe um número de série por unidade: %d para quantidade %s.",
			"Give one serial number a unit: %d for quantity %s.", n, m.Quantity).On("serial_numbers").
			Detail("serial_numbers", n).Detail("quantity", m.Quantity.String())
	}
	if !m.Part.Active && m.Type == Entrada {
		return fault.InvalidArgument.With("O part number %s está desativado.", "Part number %s is inactive.", m.Part.Number).On("part_number")
	}
	return nil
}
