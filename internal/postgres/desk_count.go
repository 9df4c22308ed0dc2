package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

const (
	sqlInsertCount = `INSERT INTO sga.counts (count_id, count_name, count_type, status, location_key, project_key, is_blind, opened_by, opened_at)
		VALUES ($1, $2, $3, 'OPEN', $4, $5, $6, $7, $8)`

	sqlLockCount = `SELECT status, location_key, project_key FROM sga.counts WHERE count_id = $1 FOR UPDATE`

	sqlInsertResult = `INSERT INTO sga.count_results (result_id, count_id, part_number_key, project_key, condition, counted_quantity, serial_keys, round,
		counted_by, counted_at, notes)
		SELECT $1, $2, $3, $4, $5::text::sga.condition, $6::text::numeric, $7,
		coalesce((SELECT max(round) FROM sga.count_results WHERE count_id = $2 AND part_number_key = $3 AND project_key = $4
			AND condition = $5::text::sga.condition), 0) + 1, $8, $9, $10
		ON CONFLICT (result_id) DO NOTHING`

	sqlEndCount = `UPDATE sga.counts SET status = $2, closed_by = $3, closed_at = $4 WHERE count_id = $1`

	// The last round of each thing counted, beside what the ledger has at this moment under lock.
	sqlCompareCount = `WITH counted AS (
			SELECT DISTINCT ON (part_number_key, project_key, condition) part_number_key, project_key, condition, counted_quantity, serial_keys
			FROM sga.count_results WHERE count_id = $1 ORDER BY part_number_key, project_key, condition, round DESC),
		expected AS (
			SELECT part_number_key, project_key, condition, quantity_total FROM sga.balances
			WHERE location_key = $2 AND ($3::int IS NULL OR project_key = $3) AND quantity_total > 0)
		SELECT coalesce(c.part_number_key, e.part_number_key), coalesce(c.project_key, e.project_key), coalesce(c.condition, e.condition)::text,
			coalesce(e.quantity_total, 0), coalesce(c.counted_quantity, 0), coalesce(c.serial_keys, '{}'), c.part_number_key IS NOT NULL,
			coalesce((SELECT array_agg(a.serial_key ORDER BY a.serial_key) FROM sga.assets a
				WHERE a.part_number_key = coalesce(c.part_number_key, e.part_number_key) AND a.location_key = $2
				AND a.project_key = coalesce(c.project_key, e.project_key) AND a.condition = coalesce(c.condition, e.condition)), '{}')
		FROM counted c FULL JOIN expected e USING (part_number_key, project_key, condition) ORDER BY 1, 2, 3`

	sqlInsertDivergence = `INSERT INTO sga.divergences (divergence_id, divergence_type, part_number_key, location_key, project_key, condition,
		expected_quantity, actual_quantity, serials_missing, serials_unexpected, count_id, task_id, created_by, created_at)
		VALUES ($1, 'COUNT', $2, $3, $4, $5::text::sga.condition, $6::text::numeric, $7::text::numeric, $8, $9, $10, $11, $12, $13)`

	sqlTouchCounted = `UPDATE sga.balances SET last_count_at = $3 WHERE location_key = $1 AND ($2::int IS NULL OR project_key = $2)`
)

func (s *session) openCount(ctx context.Context, p *pending, c *approval.CountOpen) (uuid.UUID, error) {
	at, err := stock.FindLocation(s.catalog, c.Location, "location_id")
	if err != nil {
		return uuid.Nil, err
	}
	var project pgtype.Int4
	if c.Project != "" {
		owner, err := stock.FindProject(s.catalog, c.Project, "project_id")
		if err != nil {
			return uuid.Nil, err
		}
		project = pgtype.Int4{Int32: int32(owner.Key), Valid: true}
	}
	if _, err := s.conn.Exec(ctx, sqlInsertCount, c.ID, c.Name, c.Type, at.Key, project, c.Blind, p.request.Actor.PersonID, s.state.Now); err != nil {
		return uuid.Nil, err
	}
	return c.ID, s.tellCount(ctx, "count_opened", c.ID, lockedCount{at.Key, project})
}

// lockedCount is an open count under lock.
type lockedCount struct {
	location stock.LocationKey
	project  pgtype.Int4
}

func (s *session) lockCount(ctx context.Context, id uuid.UUID) (lockedCount, error) {
	var c lockedCount
	var status string
	err := s.conn.QueryRow(ctx, sqlLockCount, id).Scan(&status, &c.location, &c.project)
	if isNoRows(err) {
		return c, fault.NotFound.With("Contagem não encontrada.", "Count not found.").On("count_id")
	}
	if err == nil && status != "OPEN" {
		err = fault.Conflict.With("A contagem já foi encerrada.", "The count has already ended.").On("count_id").Final()
	}
	return c, err
}

