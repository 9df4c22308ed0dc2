package ops

import (
	"context"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
)

type reverseMovementIn struct {
	MovementID     ID     `json:"movement_id" req:"1" doc:"Movimento a estornar | Movement to reverse"`
	Reason         string `json:"reason" req:"1" doc:"Motivo | Reason"`
	EvidenceIDs    []ID   `json:"evidence_ids,omitzero" max:"50" doc:"Documentos que comprovam | Documents that prove it"`
	IdempotencyKey string `json:"idempotency_key,omitzero" max:"200" doc:"Chave que torna a repetição segura | Key that makes a repetition safe"`
}

// RecordedReader reads a movement with what it did, as a reversal needs it.
type RecordedReader interface {
	// Recorded finds a movement by id; not_found when there is none.
	Recorded(ctx context.Context, id uuid.UUID) (*stock.Recorded, error)
}

func (d *Deps) reverseMovement() *Operation {
	return defineWrite[reverseMovementIn, movementOut](spec{name: "sga_reverse_movement", text: textReverseMovement(), risk: Write,
		roles: []identity.Role{identity.Admin, identity.Logistics}},
		func(ctx context.Context, c *Call, in *reverseMovementIn) ([]byte, error) {
			rec, err := d.Store.Recorded(ctx, in.MovementID.UUID)
			if err != nil {
				return nil, err
			}
			if !d.seesMovement(c.Actor, &rec.Movement) {
				return nil, movementNotFound()
			}
			r := &stock.Reversal{ID: d.NewID(), Original: in.MovementID.UUID, Papers: stock.Papers{Reason: in.Reason, ReasonCode: rec.Movement.Papers.ReasonCode}}
			if r.Papers.EvidenceIDs, err = d.movementEvidence(ctx, c, in.EvidenceIDs); err != nil {
				return nil, err
			}
			d.prepareReversal(r, rec)
			return d.submit(ctx, c, in, writing{in.IdempotencyKey, []approval.Step{{Reversal: r}}, d.renderMovement(c)})
		})
}

func movementNotFound() error {
	return fault.NotFound.With("Movimento não encontrado.", "Movement not found.").On("movement_id")
}

// prepareReversal names the rows that the reversal will have to see under lock.
func (d *Deps) prepareReversal(r *stock.Reversal, rec *stock.Recorded) {
	for _, delta := range rec.Movement.Deltas() {
		r.Keys = append(r.Keys, delta.Key)
	}
	for _, a := range rec.Assets {
		r.Assets = append(r.Assets, a.Key)
	}
}

// seesMovement reports whether the actor may see the project and both ends of a movement.
func (d *Deps) seesMovement(a *identity.Actor, m *stock.Movement) bool {
	scope := scopeOf(a, d.Store.Catalog())
	return scope.SeesProject(m.Project) && scope.SeesLocation(m.Source) && scope.SeesLocation(m.Destination)
}
