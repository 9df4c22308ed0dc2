package demo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/google/uuid"
)

// counter counts what was sent, for the progress bar.
type counter struct {
	mu   sync.Mutex
	done int
}

func (l *loader) count(n int) {
	l.sent.mu.Lock()
	defer l.sent.mu.Unlock()
	l.sent.done += n
	l.Progress(min(l.sent.done, l.Movements), l.Movements)
}

// submit passes steps over the desk under a key that is the same in every run.
func (l *loader) submit(ctx context.Context, key string, who *identity.Actor, steps []approval.Step) (*approval.Outcome, error) {
	arguments, err := json.Marshal(steps)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	r := &approval.Request{Actor: who, Door: "demo", Operation: operation(steps), Key: fmt.Sprintf("demo-%d-%s", l.Seed, key), Hash: sha256.Sum256(arguments),
		Steps: steps, Render: render}
	if len(steps) == 1 {
		r.Arguments = arguments
	}
	out, err := l.Desk.Submit(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	return out, nil
}

// operation names what a caller would have called.
func operation(steps []approval.Step) string {
	switch s := steps[0]; {
	case s.Reversal != nil:
		return "sga_reverse_movement"
	case s.StateChange != nil:
		return "sga_change_asset_state"
	case s.Project != nil:
		return "sga_create_project"
	case s.Location != nil:
		return "sga_create_location"
	case s.Part != nil:
		return "sga_create_part_number"
	case s.CountOpen != nil:
		return "sga_open_count"
	case s.CountSubmit != nil:
		return "sga_submit_count"
	case s.CountClose != nil:
		return "sga_close_count"
	case len(steps) > 1:
		return "sga_create_movements"
	}
	return "sga_create_movement"
}

// Answers keep the status alone, and what waits also its task, since a load that is taken up again
// finds nothing else of what was done before.
func render(o *approval.Outcome) []byte {
	if o.Task != nil {
		return fmt.Appendf(nil, `{"status":%q,"task_id":%q}`, o.Status, o.Task.ID)
	}
	return fmt.Appendf(nil, `{"status":%q}`, o.Status)
}

// waits reports whether the outcome, or the first answer that it repeats, is a proposal.
func waits(o *approval.Outcome) bool {
	return o.Status == approval.StatusWaiting || o.Replay && bytes.Contains(o.Answer, []byte(approval.StatusWaiting))
}

// post sends steps that must not wait.
func (l *loader) post(ctx context.Context, key string, who *identity.Actor, steps []approval.Step) error {
	out, err := l.submit(ctx, key, who, steps)
	if err != nil {
		return err
	}
	if waits(out) {
		return fmt.Errorf("%s: %w", key, fault.ApprovalRequired.With("%s: ficou à espera de aprovação.", "%s: waits for approval.", key))
	}
	return nil
}

// propose sends steps that must wait, and returns their task.
func (l *loader) propose(ctx context.Context, key string, who *identity.Actor, steps ...approval.Step) (uuid.UUID, error) {
	out, err := l.submit(ctx, key, who, steps)
	if err != nil {
		return uuid.Nil, err
	}
	if !waits(out) || out.Task == nil {
		return uuid.Nil, fmt.Errorf("%s: %w", key, fault.Internal.With("%s: devia esperar aprovação.", "%s: should have waited for approval.", key))
	}
	return out.Task.ID, nil
}

// decide lets the lead approve or reject a task that is still open, and the admin after him where two are asked for.
func (l *loader) decide(ctx context.Context, key string, id uuid.UUID, approve bool) error {
	for i, who := range []*identity.Actor{l.Actors.Lead, l.Actors.Admin} {
		t, err := l.Store.Task(ctx, id)
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		if t.Status != approval.Pending && t.Status != approval.InProgress || i > 0 && t.Status == approval.Pending {
			return nil // decided, by this load or one before
		}
		d := &approval.Decision{Actor: who, Door: "demo", Operation: "sga_reject_task", Key: fmt.Sprintf("demo-%d-%s-%d", l.Seed, key, i), TaskID: id,
			Fingerprint: t.Fingerprint, Comment: "Conferido.", Render: render}
		call := l.Desk.Reject
		if approve {
			d.Operation, call = "sga_approve_task", l.Desk.Approve
		}
		if _, err := call(ctx, d); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}
