package stock

import (
	"cmp"
	"slices"

	"github.com/faiston/nexo/internal/fault"
	"github.com/google/uuid"
)

func assetNotFound(serial string) error {
	return fault.NotFound.With("Número de série %q não encontrado.", "Serial number %q not found.", clip(serial)).On("serial_numbers")
}

// moveAssets checks and moves the assets that the movement names, and frees those that an ended
// reservation held but did not send.
func (m *Move) moveAssets(s *State, row *Movement, held *Reservation) ([]AssetEvent, error) {
	var out []AssetEvent
	var duplicate []string
	for i, k := range m.Assets {
		a, known := s.Assets[k]
		if row.Source == OutsideKey {
			if known && a.Location != OutsideKey {
				duplicate = append(duplicate, m.Serials[i])
				continue
			}
			if known && m.Type == Reversa && a.Project != row.Project {
				return nil, assetConflict(a, "O item %s pertence a outro projeto.", "Item %s belongs to another project.", a.Serial)
			}
			if err := m.acceptOwner(row, m.ownerOf(a)); err != nil {
				return nil, err
			}
			out = append(out, m.bringIn(s, row, i, k))
			continue
		}
		if err := m.checkAsset(a, row, held); err != nil {
			return nil, err
		}
		if err := m.acceptOwner(row, a.Ownership); err != nil {
			return nil, err
		}
		after := a
		after.Location, after.Condition, after.Status = row.Destination, row.Condition, m.statusAfter(a, row)
		after.Project = row.Project
		after.Reserved = uuid.Nil
		if m.Type == Reserva {
			after.Reserved = m.Reservation
		}
		out = append(out, m.assetEvent(s, k, &a, after))
	}
	if duplicate != nil {
		return nil, fault.AlreadyExists.With("Números de série já estão em estoque: %v.", "Serial numbers are already in stock: %v.", duplicate).
			On("serial_numbers").Detail("serial_numbers", duplicate)
	}
	return m.freeTheRest(s, out, held), nil
}

func (m *Move) assetEvent(s *State, k AssetKey, before *Asset, after Asset) AssetEvent {
	if m.Type != Reserva && m.Type != Liberacao {
		after.LastMove = m.ID
	}
	if before != nil {
		after.Version = before.Version + 1
	}
	after.UpdatedAt = s.Now
	return AssetEvent{Key: k, Before: before, After: after, SerialText: after.Serial}
}

// bringIn creates an asset, or takes back one that had left.
func (m *Move) bringIn(s *State, row *Movement, i int, k AssetKey) AssetEvent {
	after := Asset{Part: k.Part, Serial: m.Serials[i], Project: row.Project, Location: row.Destination,
		Condition: row.Condition, Ownership: m.Ownership, Active: true, Version: 1}
	after.Status = m.statusAfter(after, row)
	old, known := s.Assets[k]
	if !known {
		return m.assetEvent(s, k, nil, after)
	}
	after.ID, after.Serial, after.Ownership = old.ID, old.Serial, m.ownerOf(old)
	return m.assetEvent(s, k, &old, after)
}

func assetConflict(a Asset, pt, en string, args ...any) error {
	return fault.Conflict.With(pt, en, args...).On("serial_numbers").Final().
		Detail("serial_number", a.Serial).Detail("asset_status", string(a.Status))
}

// acceptOwner holds the destination to its policy on whose goods may enter (FR-03).
func (m *Move) acceptOwner(row *Movement, owner Ownership) error {
	if m.To == nil || row.Destination != m.To.Key || m.To.Policies.Ownership == "" || m.To.Policies.Ownership == owner {
		return nil
	}
	return fault.InvalidArgument.With("%s só recebe itens de %s.", "%s only takes items of %s.", m.To.Code, m.To.Policies.Ownership).
		On("destination_location_id")
}

// ownerOf is whose an asset is once it has come in: as the entry says, else as it was.
func (m *Move) ownerOf(was Asset) Ownership {
	if m.Asset != nil && m.Asset.Ownership != "" {
		return m.Asset.Ownership
	}
	return cmp.Or(was.Ownership, m.Ownership)
}

