package ops

import (
	"context"
	"strconv"
	"strings"
	"sync"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
)

// movementArgs is one movement as it is asked for. The names ending in _id of places and projects take
// codes, as in the earlier system.
type movementArgs struct {
	MovementType  string   `json:"movement_type" req:"1" enum:"movement_type" doc:"Tipo do movimento | Movement type"`
	PartNumber    string   `json:"part_number" req:"1" max:"100" doc:"Part number"`
	Quantity      Number   `json:"quantity" req:"1" doc:"Quantidade, maior que zero | Quantity, greater than zero"`
	Source        string   `json:"source_location_id,omitzero" max:"50" doc:"Código do local de origem | Code of the source location"`
	Destination   string   `json:"destination_location_id,omitzero" max:"50" doc:"Código do local de destino | Code of the destination location"`
	Project       string   `json:"project_id,omitzero" max:"50" doc:"Código do projeto; sem ele, GERAL | Project code; GERAL without it"`
	Condition     string   `json:"condition,omitzero" enum:"condition" doc:"Condição; NEW na entrada, obrigatória na saída se houver mais de uma | Condition; NEW on entry, needed on exit where more than one is there"`
	NewCondition  string   `json:"new_condition,omitzero" enum:"condition" doc:"Condição na chegada, se mudou | Condition on arrival, if it changed"`
	Serials       []string `json:"serial_numbers,omitzero" max:"10000" doc:"Um número de série por unidade, para itens serializados | One serial number a unit, for serialised parts"`
	NFNumber      string   `json:"nf_number,omitzero" max:"50" doc:"Número da nota fiscal | Invoice number"`
	NFDate        Date     `json:"nf_date,omitzero" doc:"Data da nota fiscal | Invoice date"`
	NFKey         string   `json:"nf_key,omitzero" max:"44" doc:"Chave de acesso da NF-e | NF-e access key"`
	Reason        string   `json:"reason,omitzero" doc:"Motivo | Reason"`
	ReasonCode    string   `json:"reason_code,omitzero" enum:"reason_code" doc:"Motivo do ajuste | Reason of the adjustment"`
	Ticket        string   `json:"ticket,omitzero" max:"100" doc:"Chamado | Ticket"`
	Reference     string   `json:"reference_document,omitzero" max:"100" doc:"Documento de referência | Reference document"`
	EvidenceIDs   []ID     `json:"evidence_ids,omitzero" max:"50" doc:"Documentos que comprovam | Documents that prove it"`
	Confidence    *Number  `json:"confidence,omitzero" doc:"Confiança de 0 a 1 na leitura do documento | Confidence, 0 to 1, in the reading of the document"`
	MovementOn    Date     `json:"movement_on,omitzero" doc:"Data do negócio; sem ela, hoje | Business date; today without it"`
	ReservationID ID       `json:"reservation_id,omitzero" doc:"Reserva que o movimento consome ou libera | Reservation that the movement uses up or releases"`
	ExpiresAt     Time     `json:"expires_at,omitzero" doc:"Validade da reserva; sem ela, 7 dias | When the reservation expires; 7 days without it"`
}

type createMovementIn struct {
	movementArgs
	IdempotencyKey string `json:"idempotency_key,omitzero" max:"200" doc:"Chave que torna a repetição segura | Key that makes a repetition safe"`
}

type createMovementsIn struct {
	Movements      []movementArgs `json:"movements" req:"1" max:"1000" doc:"Movimentos, na ordem em que valem | Movements, in the order in which they count"`
	Atomic         *bool          `json:"atomic,omitzero" doc:"Tudo ou nada (padrão); false: cada um por si | All or nothing (default); false: each on its own"`
	IdempotencyKey string         `json:"idempotency_key,omitzero" max:"200" doc:"Chave que torna a repetição segura | Key that makes a repetition safe"`
}