func (s *session) submitCount(ctx context.Context, p *pending, c *approval.CountSubmit) (uuid.UUID, error) {
	count, err := s.lockCount(ctx, c.CountID)
	if err != nil {
		return uuid.Nil, err
	}
	b := &pgx.Batch{}
	for i, r := range c.Results {
		part, owner, keys, err := s.resolveResult(r)
		if err != nil {
			return uuid.Nil, fault.Of(err).On(fmt.Sprintf("results[%d].%s", i, fault.Of(err).Field))
		}
		if count.project.Valid && stock.ProjectKey(count.project.Int32) != owner.Key {
			return uuid.Nil, fault.InvalidArgument.With("A contagem é de outro projeto.", "The count is of another project.").On(fmt.Sprintf("results[%d].project_id", i))
		}
		b.Queue(sqlInsertResult, r.ID, c.CountID, part.Key, owner.Key, string(r.Condition), r.Quantity.String(), keys, p.request.Actor.PersonID, s.state.Now, r.Notes)
	}
	if err := s.conn.SendBatch(ctx, b).Close(); err != nil {
		return uuid.Nil, err
	}
	return c.CountID, s.tellCount(ctx, "count_submitted", c.CountID, count)
}

func (s *session) resolveResult(r approval.CountResult) (*stock.Part, *stock.Project, []string, error) {
	part, err := stock.FindPart(s.catalog, r.PartNumber, "part_number")
	if err != nil {
		return nil, nil, nil, err
	}
	owner, err := stock.FindProject(s.catalog, r.Project, "project_id")
	if err != nil {
		return nil, nil, nil, err
	}
	keys, err := stock.CleanSerials(part, r.Serials)
	if err != nil {
		return nil, nil, nil, err
	}
	if scale := r.Quantity.Trim(0).Scale(); scale > stock.MaxScale || scale > 0 && !part.Fractional {
		return nil, nil, nil, fault.InvalidArgument.With("A quantidade tem casas decimais demais para %s.", "The quantity has too many decimals for %s.", part.Number).
			On("counted_quantity")
	}
	if !part.Serialized && len(keys) > 0 {
		return nil, nil, nil, fault.InvalidArgument.With("%s não tem controle por número de série.", "%s is not controlled by serial number.", part.Number).
			On("serial_numbers")
	}
	if part.Serialized && r.Quantity.Cmp(stock.Whole(int64(len(keys)))) != 0 {
		return nil, nil, nil, fault.InvalidArgument.With("Informe um número de série por unidade contada.", "Give one serial number a unit counted.").On("serial_numbers")
	}
	serials := make([]string, len(keys))
	for i, k := range keys {
		serials[i] = k.Serial
	}
	return part, owner, serials, nil
}

// compared is one thing counted beside what the ledger has.
type compared struct {
	part               *stock.Part
	owner              *stock.Project
	condition          stock.Condition
	expected, actual   stock.Quantity
	missing, surprises []string // serials
	proposed           bool
}

// closeCount opens a divergence for every difference and proposes the adjustments as one task, which
// waits like every adjustment. Only what was counted is compared, in every type of count: what nobody
// looked at is no divergence.
func (s *session) closeCount(ctx context.Context, p *pending, c *approval.CountClose) (uuid.UUID, error) {
	count, err := s.lockCount(ctx, c.CountID)
	if err != nil {
		return uuid.Nil, err
	}
	actor := p.request.Actor
	status, kind := "CLOSED", "count_closed"
	if c.Cancel {
		status, kind = "CANCELLED", "count_cancelled"
	}
	if _, err := s.conn.Exec(ctx, sqlEndCount, c.CountID, status, actor.PersonID, s.state.Now); err != nil {
		return uuid.Nil, err
	}
	if err := s.tellCount(ctx, kind, c.CountID, count); err != nil || c.Cancel {
		return c.CountID, err
	}
	differences, err := s.compareCount(ctx, c.CountID, count)
	if err != nil {
		return uuid.Nil, err
	}
	at, _ := s.catalog.LocationByKey(count.location)
	task, err := s.proposeAdjustments(ctx, p, c.CountID, at, differences)
	if err != nil {
		return uuid.Nil, err
	}
	b := &pgx.Batch{}
	b.Queue(sqlTouchCounted, count.location, count.project, s.state.Now)
	if task != nil {
		queueTask(b, task)
		p.outcome.Task = task
	}
	for _, d := range differences {
		var taskID uuid.UUID
		if d.proposed {
			taskID = task.ID
		}
		id := s.desk.db.newID()
		b.Queue(sqlInsertDivergence, id, d.part.Key, count.location, d.owner.Key, string(d.condition), d.expected.String(), d.actual.String(),
			nonNil(d.missing), nonNil(d.surprises), c.CountID, optionalID(taskID), actor.PersonID, s.state.Now)
		queueEvent(b, "divergence_created", id, s.newsOf(d.owner.Key, count.location).with("divergence_id", id).with("divergence_type", "COUNT").
			with("divergence_status", "OPEN").with("part_number", d.part.Number))
	}
	return c.CountID, s.conn.SendBatch(ctx, b).Close()
}

