package postgres

import (
	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
	"github.com/govalues/decimal"
	"github.com/jackc/pgx/v5"
)

// Profiles are read in the transaction of the decision: somebody who was an approver when the page was opened, or when
// he voted, may be none any more.
const sqlDeciders = `SELECT p.person_id, p.is_active, p.is_approver, p.approval_limit, p.approval_all_projects, p.approval_project_codes,
		p.all_projects, p.project_codes, p.all_locations, p.location_codes
		FROM (SELECT unnest($1::uuid[]) AS person_id
			UNION SELECT v.person_id FROM sga.task_votes v WHERE v.task_id = $2 AND v.voided_at IS NULL) w
		JOIN sga.people p ON p.person_id = w.person_id`

// readDeciders reads who decides, who has voted, and who is barred. It comes after the lock of the task, so that it
// sees the votes of whoever held the lock before.
func (s *session) readDeciders(b *pgx.Batch, p *pending) {
	t := p.task
	s.deciders = map[uuid.UUID]*identity.Actor{}
	ids := []uuid.UUID{p.decision.Actor.PersonID}
	if p.change != nil && p.change.Assignee != uuid.Nil {
		ids = append(ids, p.change.Assignee)
	}
	b.Queue(sqlDeciders, ids, t.ID).Query(func(rows pgx.Rows) error {
		_, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (uuid.UUID, error) { return s.readDecider(row) })
		return err
	})
	b.Queue(sqlTaskVotes, t.ID).Query(func(rows pgx.Rows) (err error) {
		t.Votes, err = pgx.CollectRows(rows, readVote)
		return err
	})
	b.Queue(sqlTaskBarred, countsOf(t), t.ProposedAs.OnBehalf).Query(func(rows pgx.Rows) (err error) {
		t.Barred, err = pgx.CollectRows(rows, readBarred)
		return err
	})
	if p.change != nil && p.change.Kind == approval.ChangeComment {
		b.Queue(sqlCountComments, t.ID).QueryRow(func(row pgx.Row) error { return row.Scan(&s.commented) })
	}
}

// readDecider makes of a profile the person that it lets decide.
func (s *session) readDecider(row pgx.CollectableRow) (uuid.UUID, error) {
	a := &identity.Actor{Kind: identity.Person, Scopes: []string{identity.ScopeApprove}}
	var active bool
	var limit decimal.NullDecimal
	var approves, projects, places []string
	if err := row.Scan(&a.PersonID, &active, &a.Approver.May, &limit, &a.Approver.Projects.All, &approves,
		&a.Projects.All, &projects, &a.Locations.All, &places); err != nil {
		return uuid.Nil, err
	}
	a.Approver.May = a.Approver.May && active
	a.Approver.Limit, a.Approver.Projects.Codes = optional(limit), codes(approves)
	a.Projects.Codes, a.Locations.Codes = codes(projects), s.catalog.withBelow(places)
	s.deciders[a.PersonID] = a
	return a.PersonID, nil
}

// mayDecide holds the decider to the rules, by the token's profile and by the one in the database now.
func (s *session) mayDecide(t *approval.Task, a *identity.Actor) error {
	s.countVotes(t, a)
	if err := t.MayDecide(a, s.state.Now); err != nil {
		return err
	}
	if now := s.deciders[a.PersonID]; now != nil {
		return t.MayDecide(now, s.state.Now)
	}
	return nil
}

// countVotes counts the approvals for the present effect by persons who still may decide.
func (s *session) countVotes(t *approval.Task, a *identity.Actor) {
	t.Approvals = 0
	for _, v := range t.Votes {
		if !v.VoidedAt.IsZero() || v.Fingerprint != t.Fingerprint || v.Person == a.PersonID {
			continue
		}
		if voter := s.deciders[v.Person]; voter == nil || t.MayDecide(voter, s.state.Now) == nil {
			t.Approvals++
		}
	}
}

func (s *session) seesPlace(a *identity.Actor, code string) bool {
	return code == stock.OutsideCode || code == stock.TransitCode || a.Locations.Has(code)
}

// vote adds the decider's approval. The task goes on as it is until enough have approved.
func (s *session) vote(p *pending) {
	t, d := p.task, p.decision
	t.Approvals++
	if t.Needed <= 1 {
		return // the decision says it all
	}
	v := approval.Vote{ID: s.desk.db.newID(), Person: d.Actor.PersonID, Fingerprint: t.Fingerprint, Comment: d.Comment, At: s.state.Now}
	s.effects.task.votes = append(s.effects.task.votes, voteRow{t.ID, v})
	t.Votes = append(t.Votes, v)
	if t.Approvals >= t.Needed {
		return
	}
	t.Status = approval.InProgress
	s.effects.decided = append(s.effects.decided, t)
	s.announce(p, "task_voted", map[string]any{"approvals": t.Approvals, "approvals_needed": t.Needed, "fingerprint": t.Fingerprint})
}

// renew stores the preview of what a task would do now. Approvals of what it would have done before are void.
func (s *session) renew(p *pending, done *decided, now string) {
	t := p.task
	detail := map[string]any{"from": t.Fingerprint, "to": now, "voided_approvals": t.Approvals}
	t.Fingerprint, t.Effect, t.Rule, t.Needed, t.Approvals = now, effectsOf(s.catalog, done.changes), done.rule.Name, max(t.Needed, done.approvals), 0
	s.effects.decided = append(s.effects.decided, t)
	s.effects.task.renewed = append(s.effects.task.renewed, t)
	s.announce(p, "task_renewed", detail)
	p.refused = worldChanged(t, "preview")
}
