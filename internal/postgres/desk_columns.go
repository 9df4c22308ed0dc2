package postgres

import (
	"strings"
	"time"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
)

// movementColumns is rows of sga.movements, column by column.
type movementColumns struct {
	sequence                                              []int64
	id                                                    []pgtype.UUID
	kind                                                  []string
	on                                                    []pgtype.Date
	at                                                    []time.Time
	part, project, source, destination                    []int32
	sourceCondition, condition, quantity, released        []string
	delivery                                              []pgtype.Int4
	reservation, reversal                                 []pgtype.UUID
	sourceVersion, destVersion                            []int64
	actor                                                 []pgtype.UUID
	actorKind, onBehalf, operation, rule                  []string
	review                                                []bool
	task, approvedBy                                      []pgtype.UUID
	approvedAt                                            []pgtype.Timestamptz
	nfNumber, nfKey, ticket, reference, reason, evidences []string
	nfDate                                                []pgtype.Date
	reasonCode, confidence                                []*string
	count                                                 []pgtype.UUID
	level                                                 []*string
}

func (c *movementColumns) add(m *stock.Movement, by actorStamp) {
	c.sequence, c.id, c.kind = append(c.sequence, m.Sequence), append(c.id, optionalID(m.ID)), append(c.kind, string(m.Type))
	c.on, c.at = append(c.on, optionalDate(m.MovementOn)), append(c.at, m.RecordedAt)
	c.part, c.project = append(c.part, int32(m.Part)), append(c.project, int32(m.Project))
	c.source, c.destination = append(c.source, int32(m.Source)), append(c.destination, int32(m.Destination))
	c.sourceCondition, c.condition = append(c.sourceCondition, string(m.SourceCondition)), append(c.condition, string(m.Condition))
	c.quantity, c.released = append(c.quantity, quantityText(m.Quantity)), append(c.released, quantityText(m.Released))
	c.delivery = append(c.delivery, pgtype.Int4{Int32: int32(m.Delivery), Valid: m.Delivery != 0})
	c.reservation, c.reversal = append(c.reservation, optionalID(m.Reservation)), append(c.reversal, optionalID(m.ReversalOf))
	c.sourceVersion, c.destVersion = append(c.sourceVersion, m.SourceVersion), append(c.destVersion, m.DestVersion)
	c.stamp(by)
	c.papers(&m.Papers)
}

func (c *movementColumns) stamp(by actorStamp) {
	c.actor, c.actorKind, c.onBehalf = append(c.actor, optionalID(by.id)), append(c.actorKind, by.kind), append(c.onBehalf, by.onBehalf)
	c.operation, c.rule, c.review = append(c.operation, by.operation), append(c.rule, by.rule), append(c.review, by.review)
	c.task, c.approvedBy = append(c.task, optionalID(by.task)), append(c.approvedBy, optionalID(by.approvedBy))
	c.approvedAt = append(c.approvedAt, pgtype.Timestamptz{Time: by.approvedAt, Valid: !by.approvedAt.IsZero()})
	var level *string
	if by.level != approval.LevelNone {
		l := string(by.level)
		level = &l
	}
	c.level = append(c.level, level)
}

func (c *movementColumns) papers(p *stock.Papers) {
	c.nfNumber, c.nfDate, c.nfKey = append(c.nfNumber, p.NFNumber), append(c.nfDate, optionalDate(p.NFDate)), append(c.nfKey, p.NFKey)
	c.ticket, c.reference, c.reason = append(c.ticket, p.Ticket), append(c.reference, p.Reference), append(c.reason, p.Reason)
	var code, confidence *string
	if p.ReasonCode != "" {
		s := string(p.ReasonCode)
		code = &s
	}
	if p.Confidence != nil {
		s := p.Confidence.String()
		confidence = &s
	}
	c.reasonCode, c.confidence = append(c.reasonCode, code), append(c.confidence, confidence)
	c.evidences = append(c.evidences, idArray(p.EvidenceIDs))
	c.count = append(c.count, optionalID(p.CountID))
}