func (s *session) compareCount(ctx context.Context, id uuid.UUID, count lockedCount) ([]compared, error) {
	rows, err := s.conn.Query(ctx, sqlCompareCount, id, count.location, count.project)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []compared
	for rows.Next() {
		var partKey stock.PartKey
		var projectKey stock.ProjectKey
		var d compared
		var counted bool
		var found, have []string
		if err := rows.Scan(&partKey, &projectKey, &d.condition, &d.expected, &d.actual, &found, &counted, &have); err != nil {
			return nil, err
		}
		d.part, d.owner = s.catalog.partByKey[partKey], s.catalog.projectByKey[projectKey]
		d.expected, d.actual = d.expected.Trim(0), d.actual.Trim(0)
		if !counted {
			continue // the earlier system counted it as a divergence
		}
		if d.part.Serialized {
			d.missing, d.surprises = without(have, found), without(found, have)
		}
		if d.expected.Cmp(d.actual) != 0 || d.missing != nil || d.surprises != nil {
			out = append(out, d)
		}
	}
	return out, rows.Err()
}

// without lists what is in a and not in b.
func without(a, b []string) []string {
	in := make(map[string]bool, len(b))
	for _, s := range b {
		in[s] = true
	}
	var out []string
	for _, s := range a {
		if !in[s] {
			out = append(out, s)
		}
	}
	return out
}

// adjustable reports whether the difference can be proposed as an adjustment. Serials that should not
// be there may be ours from elsewhere: a person has to find out, so they stay an open divergence.
func (d *compared) adjustable() bool { return len(d.surprises) == 0 }

// moves is the adjustment that makes the ledger agree with the count.
func (d *compared) moves(s *session, count uuid.UUID, at *stock.Location) approval.Step {
	m := &stock.MoveRequest{ID: s.desk.db.newID(), PartNumber: d.part.Number, Project: d.owner.Code, Condition: d.condition, MovementOn: s.state.Today,
		Papers: stock.Papers{Reason: "Contagem de " + at.Code, ReasonCode: stock.ReasonCount, CountID: count}}
	diff, err := d.actual.Sub(d.expected)
	if err != nil {
		return approval.Step{}
	}
	m.Quantity = diff.Abs().Trim(0)
	if diff.IsPos() {
		m.Type, m.Destination = stock.AjustePositivo, at.Code
	} else {
		m.Type, m.Source, m.Serials = stock.AjusteNegativo, at.Code, d.missing
	}
	return approval.Step{Move: m}
}

// proposeAdjustments makes one task of all that can be adjusted; nil when nothing can. The rows are
// locked like those of any command, so that what is shown is what approving will find.
func (s *session) proposeAdjustments(ctx context.Context, p *pending, count uuid.UUID, at *stock.Location, all []compared) (*approval.Task, error) {
	var steps []approval.Step
	for i := range all {
		if !all[i].adjustable() || len(steps) == maxSteps {
			continue
		}
		step := all[i].moves(s, count, at)
		ok, err := s.wouldPass(ctx, p, step)
		if err != nil {
			return nil, err
		}
		if ok {
			steps = append(steps, step)
			all[i].proposed = true
		}
	}
	if len(steps) == 0 {
		return nil, nil
	}
	r := &approval.Request{Actor: p.request.Actor, Operation: p.request.Operation, Steps: steps}
	pl, err := planSteps(s.catalog, steps, r.Operation, r.Actor)
	if err != nil {
		return nil, err
	}
	mark := s.state.Mark()
	d, err := s.try(pl, steps)
	s.state.Rollback(mark)
	if err != nil {
		return nil, err
	}
	t := s.newTask(r, d)
	s.effects.outbox.add(s.nextSequence(), "task_created", t.ID, s.state.Now, taskPayload(t))
	return t, nil
}

// wouldPass locks what one adjustment needs and tries it. One that the ledger refuses, since what is
// missing is promised to somebody, stays an open divergence for a person.
func (s *session) wouldPass(ctx context.Context, p *pending, step approval.Step) (bool, error) {
	pl, err := planSteps(s.catalog, []approval.Step{step}, p.request.Operation, p.request.Actor)
	if err != nil {
		return false, nil //nolint:nilerr // a step that cannot be planned is a divergence without a proposal
	}
	b := &pgx.Batch{}
	s.lockBalances(b, pl.needs.Keys)
	s.lockAssets(b, pl.needs)
	if err := s.conn.SendBatch(ctx, b).Close(); err != nil {
		return false, err
	}
	mark := s.state.Mark()
	_, err = s.try(pl, []approval.Step{step})
	s.state.Rollback(mark)
	return err == nil && len(s.needed) == 0, nil
}

func isNoRows(err error) bool { return errors.Is(err, pgx.ErrNoRows) }
