package simtest

import (
	"fmt"
	"slices"
	"time"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// dice draws random commands. Most are sensible, since they look at the model; the others are noise.
type dice struct {
	*rapid.T
	model    *Model
	projects []string
	prefix   string // of serials, so that checks on one database do not meet
	posted   []*stock.Movement
	promised []uuid.UUID
	noisy    bool // the command under way is noise
}

func pick[T any](d *dice, name string, from ...T) T { return from[d.below(len(from), name)] }

// below draws one of 0 to n-1, all alike: the library's own integers are mostly small ones.
func (d *dice) below(n int, name string) int {
	return rapid.Custom(func(t *rapid.T) int {
		v := 0
		for range 10 {
			v <<= 1
			if rapid.Bool().Draw(t, "bit") {
				v++
			}
		}
		return v % n
	}).Draw(d.T, name)
}

// chance is true n times of ten.
func (d *dice) chance(n int) bool { return d.below(10, "chance") >= 10-n }

// step draws a command and writes it into the log that a failure shows.
func (d *dice) step() approval.Step {
	s := d.command()
	switch {
	case s.Move != nil:
		m := s.Move
		d.Logf("%s %s %s %q → %q %s %s>%s %v reservation %.8s", m.Type, m.Quantity, m.PartNumber, m.Source, m.Destination, m.Project, m.Condition,
			m.NewCondition, m.Serials, m.Reservation)
	case s.Reversal != nil:
		d.Logf("reversal of %s", s.Reversal.Original)
	default:
		d.Logf("%+v", *s.StateChange)
	}
	return s
}

func (d *dice) command() approval.Step {
	switch d.below(20, "kind") {
	case 18, 19:
		if len(d.posted) > 0 {
			return d.reversal()
		}
	case 15, 16, 17:
		if len(d.model.State.Assets) > 0 {
			return d.stateChange()
		}
	}
	return d.move()
}

func (d *dice) reversal() approval.Step {
	m := d.posted[d.below(len(d.posted), "original")]
	r := &stock.Reversal{ID: uuid.Must(uuid.NewV7()), Original: m.ID}
	if d.chance(1) {
		r.Original = uuid.Must(uuid.NewV7())
	}
	if d.chance(5) { // operations resolve what it touches; the desk must manage without
		for _, delta := range m.Deltas() {
			r.Keys = append(r.Keys, delta.Key)
		}
	}
	return approval.Step{Reversal: r}
}

func (d *dice) stateChange() approval.Step {
	var keys []stock.AssetKey
	for _, k := range append(d.model.Held(), d.outside()...) {
		keys = append(keys, d.model.AssetsAt(k)...)
	}
	c := &approval.AssetChange{PartNumber: "SER-1", Serial: "NENHUM", To: pick(d, "status", stock.AssetStatuses()...)}
	if len(keys) > 0 && d.chance(9) {
		k := pick(d, "asset", keys...)
		p, _ := d.model.Catalog.PartByKey(k.Part)
		c.PartNumber, c.Serial = p.Number, k.Serial
	}
	return approval.Step{StateChange: c}
}

// outside lists where assets that left are found.
func (d *dice) outside() []stock.Key {
	var keys []stock.Key
	for _, number := range []string{"SER-1", "SER-2"} {
		p, _ := d.model.Catalog.Part(number)
		for _, code := range d.projects {
			owner, _ := d.model.Catalog.Project(code)
			for _, c := range stock.Conditions() {
				k := stock.Key{Part: p.Key, Location: stock.OutsideKey, Project: owner.Key, Condition: c}
				if len(d.model.AssetsAt(k)) > 0 {
					keys = append(keys, k)
				}
			}
		}
	}
	return keys
}

func (d *dice) move() approval.Step {
	types := []stock.MovementType{stock.Entrada, stock.Entrada, stock.Entrada, stock.Transferencia, stock.Transferencia, stock.Saida, stock.Expedicao,
		stock.Reversa, stock.Reserva, stock.Reserva, stock.Liberacao, stock.AjustePositivo, stock.AjusteNegativo}
	d.noisy = d.chance(2)
	m := &stock.MoveRequest{ID: uuid.Must(uuid.NewV7()), Type: pick(d, "type", types...), PartNumber: d.part(), Project: pick(d, "project", d.projects...)}
	m.Quantity = d.quantity(m.PartNumber)
	d.places(m)
	from := d.source(m)
	d.serials(m, from)
	d.conditions(m)
	d.reservation(m)
	if d.chance(1) {
		m.MovementOn = d.model.State.Today.AddDays(pick(d, "days", -30, -1, 1))
	}
	if m.Type == stock.AjusteNegativo {
		m.Papers.ReasonCode = pick(d, "reason", stock.ReasonCodes()...)
	}
	return approval.Step{Move: m}
}

func (d *dice) part() string {
	if d.noisy {
		return pick(d, "part", "UNI-1", "VELHA", "FALTA", "SER-1")
	}
	return pick(d, "part", "UNI-1", "UNI-1", "MET-1", "SER-1", "SER-1", "SER-2", "CARO")
}

func (d *dice) place() string {
	if d.noisy {
		return pick(d, "place", "CD", "QUA", "COFRE", "TRANSITO", "VELHO", "EXTERNO", "FALTA", "")
	}
	return pick(d, "place", "CD", "CD-A", "CD-A", "CD-B", "BASE", "TEC", "CLI", "QUA", "COFRE", "PROPRIO", "TRANSITO")
}

func (d *dice) quantity(part string) stock.Quantity {
	text := pick(d, "quantity", "1", "1", "2", "2", "3", "5", "8")
	switch {
	case d.noisy:
		text = pick(d, "quantity", "0.5", "0.0000001", "0", "-1", "1000000001", "1")
	case part == "MET-1":
		text = pick(d, "quantity", "0.5", "2.75", "0.000001", "12.30")
	}
	var q stock.Quantity
	if err := q.UnmarshalText([]byte(text)); err != nil {
		d.Fatal(err)
	}
	return q
}

// places gives a movement the ends that its type needs, mostly.
func (d *dice) places(m *stock.MoveRequest) {
	if d.noisy || m.Type == stock.Reversa && d.chance(3) {
		m.Source = d.place()
	}
	switch m.Type {
	case stock.Reserva, stock.Liberacao, stock.AjusteNegativo:
		if d.noisy {
			m.Destination = d.place()
		}
	case stock.Saida, stock.Expedicao:
		if d.chance(4) {
			m.Destination = d.place()
		}
	default:
		m.Destination = d.place()
	}
}

// source puts a movement that takes stock where there is some; it returns the key, if it did.
func (d *dice) source(m *stock.MoveRequest) *stock.Key {
	switch m.Type {
	case stock.Entrada, stock.AjustePositivo, stock.Liberacao:
		return nil
	}
	keys := d.model.Held()
	if m.Type == stock.Reversa {
		keys = append(keys, d.outside()...)
	}
	if len(keys) == 0 || d.noisy && d.chance(5) {
		if m.Source == "" {
			m.Source = d.place()
		}
		return nil
	}
	k := pick(d, "held", keys...)
	p, _ := d.model.Catalog.PartByKey(k.Part)
	at, _ := d.model.Catalog.LocationByKey(k.Location)
	owner, _ := d.model.Catalog.ProjectByKey(k.Project)
	m.PartNumber, m.Project = p.Number, owner.Code
	if m.Source = ""; m.Type != stock.Reversa || d.chance(4) {
		m.Source = at.Code
	}
	if p.Number == "MET-1" && d.chance(8) {
		m.Quantity = d.quantity(p.Number)
	}
	if d.chance(5) {
		m.Condition = k.Condition
	}
	return &k
}

// serials gives a movement of a serialised part one serial a unit, mostly.
func (d *dice) serials(m *stock.MoveRequest, from *stock.Key) {
	p, ok := d.model.Catalog.Part(m.PartNumber)
	if !ok || !p.Serialized && !(d.noisy && d.chance(2)) || m.Type == stock.Liberacao && d.chance(8) || m.Type == stock.Reserva && d.chance(3) {
		return
	}
	n := 1 + d.below(3, "serials")
	if from != nil {
		there := d.model.AssetsAt(*from)
		for range min(n, len(there)) {
			m.Serials = append(m.Serials, pick(d, "serial", there...).Serial)
		}
	}
	if m.Serials = slices.Compact(slices.Sorted(slices.Values(m.Serials))); from != nil && len(m.Serials) > 0 {
		n = len(m.Serials)
	}
	for len(m.Serials) < n && (from == nil || d.noisy) {
		m.Serials = append(m.Serials, fmt.Sprintf("%s-%d", d.prefix, 1+d.below(12, "serial")))
	}
	if !d.noisy {
		m.Quantity = stock.Whole(int64(len(m.Serials)))
	}
	if d.chance(2) && m.Type == stock.Entrada {
		m.Asset = &stock.AssetFacts{Ownership: pick(d, "owner", stock.Ownerships()...)}
	}
}

func (d *dice) conditions(m *stock.MoveRequest) {
	in := m.Type == stock.Entrada || m.Type == stock.Reversa || m.Type == stock.AjustePositivo
	if (in || d.noisy) && d.chance(3) {
		m.Condition = pick(d, "condition", stock.Conditions()...)
	}
	if m.Destination == "QUA" && !d.noisy {
		m.NewCondition = stock.Damaged
	}
	if d.chance(1) {
		m.NewCondition = pick(d, "new condition", stock.Conditions()...)
	}
}

// reservation opens one, or names one where the movement may end it.
func (d *dice) reservation(m *stock.MoveRequest) {
	if m.Type == stock.Reserva {
		m.Reservation = uuid.Must(uuid.NewV7())
		m.ExpiresAt = pick(d, "expiry", time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC))
		return
	}
	uses := m.Type == stock.Liberacao || (m.Type == stock.Saida || m.Type == stock.Expedicao || d.noisy) && d.chance(4)
	if len(d.promised) == 0 || !uses {
		if d.noisy {
			m.Reservation = uuid.Must(uuid.NewV7())
		}
		return
	}
	m.Reservation = pick(d, "reservation", d.promised...)
	r := d.model.State.Reservations[m.Reservation]
	p, _ := d.model.Catalog.PartByKey(r.Key.Part)
	at, _ := d.model.Catalog.LocationByKey(r.Key.Location)
	owner, _ := d.model.Catalog.ProjectByKey(r.Key.Project)
	if d.noisy {
		return
	}
	m.PartNumber, m.Project, m.Source, m.Condition = p.Number, owner.Code, at.Code, r.Key.Condition
	m.Quantity = r.Quantity
	m.Serials = nil
	if m.Type == stock.Liberacao {
		m.Source, m.Project = pick(d, "source", "", at.Code), pick(d, "project", "", owner.Code)
		m.Expired = d.chance(3)
		return
	}
	if p.Serialized {
		names := r.Serials
		for _, a := range d.model.AssetsAt(r.Key) {
			if len(r.Serials) == 0 && len(names) < 2 {
				names = append(names, a.Serial)
			}
		}
		if len(names) > 1 && d.chance(4) {
			names = names[:1]
		}
		m.Serials, m.Quantity = names, stock.Whole(int64(len(names)))
	}
}

// learn remembers what events made, for later commands to refer to.
func (d *dice) learn(events [][]stock.Event) {
	for _, list := range events {
		for _, e := range list {
			if e.Movement != nil {
				d.posted = append(d.posted, e.Movement)
			}
			if r := e.Reservation; r != nil && r.After.Status == stock.ReservationActive {
				d.promised = append(d.promised, r.After.ID)
			}
		}
	}
}
