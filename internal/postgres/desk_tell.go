package postgres

import (
	"context"
	"fmt"

	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// sqlTell writes an event of the running transaction. Its sequence is drawn here, since how many of them
// a request makes is only known while it runs; the locks are held by then, as the order of streams demands.
const sqlTell = `INSERT INTO sga.outbox (sequence, kind, entity_id, recorded_at, payload)
	VALUES (nextval('sga.event_sequence'), $1, $2, clock_timestamp(), $3::text::jsonb)`

// news is what followers of the log see of an event: at least the projects and places that it touches.
type news map[string]any

// newsOf names one project and one place; key 0 is none.
func (s *session) newsOf(project stock.ProjectKey, at stock.LocationKey) news {
	projects, locations := []string{}, []string{}
	if p, ok := s.catalog.ProjectByKey(project); ok {
		projects = append(projects, p.Code)
	}
	if l, ok := s.catalog.LocationByKey(at); ok {
		locations = append(locations, l.Code)
	}
	return news{"projects": projects, "locations": locations}
}

func (n news) with(name string, value any) news {
	n[name] = value
	return n
}

// tell writes an event at once.
func (s *session) tell(ctx context.Context, kind string, id uuid.UUID, n news) error {
	s.effects.told = true
	if _, err := s.conn.Exec(ctx, sqlTell, kind, id, marshal(n)); err != nil {
		return fmt.Errorf("tell: %w", err)
	}
	return nil
}

// queueEvent writes an event with a batch; without news only those who may see everything learn of it.
func queueEvent(b *pgx.Batch, kind string, id uuid.UUID, n news) {
	var payload *string
	if n != nil {
		text := marshal(n)
		payload = &text
	}
	b.Queue(sqlTell, kind, id, payload)
}

// tellCount says what became of a count.
func (s *session) tellCount(ctx context.Context, kind string, id uuid.UUID, c lockedCount) error {
	return s.tell(ctx, kind, id, s.newsOf(stock.ProjectKey(c.project.Int32), c.location).with("count_id", id))
}
