package postgres

import (
	"context"
	"time"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// Levels are part of the catalogue: whoever changes one takes the catalogue's next version, so that no writer acts on
// an old level, and two changes wait for each other.
const (
	sqlCatalogLevels = `SELECT client_id, operation, movement_type, value_band, project_code, level::text FROM sga.autonomy_levels`

	sqlAgentWork = `SELECT movement_id, client_id, operation, movement_type, value_band, project_code FROM sga.agent_movements WHERE movement_id = ANY($1)`

	sqlInsertAgentWork = `INSERT INTO sga.agent_movements (movement_id, client_id, operation, movement_type, value_band, project_code)
		VALUES ($1, $2, $3, $4, $5, $6)`

	sqlInsertOutcome = `INSERT INTO sga.autonomy_outcomes (outcome_id, client_id, operation, movement_type, value_band, project_code, outcome,
		task_id, movement_id, decided_by, decided_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`

	// Of a level for all movement types or all projects the evidence is that of all (approval.Work).
	sqlEvidence = `SELECT count(*) FILTER (WHERE outcome = 'agreed' AND decided_at > $6), count(*) FILTER (WHERE outcome = 'disagreed' AND decided_at > $6),
		count(*) FILTER (WHERE outcome = 'bad' AND decided_at > $6), max(decided_at) FILTER (WHERE outcome = 'bad')
		FROM sga.autonomy_outcomes WHERE client_id = $1 AND operation = $2 AND ($3::text = '' OR movement_type = $3) AND value_band = $4
		AND ($5::text = '' OR project_code = $5)`

	sqlLockLevel = `SELECT level::text FROM sga.autonomy_levels
		WHERE client_id = $1 AND operation = $2 AND movement_type = $3 AND value_band = $4 AND project_code = $5 FOR UPDATE`

	sqlSetLevel = `INSERT INTO sga.autonomy_levels (client_id, operation, movement_type, value_band, project_code, level, changed_at)
		VALUES ($1, $2, $3, $4, $5, $6::text::sga.autonomy_level, $7)
		ON CONFLICT (client_id, operation, movement_type, value_band, project_code) DO UPDATE SET level = excluded.level, changed_at = excluded.changed_at`

	sqlInsertAutonomyHistory = `INSERT INTO sga.autonomy_history (history_id, client_id, operation, movement_type, value_band, project_code, from_level,
		to_level, cause, reason, changed_by, changed_at, evidence)
		VALUES ($1, $2, $3, $4, $5, $6, nullif($7::text, '')::sga.autonomy_level, $8::text::sga.autonomy_level, $9, $10, $11, $12, $13::text::jsonb)`

	// One level down from the one that holds, whichever row says it; nothing where it is the lowest. See approval.Level.Below
	// and approval.Work.LevelIn; the type sga.autonomy_level is in order.
	sqlLowerLevel = `WITH was AS (SELECT level FROM sga.autonomy_levels
			WHERE client_id = $1 AND operation = $2 AND movement_type = $3 AND value_band = $4 AND project_code = $5),
		held AS (SELECT min(level) AS level FROM sga.autonomy_levels
			WHERE client_id = $1 AND operation = $2 AND movement_type IN ('', $3) AND value_band = $4 AND project_code IN ('', $5)),
		lowered AS (INSERT INTO sga.autonomy_levels (client_id, operation, movement_type, value_band, project_code, level, changed_at)
			SELECT $1, $2, $3, $4, $5, CASE WHEN coalesce(held.level, 'C') = 'C' THEN 'B'::sga.autonomy_level ELSE 'A' END, $6 FROM held
			ON CONFLICT (client_id, operation, movement_type, value_band, project_code)
			DO UPDATE SET level = excluded.level, changed_at = excluded.changed_at
			RETURNING level)
		INSERT INTO sga.autonomy_history (history_id, client_id, operation, movement_type, value_band, project_code, from_level, to_level, cause,
			reason, changed_by, changed_at, evidence)
		SELECT $7, $1, $2, $3, $4, $5, (SELECT level FROM was), lowered.level, 'bad_outcome', $8, $9, $6, $10::text::jsonb FROM lowered
		WHERE (SELECT level FROM was) IS DISTINCT FROM lowered.level`
)

// workEffects is what a group learns about agents.
type workEffects struct {
	made     []agentMove
	outcomes []outcomeRow
	lowered  []outcomeRow // those of the outcomes that were bad, one a kind of work
}

type workMark struct{ made, outcomes, lowered int }

func (e *workEffects) mark() workMark {
	return workMark{len(e.made), len(e.outcomes), len(e.lowered)}
}

func (e *workEffects) cut(m workMark) {
	e.made, e.outcomes, e.lowered = e.made[:m.made], e.outcomes[:m.outcomes], e.lowered[:m.lowered]
}

type agentMove struct {
	movement uuid.UUID
	work     approval.Work
}

type outcomeRow struct {
	id       uuid.UUID
	work     approval.Work
	result   approval.Result
	task     uuid.UUID
	movement uuid.UUID
	by       uuid.UUID
}

// loadLevels reads all levels: there is one for each kind of work that somebody looked at.
func (c *catalog) loadLevels(ctx context.Context, tx pgx.Tx, _ int64) error {
	rows, err := tx.Query(ctx, sqlCatalogLevels)
	if err != nil {
		return err
	}
	c.levels = map[approval.Work]approval.Level{}
	var w approval.Work
	var l approval.Level
	_, err = pgx.ForEachRow(rows, []any{&w.Client, &w.Operation, &w.MovementType, &w.Band, &w.Project, &l}, func() error {
		c.levels[w] = l
		return nil
	})
	return err
}

// judge asks the policy about a step and, for an agent, applies its level.
func (s *session) judge(pl *plan, d *decided, step *approval.Step, f approval.Facts) approval.Rule {
	rule := s.catalog.policy.Judge(f)
	if f.ActorKind != identity.Agent {
		return rule
	}
	if step.StateChange != nil {
		f.MovementType = "" // none moves; the facts only borrow the rule of one
	}
	w := workOf(f)
	d.work = append(d.work, w)
	if pl.stored {
		rule.Level = approval.LevelA // a person decides: what an agent proposes is a suggestion
		return rule
	}
	rule.Level = w.LevelIn(s.catalog.levels)
	return rule.Under(rule.Level, f.MovementType)
}

// workOf names the kind of work. One movement and a batch of movements are the same kind.
func workOf(f approval.Facts) approval.Work {
	w := approval.Work{Client: f.Client, Operation: f.Operation, MovementType: f.MovementType, Band: approval.BandOf(f.Value)}
	if w.Operation == "sga_create_movements" {
		w.Operation = "sga_create_movement"
	}
	if len(f.Projects) > 0 {
		w.Project = f.Projects[0]
	}
	return w
}

// kinds lists the kinds of work of a request, each once.
func (d *decided) kinds() []approval.Work {
	var out []approval.Work
	seen := map[approval.Work]bool{}
	for _, w := range d.work {
		if !seen[w] {
			seen[w] = true
			out = append(out, w)
		}
	}
	return out
}

// readAgentWork finds which of the movements that are to be taken back were an agent's.
func (s *session) readAgentWork(b *pgx.Batch, movements []uuid.UUID) {
	if len(movements) == 0 {
		return
	}
	s.agentWork = map[uuid.UUID]approval.Work{}
	b.Queue(sqlAgentWork, movements).Query(func(rows pgx.Rows) error {
		var id uuid.UUID
		var w approval.Work
		_, err := pgx.ForEachRow(rows, []any{&id, &w.Client, &w.Operation, &w.MovementType, &w.Band, &w.Project}, func() error {
			s.agentWork[id] = w
			return nil
		})
		return err
	})
}

// keepWork remembers that a movement was an agent's, and counts the taking back of one against its agent.
func (s *session) keepWork(p *pending, d *decided, i int, step *approval.Step) {
	m := p.outcome.Posted[i].Movement
	if i < len(d.work) {
		s.effects.task.work.made = append(s.effects.task.work.made, agentMove{m.ID, d.work[i]})
	}
	if step.Reversal == nil {
		return
	}
	if w, ok := s.agentWork[step.Reversal.Original]; ok {
		s.bad(p, outcomeRow{work: w, movement: step.Reversal.Original})
	}
}

// judgeWork counts how a person decided on an agent's work. To reject what was already done is a bad outcome.
func (s *session) judgeWork(p *pending) {
	t := p.task
	if t.ProposedAs.Kind != string(identity.Agent) {
		return
	}
	done := len(t.Steps) == 0 // a review: the work was done before it was asked for
	for _, w := range t.ProposedAs.Work {
		o := outcomeRow{work: w, result: approval.Agreed, task: t.ID}
		if t.Status == approval.Rejected {
			o.result = approval.Disagreed
			if done {
				o.movement = t.Reference
				s.bad(p, o)
				continue
			}
		}
		s.outcome(p, o)
	}
}

func (s *session) outcome(p *pending, o outcomeRow) {
	o.id, o.by = s.desk.db.newID(), p.actor().PersonID
	s.effects.task.work.outcomes = append(s.effects.task.work.outcomes, o)
}

// bad counts a bad outcome and lowers the level at once, with its event and its audit row.
func (s *session) bad(p *pending, o outcomeRow) {
	o.result = approval.Bad
	s.outcome(p, o)
	e := &s.effects.task.work
	o = e.outcomes[len(e.outcomes)-1]
	o.id = s.desk.db.newID()
	e.lowered = append(e.lowered, o)
	s.effects.catalogChanged = true
	seq := s.nextSequence()
	s.effects.outbox.add(seq, "autonomy_changed", o.id, s.state.Now, levelPayload(o.work, "bad_outcome"))
	s.effects.auditOf(p, s.state.Now, auditFacts{result: "autonomy_lowered", sequence: seq, entity: o.id})
}

// levelPayload is what followers of the log see of a change of level.
func levelPayload(w approval.Work, cause string) []byte {
	projects := []string{}
	if w.Project != "" {
		projects = append(projects, w.Project)
	}
	return []byte(marshal(map[string]any{"client_id": w.Client, "operation": w.Operation, "movement_type": w.MovementType, "value_band": w.Band,
		"cause": cause, "projects": projects, "locations": []string{}}))
}

func (s *session) writeWork(b *pgx.Batch) {
	e := &s.effects.task.work
	for _, m := range e.made {
		b.Queue(sqlInsertAgentWork, append([]any{m.movement}, workArgs(m.work)...)...)
	}
	for _, o := range e.outcomes {
		b.Queue(sqlInsertOutcome, append(append([]any{o.id}, workArgs(o.work)...), string(o.result), optionalID(o.task), optionalID(o.movement), o.by, s.state.Now)...)
	}
	if len(e.lowered) == 0 {
		return
	}
	b.Queue(sqlNextCatalogVersion) // first: whoever else changes a level waits here
	for _, o := range e.lowered {
		b.Queue(sqlLowerLevel, append(workArgs(o.work), s.state.Now, o.id, badReason(o), o.by, marshal(map[string]any{"task_id": optionalText(o.task),
			"movement_id": optionalText(o.movement)}))...)
	}
}

func badReason(o outcomeRow) string {
	if o.task != uuid.Nil {
		return "Revisão rejeitada."
	}
	return "Movimento estornado."
}

func workArgs(w approval.Work) []any {
	return []any{w.Client, w.Operation, string(w.MovementType), string(w.Band), w.Project}
}

// setLevel sets a level by an admin's word. Raising it needs the evidence.
func (s *session) setLevel(ctx context.Context, p *pending, e *approval.AutonomyEdit) (uuid.UUID, error) {
	args := workArgs(e.Work)
	from := approval.LevelNone
	if err := s.conn.QueryRow(ctx, sqlLockLevel, args...).Scan(&from); err != nil && !isNoRows(err) {
		return uuid.Nil, err
	}
	if from == e.Level {
		return uuid.Nil, fault.Conflict.With("O nível já é %s.", "The level already is %s.", e.Level).On("level").Final()
	}
	evidence, err := readEvidence(s.conn.QueryRow(ctx, sqlEvidence, append(args, s.state.Now.Add(-approval.EvidenceWindow))...))
	if err != nil {
		return uuid.Nil, err
	}
	if gap := approval.GapTo(from, e.Level, evidence, s.state.Now); !gap.None() {
		return uuid.Nil, gapFault(from, e.Level, evidence, gap)
	}
	id := s.desk.db.newID()
	b := &pgx.Batch{}
	b.Queue(sqlSetLevel, append(args, string(e.Level), s.state.Now)...)
	b.Queue(sqlInsertAutonomyHistory, append(append([]any{id}, args...), string(from), string(e.Level), "set", e.Reason, p.actor().PersonID,
		s.state.Now, marshal(evidence))...)
	return id, s.conn.SendBatch(ctx, b).Close()
}

// gapFault says what is missing for a level.
func gapFault(from, to approval.Level, e approval.Evidence, g approval.Gap) error {
	err := fault.Conflict.With("O nível %s ainda não foi conquistado: veja em sga_list_autonomy o que falta.",
		"Level %s has not been earned yet: see in sga_list_autonomy what is missing.", to).On("level").Final().
		Detail("from", string(from)).Detail("decisions", e.Decisions()).Detail("decisions_missing", g.Decisions)
	if g.Skipped {
		err = err.Detail("next_level", string(from.Above()))
	}
	if g.Quiet > 0 {
		err = err.Detail("quiet_days_missing", int(g.Quiet.Round(24*time.Hour).Hours()/24))
	}
	return err
}

func readEvidence(row pgx.Row) (e approval.Evidence, err error) {
	var last pgtype.Timestamptz
	err = row.Scan(&e.Agreed, &e.Disagreed, &e.Bad, &last)
	e.LastBad = last.Time
	return e, err
}

// actor is who asked, for a request or a decision.
func (p *pending) actor() *identity.Actor {
	if p.decision != nil {
		return p.decision.Actor
	}
	return p.request.Actor
}