// balanceAfter is a balance as a write leaves it.
type balanceAfter struct {
	LocationCode string `json:"location_code"`
	ProjectCode  string `json:"project_code"`
	Condition    string `json:"condition"`
	Total        Number `json:"quantity_total"`
	Reserved     Number `json:"quantity_reserved"`
	Available    Number `json:"quantity_available"`
}

// movementOut answers a write of one movement.
type movementOut struct {
	Success       bool           `json:"success"`
	Status        string         `json:"status" enum:"item_status" doc:"refused só em lotes não atômicos | refused only in batches that are not atomic"`
	TaskStatus    string         `json:"task_status,omitzero" enum:"task_status"`
	TaskID        ID             `json:"task_id,omitzero"`
	MovementID    ID             `json:"movement_id"`
	MovementDate  Time           `json:"movement_date,omitzero"`
	MovementOn    Date           `json:"movement_on,omitzero"`
	MovementType  string         `json:"movement_type,omitzero" enum:"movement_type"` // none for a change of state
	Sequence      int64          `json:"sequence"`
	ReservationID ID             `json:"reservation_id,omitzero"`
	ReversalOf    ID             `json:"reversal_of,omitzero"`
	Balances      []balanceAfter `json:"balances"`
	Rule          string         `json:"rule"`
	Review        bool           `json:"review"`
	Unproven      []ID           `json:"unknown_evidence_ids,omitzero" doc:"Não contam como evidência: não existem ou não estão disponíveis | Do not count as evidence: they do not exist or are not available"`
	Message       string         `json:"message"`
	MessageEN     string         `json:"message_en"`
}

type movementsOut struct {
	Status     string        `json:"status" enum:"batch_status"`
	TaskStatus string        `json:"task_status,omitzero" enum:"task_status"`
	TaskID     ID            `json:"task_id,omitzero"`
	Posted     int           `json:"posted"`
	Waiting    int           `json:"pending_approval"`
	Failed     int           `json:"failed"`
	Unproven   []ID          `json:"unknown_evidence_ids,omitzero" doc:"Não contam como evidência | Do not count as evidence"`
	Results    []movementRow `json:"results"`
}

// movementRow is the answer to one movement of a batch; error is set where it was refused.
type movementRow struct {
	movementOut
	Error *fault.Body `json:"error,omitzero"`
}

func (d *Deps) createMovement() *Operation {
	return defineWrite[createMovementIn, movementOut](spec{name: "sga_create_movement", text: textCreateMovement(), risk: Write, roles: movers()},
		func(ctx context.Context, c *Call, in *createMovementIn) ([]byte, error) {
			step, err := d.moveStep(ctx, c, &in.movementArgs)
			if err != nil {
				return nil, err
			}
			return d.submit(ctx, c, in, writing{in.IdempotencyKey, []approval.Step{step}, d.renderMovement(c)})
		})
}

func (d *Deps) createMovements() *Operation {
	return defineWrite[createMovementsIn, movementsOut](spec{name: "sga_create_movements", text: textCreateMovements(), risk: Write, roles: movers(), long: true},
		func(ctx context.Context, c *Call, in *createMovementsIn) ([]byte, error) {
			steps := make([]approval.Step, len(in.Movements))
			errs := make([]error, len(in.Movements))
			for i := range in.Movements {
				steps[i], errs[i] = d.moveStep(ctx, c, &in.Movements[i])
			}
			if in.Atomic != nil && !*in.Atomic {
				return d.moveEach(ctx, c, in, steps, errs)
			}
			for i, err := range errs {
				if err != nil {
					return nil, inItem(err, i)
				}
			}
			return d.submit(ctx, c, in, writing{in.IdempotencyKey, steps, d.renderMovements(c)})
		})
}

// inItem says which movement of a batch was refused.
func inItem(err error, i int) error {
	f := fault.Of(err)
	field := "movements[" + strconv.Itoa(i) + "]"
	if f.Field != "" {
		field += "." + f.Field
	}
	return f.On(field).Detail("index", i)
}