// idArray is a literal of uuid[]; each row has its own, and unnest would flatten an array of arrays.
func idArray(ids []uuid.UUID) string {
	if len(ids) == 0 {
		return "{}"
	}
	parts := make([]string, len(ids))
	for i, id := range ids {
		parts[i] = id.String()
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func (c *movementColumns) cut(n int) {
	if n == len(c.sequence) {
		return
	}
	c.sequence, c.id, c.kind, c.on, c.at = c.sequence[:n], c.id[:n], c.kind[:n], c.on[:n], c.at[:n]
	c.part, c.project, c.source, c.destination = c.part[:n], c.project[:n], c.source[:n], c.destination[:n]
	c.sourceCondition, c.condition, c.quantity, c.released = c.sourceCondition[:n], c.condition[:n], c.quantity[:n], c.released[:n]
	c.delivery, c.reservation, c.reversal = c.delivery[:n], c.reservation[:n], c.reversal[:n]
	c.sourceVersion, c.destVersion = c.sourceVersion[:n], c.destVersion[:n]
	c.actor, c.actorKind, c.onBehalf, c.operation = c.actor[:n], c.actorKind[:n], c.onBehalf[:n], c.operation[:n]
	c.rule, c.review, c.task, c.approvedBy, c.approvedAt = c.rule[:n], c.review[:n], c.task[:n], c.approvedBy[:n], c.approvedAt[:n]
	c.nfNumber, c.nfDate, c.nfKey, c.ticket = c.nfNumber[:n], c.nfDate[:n], c.nfKey[:n], c.ticket[:n]
	c.reference, c.reason, c.reasonCode = c.reference[:n], c.reason[:n], c.reasonCode[:n]
	c.confidence, c.evidences, c.count, c.level = c.confidence[:n], c.evidences[:n], c.count[:n], c.level[:n]
}

// assetEventColumns is rows of sga.asset_events, column by column.
type assetEventColumns struct {
	part                           []int32
	serial                         []string
	version, sequence              []int64
	movement                       []pgtype.UUID
	at                             []time.Time
	on                             []pgtype.Date
	fromStatus, fromCondition      []*string
	toStatus, toCondition, reason  []string
	fromLocation, fromProject      []pgtype.Int4
	toLocation, toProject          []int32
	fromReservation, toReservation []pgtype.UUID
	active                         []bool
	actor                          []pgtype.UUID
	touched                        []stock.AssetKey
	created                        []bool
}

type assetEventFacts struct {
	sequence int64
	movement uuid.UUID
	at       time.Time
	on       stock.Date
	by       actorStamp
	reason   string
}

func (c *assetEventColumns) add(a *stock.AssetEvent, f assetEventFacts) {
	c.part, c.serial = append(c.part, int32(a.Key.Part)), append(c.serial, a.Key.Serial)
	c.version, c.sequence = append(c.version, a.After.Version), append(c.sequence, f.sequence)
	c.movement, c.at, c.on = append(c.movement, optionalID(f.movement)), append(c.at, f.at), append(c.on, optionalDate(f.on))
	var status, condition *string
	var location, project pgtype.Int4
	var reservation uuid.UUID
	if b := a.Before; b != nil {
		st, co := string(b.Status), string(b.Condition)
		status, condition, reservation = &st, &co, b.Reserved
		location = pgtype.Int4{Int32: int32(b.Location), Valid: true}
		project = pgtype.Int4{Int32: int32(b.Project), Valid: true}
	}
	c.fromStatus, c.fromCondition = append(c.fromStatus, status), append(c.fromCondition, condition)
	c.fromLocation, c.fromProject = append(c.fromLocation, location), append(c.fromProject, project)
	c.toStatus, c.toCondition = append(c.toStatus, string(a.After.Status)), append(c.toCondition, string(a.After.Condition))
	c.toLocation, c.toProject = append(c.toLocation, int32(a.After.Location)), append(c.toProject, int32(a.After.Project))
	c.fromReservation, c.toReservation = append(c.fromReservation, optionalID(reservation)), append(c.toReservation, optionalID(a.After.Reserved))
	c.active, c.actor, c.reason = append(c.active, a.After.Active), append(c.actor, optionalID(f.by.id)), append(c.reason, f.reason)
	c.touched, c.created = append(c.touched, a.Key), append(c.created, a.Before == nil)
}

func (c *assetEventColumns) cut(n int) {
	if n == len(c.sequence) {
		return
	}
	c.part, c.serial, c.version, c.sequence, c.movement = c.part[:n], c.serial[:n], c.version[:n], c.sequence[:n], c.movement[:n]
	c.at, c.on, c.fromStatus, c.fromCondition = c.at[:n], c.on[:n], c.fromStatus[:n], c.fromCondition[:n]
	c.toStatus, c.toCondition, c.reason = c.toStatus[:n], c.toCondition[:n], c.reason[:n]
	c.fromLocation, c.fromProject, c.toLocation, c.toProject = c.fromLocation[:n], c.fromProject[:n], c.toLocation[:n], c.toProject[:n]
	c.fromReservation, c.toReservation = c.fromReservation[:n], c.toReservation[:n]
	c.active, c.actor, c.touched, c.created = c.active[:n], c.actor[:n], c.touched[:n], c.created[:n]
}
