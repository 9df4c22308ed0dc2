package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// again says that the transaction saw too little: rows to lock as well, or a newer catalogue.
type again struct {
	keys    []stock.Key
	catalog bool
}

// transact runs one transaction for the group: lock, decide each request in order, write all that was
// decided, commit. Nothing is kept of a transaction that returns an error or again.
func (d *desk) transact(ctx context.Context, group []*pending, extra []lockKey) (*again, error) {
	conn, err := d.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Release()
	s := &session{desk: d, conn: conn.Conn(), group: group, catalog: d.db.catalog.Load()}
	committed := false
	defer func() {
		if !committed {
			s.conn.Exec(context.WithoutCancel(ctx), "ROLLBACK") //nolint:errcheck // a broken connection has rolled back by itself
		}
	}()
	if p := group[0]; p.decision != nil {
		if err := s.openTask(ctx, p); err != nil {
			return nil, err
		}
	}
	if err := s.conn.SendBatch(ctx, s.lock(gather(group, extra))).Close(); err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	if s.outdated() {
		return &again{catalog: true}, nil
	}
	s.decide(ctx)
	if len(s.needed) > 0 {
		return &again{keys: s.needed}, nil
	}
	if err := s.editMasterData(ctx); err != nil {
		var refused *fault.Error
		if errors.As(err, &refused) {
			group[0].outcome, group[0].err = nil, refused // edits go alone: the refusal is this request's, and all is rolled back
			return nil, nil
		}
		return nil, err
	}
	s.answer()
	if s.effects.none() {
		return nil, nil // nothing was written, and the zero rows made for what was refused go too
	}
	if s.short {
		return nil, errors.New("fewer sequence numbers drawn than events made")
	}
	if err := s.conn.SendBatch(ctx, s.write()).Close(); err != nil {
		return nil, s.lostOrFailed(err)
	}
	committed = true
	if p := group[0]; p.refused != nil {
		p.outcome, p.err = nil, p.refused
	}
	s.afterCommit(ctx)
	return nil, nil
}

// outdated reports whether the codes of the group were resolved over an older catalogue than the
// transaction sees.
func (s *session) outdated() bool {
	for _, p := range s.group {
		if p.plan != nil && p.plan.catalog.version != s.version {
			return true
		}
	}
	return s.version != s.catalog.version
}

// lostOrFailed tells a refusal of the server, after which nothing is kept, from a connection that broke
// while COMMIT was on its way.
func (s *session) lostOrFailed(err error) error {
	var pg *pgconn.PgError
	refused := errors.As(err, &pg) && !strings.HasPrefix(pg.Code, "57P") // a server that goes down may say so after it has committed
	if refused || pgconn.SafeToRetry(err) {
		return fmt.Errorf("write: %w", err)
	}
	return &lost{err}
}

// afterCommit tells the rest of the program what is new.
func (s *session) afterCommit(ctx context.Context) {
	if len(s.needed) == 0 { // else some were only supposed
		s.desk.known.add(s.state.Balances)
	}
	if s.effects.catalogChanged {
		if err := s.desk.db.refreshCatalog(ctx); err != nil {
			s.desk.db.log.Warn("catalogue not refreshed; the next write will", "error", err)
		}
	}
	if len(s.effects.outbox.sequences) > 0 || s.effects.told {
		s.desk.db.PokePositions()
	}
}

// decide takes the requests in order. What one request posts, the next one sees.
func (s *session) decide(ctx context.Context) {
	for _, p := range s.group {
		p.outcome = nil
		switch {
		case s.mismatch[p]:
			p.err = idempotencyMismatch()
			continue
		case s.replays[p] != nil:
			p.err, p.outcome = nil, s.replays[p]
			continue
		case p.err != nil && p.plan == nil: // its task or its codes were not found; others of the group go on
			continue
		}
		p.err = nil
		mark := s.state.Mark()
		kept := s.effects.mark()
		if err := s.decideOne(p); err != nil {
			s.state.Rollback(mark)
			s.effects.rollback(kept)
			p.err = err
		}
	}
}

// decided is one request between Decide and the policy.
type decided struct {
	events  [][]stock.Event // by step
	changes []stock.Change  // over all steps
	rules   []approval.Rule // by step; none for counts
	rule    approval.Rule   // the strictest, which is the request's
	// approvals is the most that the rule of any step asks for.
	approvals int
	work      []approval.Work // of an agent, by step
}