// movers are the roles that may post movements of some type; mayMove says which.
func movers() []identity.Role {
	return []identity.Role{identity.Admin, identity.Logistics, identity.Operations, identity.Technician}
}

// mayMove is the permission table of the product: operations reserve, a technician confirms, uses and
// returns what is in his own places, admin and logistics do everything.
func mayMove(a *identity.Actor, t stock.MovementType) error {
	switch t {
	case stock.Reserva, stock.Liberacao:
		if a.Is(identity.Admin, identity.Logistics, identity.Operations) {
			return nil
		}
	case stock.Transferencia, stock.Saida, stock.Reversa:
		if a.Is(identity.Admin, identity.Logistics, identity.Technician) {
			return nil
		}
	default:
		if a.Is(identity.Admin, identity.Logistics) {
			return nil
		}
	}
	return fault.PermissionDenied.With("Seu papel não permite %s.", "Your role does not allow %s.", t).On("movement_type")
}

// moveStep checks one movement against the caller's role, projects and places.
func (d *Deps) moveStep(ctx context.Context, c *Call, in *movementArgs) (approval.Step, error) {
	m, err := in.request(d.NewID())
	if err != nil {
		return approval.Step{}, err
	}
	if err := mayMove(c.Actor, m.Type); err != nil {
		return approval.Step{}, err
	}
	if m.Papers.EvidenceIDs, err = d.movementEvidence(ctx, c, in.EvidenceIDs); err != nil {
		return approval.Step{}, err
	}
	cat := d.Store.Catalog()
	part, err := stock.FindPart(cat, m.PartNumber, "part_number")
	if err != nil {
		return approval.Step{}, err
	}
	m.PartNumber = part.Number // as the catalogue writes it, for whoever reads the proposal
	if m.Reservation != uuid.Nil || m.Type == stock.Liberacao {
		if err := d.fillFromReservation(ctx, c.Actor, m); err != nil {
			return approval.Step{}, err
		}
	}
	if _, err := location(c.Actor, cat, m.Source, "source_location_id"); err != nil {
		return approval.Step{}, err
	}
	if _, err := location(c.Actor, cat, m.Destination, "destination_location_id"); err != nil {
		return approval.Step{}, err
	}
	owner := m.Project
	if owner == "" {
		owner = stock.GeneralCode
	}
	if _, err := project(c.Actor, cat, owner, "project_id"); err != nil {
		return approval.Step{}, err
	}
	if m.Type == stock.Reserva {
		m.Reservation = d.NewID()
		if m.ExpiresAt.IsZero() {
			m.ExpiresAt = d.Now().Add(reservationLife)
		}
		if !m.ExpiresAt.After(d.Now()) {
			return approval.Step{}, fault.InvalidArgument.With("A validade já passou.", "The expiry is in the past.").On("expires_at")
		}
	}
	return approval.Step{Move: m}, nil
}

// request reads the words of the contract; nothing is looked up yet.
func (in *movementArgs) request(id uuid.UUID) (*stock.MoveRequest, error) {
	t, err := stock.Parse(stock.MovementTypes(), in.MovementType, "movement_type")
	if err != nil {
		return nil, err
	}
	condition, err := word(stock.Conditions(), in.Condition, "condition")
	if err != nil {
		return nil, err
	}
	arrival, err := word(stock.Conditions(), in.NewCondition, "new_condition")
	if err != nil {
		return nil, err
	}
	reason, err := word(stock.ReasonCodes(), in.ReasonCode, "reason_code")
	if err != nil {
		return nil, err
	}
	confidence := in.Confidence.Ptr()
	if confidence != nil && (confidence.IsNeg() || confidence.Cmp(stock.Whole(1)) > 0) {
		return nil, fault.InvalidArgument.With("A confiança vai de 0 a 1.", "Confidence goes from 0 to 1.").On("confidence")
	}
	if !isAccessKey(in.NFKey) {
		return nil, fault.InvalidArgument.With("A chave de acesso tem 44 posições.", "An access key has 44 characters.").On("nf_key")
	}
	m := &stock.MoveRequest{
		ID: id, Type: t, PartNumber: strings.TrimSpace(in.PartNumber), Quantity: in.Quantity.Decimal, Source: stock.Fold(in.Source),
		Destination: stock.Fold(in.Destination), Project: stock.Fold(in.Project), Condition: condition, NewCondition: arrival,
		Reservation: in.ReservationID.UUID, ExpiresAt: in.ExpiresAt.Time, MovementOn: in.MovementOn.Date,
		Papers: stock.Papers{NFNumber: in.NFNumber, NFDate: in.NFDate.Date, NFKey: in.NFKey, Reason: in.Reason, ReasonCode: reason,
			Ticket: strings.TrimSpace(in.Ticket), Reference: in.Reference, Confidence: confidence},
	}
	for _, s := range in.Serials {
		m.Serials = append(m.Serials, strings.TrimSpace(s))
	}
	return m, nil
}

