package postgres

import (
	"time"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
)

// effects is what a group writes, as columns: each table takes its rows in one statement.
type effects struct {
	movements      movementColumns
	assetEvents    assetEventColumns
	assetFacts     []assetFactsRow
	reservations   []reservationRow
	outbox         outboxColumns
	audit          auditColumns
	answers        answerColumns
	tasks          []*approval.Task
	decided        []*approval.Task
	task           taskEffects
	catalogChanged bool
	told           bool // events were written that are not in outbox (tell)
}

// none reports whether there is nothing to keep: everything was refused or answered before.
func (e *effects) none() bool {
	return e.mark() == effectsMark{} && len(e.decided) == 0 && e.task.none() && !e.catalogChanged
}

// effectsMark is how much there was before a request, so that a refused one leaves nothing.
type effectsMark struct {
	movements, assetEvents, assetFacts, reservations, outbox, audit, tasks int
	work                                                                   workMark
}

func (e *effects) mark() effectsMark {
	return effectsMark{len(e.movements.sequence), len(e.assetEvents.sequence), len(e.assetFacts), len(e.reservations), len(e.outbox.sequences),
		len(e.audit.recordedAt), len(e.tasks), e.task.work.mark()}
}

func (e *effects) rollback(m effectsMark) {
	e.movements.cut(m.movements)
	e.assetEvents.cut(m.assetEvents)
	e.assetFacts = e.assetFacts[:m.assetFacts]
	e.reservations = e.reservations[:m.reservations]
	e.outbox.cut(m.outbox)
	e.audit.cut(m.audit)
	e.tasks = e.tasks[:m.tasks]
	e.task.work.cut(m.work)
}

// add records one event: its movement, what it did to assets and reservations, and its outbox row.
func (e *effects) add(s *session, ev *stock.Event, seq int64, by actorStamp) {
	now := s.state.Now
	var movement uuid.UUID
	on := s.state.Today
	reason := ev.Reason
	if m := ev.Movement; m != nil {
		m.Sequence, m.RecordedAt = seq, now
		movement, on, reason = m.ID, m.MovementOn, m.Papers.Reason
		e.movements.add(m, by)
		e.outbox.add(seq, "movement", m.ID, now, nil)
	}
	for i := range ev.Assets {
		a := &ev.Assets[i]
		if a.Before == nil {
			if a.After.ID == uuid.Nil {
				a.After.ID = s.desk.db.newID()
				kept := s.state.Assets[a.Key]
				kept.ID = a.After.ID
				s.state.Assets[a.Key] = kept
			}
		}
		e.assetEvents.add(a, assetEventFacts{seq, movement, now, on, by, reason})
		if ev.Movement == nil {
			e.outbox.add(seq, "asset_state", a.After.ID, now, nil)
		}
	}
	if r := ev.Reservation; r != nil {
		e.reservations = append(e.reservations, reservationRow{r.After, by.id, movement, now})
	}
}

type assetFactsRow struct {
	key   stock.AssetKey
	facts *stock.AssetFacts
}

type reservationRow struct {
	stock.Reservation
	by       uuid.UUID
	movement uuid.UUID
	at       time.Time
}

type outboxColumns struct {
	sequences []int64
	kinds     []string
	entities  []pgtype.UUID
	at        []time.Time
	payloads  []*string
}

func (c *outboxColumns) add(seq int64, kind string, entity uuid.UUID, at time.Time, payload []byte) {
	c.sequences, c.kinds = append(c.sequences, seq), append(c.kinds, kind)
	c.entities, c.at = append(c.entities, optionalID(entity)), append(c.at, at)
	var text *string
	if payload != nil {
		s := string(payload)
		text = &s
	}
	c.payloads = append(c.payloads, text)
}

func (c *outboxColumns) cut(n int) {
	c.sequences, c.kinds, c.entities, c.at, c.payloads = c.sequences[:n], c.kinds[:n], c.entities[:n], c.at[:n], c.payloads[:n]
}

type answerColumns struct {
	subjects, operations, keys, answers []string
	hashes                              [][]byte
	tasks                               []pgtype.UUID
}

func (c *answerColumns) add(subject, operation, key string, p *pending) {
	c.subjects, c.operations, c.keys = append(c.subjects, subject), append(c.operations, operation), append(c.keys, key)
	c.hashes, c.answers = append(c.hashes, p.hash()), append(c.answers, string(p.outcome.Answer))
	var task uuid.UUID
	if p.outcome.Task != nil {
		task = p.outcome.Task.ID
	}
	c.tasks = append(c.tasks, optionalID(task))
}
