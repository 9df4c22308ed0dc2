package postgres

import (
	"context"
	"fmt"

	"github.com/faiston/nexo/internal/approval"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

const (
	// Kinds of work that have a level or an outcome, in the order of their names. A project's rows are seen by whoever sees the project.
	// The level that holds and the evidence for all movement types or all projects are as in approval.Work.
	sqlStandings = `WITH work AS (
			SELECT client_id, operation, movement_type, value_band, project_code FROM sga.autonomy_levels
			UNION SELECT client_id, operation, movement_type, value_band, project_code FROM sga.autonomy_outcomes),
		page AS (SELECT * FROM work w WHERE ($1::text = '' OR w.client_id = $1) AND ($2::text[] IS NULL OR w.project_code = ANY($2))
			AND ($3::text[] IS NULL OR ARRAY[w.client_id, w.operation, w.movement_type, w.value_band, w.project_code] > $3)
			ORDER BY ARRAY[w.client_id, w.operation, w.movement_type, w.value_band, w.project_code] LIMIT $4)
		SELECT p.client_id, p.operation, p.movement_type, p.value_band, p.project_code, coalesce(l.level::text, ''),
			coalesce((SELECT min(h.level)::text FROM sga.autonomy_levels h WHERE h.client_id = p.client_id AND h.operation = p.operation
				AND h.movement_type IN ('', p.movement_type) AND h.value_band = p.value_band AND h.project_code IN ('', p.project_code)), ''),
			e.agreed, e.disagreed, e.bad, e.last_bad
		FROM page p
		LEFT JOIN sga.autonomy_levels l USING (client_id, operation, movement_type, value_band, project_code)
		CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE o.outcome = 'agreed' AND o.decided_at > clock_timestamp() - $5::interval) AS agreed,
				count(*) FILTER (WHERE o.outcome = 'disagreed' AND o.decided_at > clock_timestamp() - $5::interval) AS disagreed,
				count(*) FILTER (WHERE o.outcome = 'bad' AND o.decided_at > clock_timestamp() - $5::interval) AS bad,
				max(o.decided_at) FILTER (WHERE o.outcome = 'bad') AS last_bad
			FROM sga.autonomy_outcomes o WHERE o.client_id = p.client_id AND o.operation = p.operation AND o.value_band = p.value_band
				AND (p.movement_type = '' OR o.movement_type = p.movement_type) AND (p.project_code = '' OR o.project_code = p.project_code)) e
		ORDER BY ARRAY[p.client_id, p.operation, p.movement_type, p.value_band, p.project_code]`

	sqlLevelChanges = `SELECT coalesce(from_level::text, ''), to_level::text, cause, reason, changed_by, changed_at FROM sga.autonomy_history
		WHERE client_id = $1 AND operation = $2 AND movement_type = $3 AND value_band = $4 AND project_code = $5
		ORDER BY changed_at DESC, history_id DESC LIMIT 10`

	sqlIsAgent = `SELECT EXISTS (SELECT 1 FROM sga.clients WHERE client_id = $1 AND kind = 'agent')`
)

// IsAgent reports whether a client is a registered agent.
func (db *DB) IsAgent(ctx context.Context, client string) (ok bool, err error) {
	err = db.reader.QueryRow(ctx, sqlIsAgent, client).Scan(&ok)
	return ok, translate(err)
}

// Autonomy lists kinds of work that have a level or an outcome, by agent, with the cursor of the next page.
func (db *DB) Autonomy(ctx context.Context, f approval.AutonomyFilter) (list []approval.Standing, next string, err error) {
	same := f
	same.Cursor, same.Limit = "", 0
	after, err := decodeCursor("autonomy", same, f.Cursor, 5)
	if err != nil {
		return nil, "", err
	}
	projects := f.Projects
	if f.AllProjects {
		projects = nil
	}
	rows, err := db.reader.Query(ctx, sqlStandings, f.Client, projects, []string(after), f.Limit+1, approval.EvidenceWindow)
	if err != nil {
		return nil, "", translate(fmt.Errorf("autonomy: %w", err))
	}
	list, err = pgx.CollectRows(rows, readStanding)
	if err != nil {
		return nil, "", translate(fmt.Errorf("autonomy: %w", err))
	}
	if len(list) > f.Limit {
		list = list[:f.Limit]
		w := list[len(list)-1].Work
		if next, err = encodeCursor("autonomy", same, w.Client, w.Operation, string(w.MovementType), string(w.Band), w.Project); err != nil {
			return nil, "", err
		}
	}
	return list, next, db.levelChanges(ctx, list)
}

func readStanding(row pgx.CollectableRow) (s approval.Standing, err error) {
	var last pgtype.Timestamptz
	err = row.Scan(&s.Client, &s.Operation, &s.MovementType, &s.Band, &s.Project, &s.Level, &s.Held, &s.Evidence.Agreed, &s.Evidence.Disagreed, &s.Evidence.Bad, &last)
	s.Evidence.LastBad = last.Time
	return s, err
}

func (db *DB) levelChanges(ctx context.Context, list []approval.Standing) error {
	if len(list) == 0 {
		return nil
	}
	b := &pgx.Batch{}
	for i := range list {
		b.Queue(sqlLevelChanges, workArgs(list[i].Work)...).Query(func(rows pgx.Rows) (err error) {
			list[i].History, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (c approval.LevelChange, err error) {
				err = row.Scan(&c.From, &c.To, &c.Cause, &c.Reason, &c.By, &c.At)
				return c, err
			})
			return err
		})
	}
	return translate(db.reader.SendBatch(ctx, b).Close())
}
