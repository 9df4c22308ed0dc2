package approval

import (
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/google/uuid"
)

// Why a person is barred from deciding on a task.
const (
	BarredProposer = "proposer" // asked for it
	BarredBehind   = "behind"   // an agent asked for it in that person's name
	BarredCounter  = "counter"  // counted what it adjusts
)

// Barred is a person who may not decide on a task whatever else the profile says.
type Barred struct {
	Person uuid.UUID
	Why    string
}

// MayDecide holds a decider to the rules: a person with the flag, the limit and the projects, who neither proposed the
// task, nor has it proposed by an agent, nor counted what it adjusts. Persons are compared and not logins. The
// refusal is permission_denied, or conflict where the task has ended.
func (t *Task) MayDecide(a *identity.Actor, now time.Time) error {
	if err := t.MustWait(now); err != nil {
		return err
	}
	denied := func(pt, en string) error { return fault.PermissionDenied.With(pt, en).On("task_id") }
	if a.Kind != identity.Person || a.OnBehalf != "" || !a.HasScope(identity.ScopeApprove) {
		return denied("Só uma pessoa pode decidir.", "Only a person may decide.")
	}
	if err := t.barred(a); err != nil {
		return err
	}
	switch limit := a.Approver.Limit; {
	case !a.Approver.May:
		return denied("Você não é aprovador.", "You are not an approver.")
	case limit != nil && t.ValueUnknown:
		return denied("O valor não é conhecido (falta o custo de uma peça) e a sua alçada tem limite: decide quem aprova sem limite.",
			"The value is not known (a part has no cost) and your authority has a limit: somebody without a limit decides.")
	case limit != nil && t.Value != nil && t.Value.Cmp(*limit) > 0:
		return denied("O valor passa da sua alçada.", "The value exceeds your limit.")
	}
	for _, code := range t.Projects {
		if !a.Approver.Projects.Has(code) {
			return denied("O projeto está fora da sua alçada.", "The project is outside your authority.")
		}
	}
	return nil
}

// MustWait refuses whatever is asked of a task that has ended: conflict.
func (t *Task) MustWait(now time.Time) error {
	switch {
	case !t.Open():
		return fault.Conflict.With("A tarefa já foi encerrada (%s).", "The task has already ended (%s).", t.Status).On("task_id").Final().
			Detail("task_status", string(t.Status))
	case !now.Before(t.ExpiresAt):
		return fault.Conflict.With("A tarefa venceu.", "The task has expired.").On("task_id").Final().Detail("task_status", string(Expired))
	}
	return nil
}

func (t *Task) barred(a *identity.Actor) error {
	why := ""
	if a.PersonID == t.ProposedBy {
		why = BarredProposer
	}
	if behind := t.ProposedAs.OnBehalf; behind != "" && (behind == a.Subject || behind == a.Username) {
		why = BarredBehind
	}
	for _, b := range t.Barred {
		if why == "" && b.Person == a.PersonID {
			why = b.Why
		}
	}
	denied := func(pt, en string) error {
		return fault.PermissionDenied.With(pt, en).On("task_id").Detail("barred", why)
	}
	switch why {
	case BarredProposer:
		return denied("Quem propôs não decide.", "The proposer does not decide.")
	case BarredBehind:
		return denied("Um agente propôs em seu nome: outra pessoa decide.", "An agent proposed it in your name: somebody else decides.")
	case BarredCounter:
		return denied("Quem contou não decide o ajuste da contagem.", "Whoever counted does not decide the adjustment of the count.")
	}
	return nil
}

// Voted reports whether a person's approval already counts.
func (t *Task) Voted(person uuid.UUID) bool {
	for _, v := range t.Votes {
		if v.Person == person && v.VoidedAt.IsZero() {
			return true
		}
	}
	return false
}

// MovesStock reports whether the steps move stock, so that a value is to be expected.
func (t *Task) MovesStock() bool {
	for i := range t.Steps {
		if t.Steps[i].Move != nil || t.Steps[i].Reversal != nil {
			return true
		}
	}
	return false
}