// checkAsset holds an asset to the place, project, owner of the promise and state that the movement needs.
func (m *Move) checkAsset(a Asset, row *Movement, held *Reservation) error {
	conflict := func(pt, en string, args ...any) error { return assetConflict(a, pt, en, args...) }
	switch {
	case a.Serial == "":
		return fault.NotFound.With("Número de série não encontrado.", "Serial number not found.").On("serial_numbers")
	case a.Location != row.Source:
		return conflict("O item %s não está no local de origem.", "Item %s is not at the source location.", a.Serial)
	case a.Project != row.Project:
		return conflict("O item %s pertence a outro projeto.", "Item %s belongs to another project.", a.Serial)
	case a.Reserved != uuid.Nil && (held == nil || a.Reserved != held.ID):
		return conflict("O item %s está reservado.", "Item %s is reserved.", a.Serial)
	case held != nil && len(held.Serials) > 0 && a.Reserved != held.ID:
		return conflict("A reserva é de outros números de série.", "The reservation is for other serial numbers.")
	case !slices.Contains(m.statesThatMay(row, held), a.Status):
		return conflict("O item %s está em %s e não pode fazer %s.", "Item %s is %s and cannot take part in %s.", a.Serial, a.Status, m.Type)
	}
	return nil
}

// statesThatMay lists the states from which an asset may take part in the movement.
func (m *Move) statesThatMay(row *Movement, held *Reservation) []AssetStatus {
	out := []AssetStatus{InStock, InStaging}
	switch m.Type {
	case Reserva:
		return []AssetStatus{InStock}
	case Liberacao:
		return []AssetStatus{Reserved, InStaging}
	case Reversa:
		return []AssetStatus{InUse, AwaitingReverse, InReverse, InTransit, UnderMaintenance}
	case Transferencia:
		out = append(out, Quarantine, Bad, UnderMaintenance)
	case Expedicao:
		out = append(out, Bad, UnderMaintenance)
	case AjusteNegativo:
		return []AssetStatus{InStock, InStaging, InTransit, InUse, AwaitingReverse, InReverse, UnderMaintenance, Bad, Quarantine}
	}
	if row.Source == TransitKey {
		out = append(out, InTransit)
	}
	if held != nil {
		out = append(out, Reserved)
	}
	return out
}

// statusAfter is the state in which the movement leaves an asset (contract.md, table of movements).
func (m *Move) statusAfter(a Asset, row *Movement) AssetStatus {
	switch m.Type {
	case Saida:
		return InUse
	case Expedicao:
		return InTransit
	case Reserva:
		return Reserved
	case AjusteNegativo:
		return m.lossStatus()
	case Reversa, Entrada, AjustePositivo:
		if row.Destination == TransitKey {
			return InReverse
		}
		return arrival(row.Condition)
	case Transferencia:
		if row.Destination == TransitKey {
			return InTransit
		}
		if a.Status == Quarantine || a.Status == Bad || a.Status == UnderMaintenance {
			return a.Status // moving a broken item does not mend it
		}
		return arrival(row.Condition)
	}
	return InStock
}

// lossStatus tells what was thrown away from what was lost.
func (m *Move) lossStatus() AssetStatus {
	switch m.Papers.ReasonCode {
	case ReasonDisposal, ReasonDamaged:
		return Disposal
	}
	return Missing
}

// freeTheRest returns the assets that the ended reservation held and the movement did not name.
func (m *Move) freeTheRest(s *State, out []AssetEvent, held *Reservation) []AssetEvent {
	if held == nil {
		return out
	}
	named := func(k AssetKey) bool {
		return slices.ContainsFunc(out, func(e AssetEvent) bool { return e.Key == k })
	}
	for _, serial := range held.Serials {
		k := AssetKey{held.Key.Part, serial}
		a, ok := s.Assets[k]
		if !ok || named(k) || a.Reserved != held.ID {
			continue
		}
		after := a
		after.Status, after.Reserved = InStock, uuid.Nil
		after.Version, after.UpdatedAt = a.Version+1, s.Now
		out = append(out, AssetEvent{Key: k, Before: &a, After: after, SerialText: a.Serial})
	}
	return out
}