// isAccessKey reports whether s is empty or has the form of an NF-e access key: 44 digits, with letters where
// the issuer's CNPJ has them (Nota Técnica 2025.001). A key counts as evidence, so not every text may pass for one.
func isAccessKey(s string) bool {
	return s == "" || len(s) == 44 && strings.Trim(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// moveEach posts each movement of a batch on its own. They are submitted together and share
// transactions; each has its own answer, in order, and its own idempotency key.
func (d *Deps) moveEach(ctx context.Context, c *Call, in *createMovementsIn, steps []approval.Step, errs []error) ([]byte, error) {
	rows := make([]movementRow, len(steps))
	const together = 64 // enough to fill shared transactions without holding the whole queue
	slots := make(chan struct{}, together)
	var wait sync.WaitGroup
	for i := range steps {
		if errs[i] != nil {
			rows[i] = refusedRow(errs[i])
			continue
		}
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			rows[i] = d.moveOne(ctx, c, in, steps[i], i)
		})
	}
	wait.Wait()
	out := movementsOut{Status: string(approval.StatusPosted), Results: rows}
	for i := range rows {
		switch {
		case rows[i].Error != nil:
			out.Failed++
		case rows[i].Status == string(approval.StatusWaiting):
			out.Waiting++
		default:
			out.Posted++
		}
	}
	if out.Posted < len(rows) {
		out.Status = "partial"
	}
	if err := d.auditRefused(c, rows); err != nil {
		return nil, err
	}
	return Encode(out)
}

func (d *Deps) moveOne(ctx context.Context, c *Call, in *createMovementsIn, step approval.Step, i int) movementRow {
	key := in.IdempotencyKey
	if key != "" {
		key += "#" + strconv.Itoa(i)
	}
	var row movementRow
	r := d.request(c, in.Movements[i], key, []approval.Step{step})
	r.Render = func(o *approval.Outcome) []byte {
		row.movementOut = d.movementOut(o, 0)
		return encoded(row.movementOut)
	}
	o, err := d.Desk.Submit(ctx, r)
	if err != nil {
		return refusedRow(err)
	}
	if o.Replay {
		return replayedRow(o)
	}
	return row
}

// auditRefused records that items of a batch were refused; those that were not have rows with their effects.
func (d *Deps) auditRefused(c *Call, rows []movementRow) error {
	for i := range rows {
		if e := rows[i].Error; e != nil {
			return d.Store.RecordCall(d.Now(), c.Actor, approval.CallRecord{Door: c.Door, Origin: c.Origin, Operation: c.Operation.Name, Result: string(e.Code), Arguments: c.Arguments})
		}
	}
	return nil
}

const statusRefused = "refused"

func refusedRow(err error) movementRow {
	body := fault.Of(err).Wire()
	return movementRow{movementOut: movementOut{Status: statusRefused, Balances: []balanceAfter{}}, Error: &body}
}