func (s *session) decideOne(p *pending) error {
	if p.decision != nil {
		return s.decideTask(p)
	}
	r := p.request
	mark, kept := s.state.Mark(), s.effects.mark()
	hidden := s.hide(p.plan, r.Actor)
	done, err := s.try(p.plan, r.Steps)
	maps.Copy(s.state.Assets, hidden)
	if err != nil {
		return err
	}
	p.outcome = &approval.Outcome{Status: approval.StatusPosted, Rule: done.rule, At: s.state.Now}
	if done.rule.Action == approval.Wait {
		s.state.Rollback(mark)
		s.effects.rollback(kept)
		return s.propose(p, done)
	}
	by := s.actorOf(r.Actor, r.Operation, done.rule)
	s.post(p, r.Steps, done, by)
	if done.rule.Action == approval.Review {
		s.review(p, done)
	}
	return nil
}

// hide takes the assets out of the state that a request names and its actor may not see: for them those
// serial numbers do not exist, whatever is asked of them. What comes in from outside is held against all
// there is, or a serial number could be there twice.
func (s *session) hide(pl *plan, a *identity.Actor) map[stock.AssetKey]stock.Asset {
	if a.Projects.All && a.Locations.All {
		return nil
	}
	hidden := map[stock.AssetKey]stock.Asset{}
	for _, c := range pl.commands {
		m, ok := c.(*stock.Move)
		if !ok {
			continue
		}
		for _, k := range m.Assets {
			asset, known := s.state.Assets[k]
			if !known || m.Type == stock.Entrada || m.Type == stock.AjustePositivo || s.seen(a, asset) {
				continue
			}
			hidden[k] = asset
		}
	}
	for k := range hidden {
		delete(s.state.Assets, k)
	}
	return hidden
}

func (s *session) seen(a *identity.Actor, asset stock.Asset) bool {
	owner, _ := s.catalog.ProjectByKey(asset.Project)
	at, _ := s.catalog.LocationByKey(asset.Location)
	return owner != nil && a.Projects.Has(owner.Code) &&
		(asset.Location == stock.OutsideKey || asset.Location == stock.TransitKey || at != nil && a.Locations.Has(at.Code))
}

// try decides and applies every step, and asks the policy about each; the strictest answer is the
// request's. State changes stay applied: the caller rolls back.
func (s *session) try(pl *plan, steps []approval.Step) (*decided, error) {
	d := &decided{events: make([][]stock.Event, len(steps)), rules: make([]approval.Rule, len(steps)), rule: approval.Rule{Action: approval.Execute, Name: "none"}}
	before := map[stock.Key]stock.Balance{}
	for i, c := range pl.commands {
		f := pl.facts[i]
		if c != nil {
			events, err := s.decideCommand(c)
			if err != nil {
				return nil, inStep(err, i, len(steps))
			}
			for k, b := range s.state.Touched(events) {
				if _, seen := before[k]; !seen {
					before[k] = b
				}
			}
			for _, e := range events {
				if err := stock.Apply(s.state, e); err != nil {
					return nil, err
				}
			}
			d.events[i] = events
			s.completeFacts(&f, c, events)
		}
		d.rules[i] = approval.Rule{Name: "contagem", Action: approval.Execute}
		if !counts(steps[i]) {
			d.rules[i] = s.judge(pl, d, &steps[i], f)
		}
		d.approvals = max(d.approvals, d.rules[i].Approvals)
		d.rule = stricter(d.rule, d.rules[i])
	}
	d.changes = s.state.Changes(before)
	return d, nil
}

// decideCommand decides a command. What it needs and was not loaded is noted and supposed to be zero, so
// that one more try of the transaction finds all rows of a long batch, and not one more for each.
func (s *session) decideCommand(c stock.Command) ([]stock.Event, error) {
	for {
		events, err := stock.Decide(s.state, c)
		var missing *stock.NotLoaded
		if !errors.As(err, &missing) {
			return events, err
		}
		s.needed = append(s.needed, missing.Keys...)
		for _, k := range missing.Keys {
			s.state.Locked[k.Place()] = true
			s.state.Balances[k] = s.state.Balances[k]
		}
	}
}

// counts reports whether a step belongs to a count: counting changes no stock, and what it proposes waits.
func counts(st approval.Step) bool {
	return st.CountOpen != nil || st.CountSubmit != nil || st.CountClose != nil
}

// completeFacts adds what is only known once the step has been decided.
func (s *session) completeFacts(f *approval.Facts, c stock.Command, events []stock.Event) {
	m := events[0].Movement
	if m == nil {
		return
	}
	if _, ok := c.(*stock.Reversal); ok {
		reversalFacts(s.catalog, m, f)
	}
	for _, k := range []stock.LocationKey{m.Source, m.Destination, m.Delivery} {
		if at, ok := s.catalog.LocationByKey(k); ok {
			f.Locations = append(f.Locations, at.Code)
			f.Restricted = f.Restricted || at.Policies.Restricted
		}
	}
	f.ClosedPeriod = !s.catalog.policy.ClosedThrough.Before(m.MovementOn)
	if m.Papers.NFKey != "" {
		f.HasEvidence = true
	}
}

