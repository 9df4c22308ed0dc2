package main

import "fmt"

// The tables of the log. Each is told in a pass of its own: the same seeds make the same movements.

// told is a table with rows for each movement.
func (w world) told(name, columns string, row func(*ledger, *move, *rowWriter) error) table {
	return table{name, columns, func(o *rowWriter) error {
		l := newLedger(w)
		return l.tell(func(m *move) error { return row(l, m, o) })
	}}
}

func (w world) movementRows() table {
	const columns = `sequence, movement_id, movement_type, movement_on, recorded_at, part_number_key, project_key, source_location_key,
		destination_location_key, source_condition, condition, quantity, source_version, destination_version, actor_id, actor_kind, operation, rule,
		nf_number, nf_key, ticket, evidence_ids`
	actor := actorID()
	return w.told("sga.movements", columns, func(_ *ledger, m *move, o *rowWriter) error {
		o.int(m.sequence).id(movementID(m.at, m.sequence)).text(m.kind).day(m.at).time(m.at).int(firstKey + m.part).int(firstKey + partProject(m.part))
		o.int(m.from).int(m.to).text("NEW").text("NEW").int(m.quantity).int(int(m.fromVersion)).int(int(m.version)).id(actor)
		o.text("person").text("sga_create_movements").text("movimento")
		if m.kind == entry {
			o.text(invoice(m.part)).text(fmt.Sprintf("%044d", m.part))
		} else {
			o.text("").text("")
		}
		if m.ticket != 0 {
			o.text(ticketCode(m.ticket))
		} else {
			o.text("")
		}
		return o.text("{" + idOf(m.at, saltEvidence, uint64(m.sequence/batchSize)).String() + "}").end()
	})
}

func (w world) idRows() table {
	return w.told("sga.movement_ids", "movement_id, sequence", func(_ *ledger, m *move, o *rowWriter) error {
		return o.id(movementID(m.at, m.sequence)).int(m.sequence).end()
	})
}

// eventRows is the order of commits: what was recorded in order became known in order.
func (w world) eventRows() table {
	return w.told("sga.event_log", "position, sequence, kind, entity_id, known_at", func(_ *ledger, m *move, o *rowWriter) error {
		return o.int(m.sequence).int(m.sequence).text("movement").id(movementID(m.at, m.sequence)).time(m.at).end()
	})
}

// auditRows has one row for each call.
func (w world) auditRows() table {
	const columns = `recorded_at, actor_id, actor_kind, subject, client_id, door, operation, result, rule, sequence`
	actor := actorID()
	return w.told("sga.audit_log", columns, func(_ *ledger, m *move, o *rowWriter) error {
		if (m.sequence-1)%batchSize != 0 {
			return nil
		}
		return o.time(m.at).id(actor).text("person").text("bench-load").text("nexo-cli").text("cli").text("sga_create_movements").text("ok").
			text("movimento").int(m.sequence).end()
	})
}

func (w world) assetEventRows() table {
	const columns = `asset_key, version, sequence, movement_id, recorded_at, event_on, from_status, to_status, from_location_key, to_location_key,
		from_condition, to_condition, from_project_key, to_project_key, is_active, actor_id`
	actor := actorID()
	state := func(place int) string {
		if place == outsideKey {
			return "IN_USE"
		}
		return "IN_STOCK"
	}
	return w.told("sga.asset_events", columns, func(l *ledger, m *move, o *rowWriter) error {
		project := firstKey + partProject(m.part)
		for a := m.asset; a < m.asset+m.assets; a++ {
			o.int(a + 1).int(int(l.events[a])).int(m.sequence).id(movementID(m.at, m.sequence)).time(m.at).day(m.at)
			if l.events[a] == 1 {
				o.null().text("IN_STOCK").null().int(m.to).null().text("NEW").null().int(project)
			} else {
				o.text(state(m.from)).text(state(m.to)).int(m.from).int(m.to).text("NEW").text("NEW").int(project).int(project)
			}
			if err := o.text("t").id(actor).end(); err != nil {
				return err
			}
		}
		return nil
	})
}