func stricter(a, b approval.Rule) approval.Rule {
	rank := func(x approval.Action) int {
		switch x {
		case approval.Wait:
			return 3
		case approval.Review:
			return 2
		case approval.Mark:
			return 1
		}
		return 0
	}
	if rank(b.Action) > rank(a.Action) || a.Name == "none" {
		return b
	}
	return a
}

// actorStamp is what a row of the log says about who made it.
type actorStamp struct {
	id         uuid.UUID
	kind       string
	onBehalf   string
	operation  string
	rule       string
	review     bool
	task       uuid.UUID
	approvedBy uuid.UUID
	approvedAt time.Time
	level      approval.Level // of an agent
}

func (s *session) actorOf(a *identity.Actor, operation string, rule approval.Rule) actorStamp {
	return actorStamp{id: a.PersonID, kind: string(a.Kind), onBehalf: a.OnBehalf, operation: operation, rule: rule.Name, review: marksReview(rule)}
}

// marksReview reports whether the rule asks for somebody to look at what was posted.
func marksReview(r approval.Rule) bool {
	return r.Action == approval.Mark || r.Action == approval.Review
}

// post turns decided events into rows and the outcome that the caller sees.
func (s *session) post(p *pending, steps []approval.Step, d *decided, by actorStamp) {
	p.outcome.Posted = make([]approval.Posted, len(steps))
	var first int64
	for i, events := range d.events {
		if by := &by; by.task == uuid.Nil { // each movement names the rule that let it pass; what was approved, the one that held it
			by.rule, by.review, by.level = d.rules[i].Name, marksReview(d.rules[i]), d.rules[i].Level
		}
		for j := range events {
			e := &events[j]
			seq := s.nextSequence()
			if first == 0 {
				first = seq
			}
			s.effects.add(s, e, seq, by)
			if m := steps[i].Move; m != nil && m.Asset != nil {
				for _, a := range e.Assets {
					s.effects.assetFacts = append(s.effects.assetFacts, assetFactsRow{a.Key, m.Asset})
				}
			}
			posted := &p.outcome.Posted[i]
			posted.Movement, posted.Assets = e.Movement, append(posted.Assets, e.Assets...)
			if e.Reservation != nil {
				posted.Reservation = &e.Reservation.After
			}
		}
		if m := p.outcome.Posted[i].Movement; m != nil {
			p.outcome.Posted[i].Changes = changesOf(m, d.changes)
			s.keepWork(p, d, i, &steps[i])
		}
	}
	s.effects.auditOf(p, s.state.Now, auditFacts{result: "ok", rule: d.rule.Name, sequence: first, changes: d.changes, catalog: s.catalog})
}

// changesOf picks the balances that a movement touched.
func changesOf(m *stock.Movement, all []stock.Change) []stock.Change {
	var out []stock.Change
	for _, d := range m.Deltas() { // all is in key order
		i, found := slices.BinarySearchFunc(all, d.Key, func(c stock.Change, k stock.Key) int { return c.Key.Compare(k) })
		if found {
			out = append(out, all[i])
		}
	}
	return out
}

func (s *session) nextSequence() int64 {
	if len(s.sequences) == 0 {
		s.short = true // events() counts too few: a defect, and nothing of this group is written
		return 0
	}
	n := s.sequences[0]
	s.sequences = s.sequences[1:]
	return n
}

// answer renders what every caller will see, and what a replay will repeat.
func (s *session) answer() {
	for _, p := range s.group {
		if p.err != nil || p.outcome == nil || p.outcome.Replay || p.refused != nil {
			continue
		}
		render := p.render()
		p.outcome.Answer = render(p.outcome)
		if subject, operation, key := p.idempotency(); key != "" {
			s.effects.answers.add(subject, operation, key, p)
		}
	}
}

func (p *pending) render() func(*approval.Outcome) []byte {
	if p.decision != nil {
		return p.decision.Render
	}
	return p.request.Render
}

// acquire takes a connection of the writer's pool, or says that there is none in time.
func (d *desk) acquire(ctx context.Context) (conn poolConn, err error) {
	ctx, cancel := context.WithTimeout(ctx, acquireTimeout)
	defer cancel()
	c, err := d.db.writer.Acquire(ctx)
	if err != nil {
		return nil, fault.Unavailable.With("O banco de dados está indisponível; tente de novo.", "The database is unavailable; try again.").Because(err)
	}
	return c, nil
}

type poolConn interface {
	Conn() *pgx.Conn
	Release()
}
