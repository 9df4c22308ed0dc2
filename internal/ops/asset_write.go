package ops

import (
	"context"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
)

type assetFacts struct {
	Ownership       string  `json:"ownership,omitzero" enum:"ownership" doc:"De quem é | Whose it is"`
	PurchaseDate    *Date   `json:"purchase_date,omitzero" doc:"Data de compra | Date of purchase"`
	WarrantyEnd     *Date   `json:"warranty_end_date,omitzero" doc:"Fim da garantia | End of the warranty"`
	AcquisitionCost *Number `json:"acquisition_cost,omitzero" doc:"Custo de aquisição em BRL | Acquisition cost in BRL"`
	CurrentValue    *Number `json:"current_value,omitzero" doc:"Valor atual em BRL | Present value in BRL"`
	Tag             *string `json:"tag,omitzero" max:"100" doc:"Etiqueta de patrimônio ou RFID | Property tag or RFID"`
	IdempotencyKey  string  `json:"idempotency_key,omitzero" max:"200" doc:"Chave que torna a repetição segura | Key that makes a repetition safe"`
}

type createAssetIn struct {
	PartNumber string `json:"part_number" req:"1" max:"100" doc:"Part number"`
	Serial     string `json:"serial_number" req:"1" max:"100" doc:"Número de série | Serial number"`
	Location   string `json:"location_id" req:"1" max:"50" doc:"Código do local onde entra | Code of the location where it enters"`
	Project    string `json:"project_id,omitzero" max:"50" doc:"Código do projeto | Project code"`
	Condition  string `json:"condition,omitzero" enum:"condition" doc:"Condição | Condition"`
	NFNumber   string `json:"nf_number,omitzero" max:"50" doc:"Número da nota fiscal | Invoice number"`
	NFDate     Date   `json:"nf_date,omitzero" doc:"Data da nota fiscal | Invoice date"`
	NFKey      string `json:"nf_key,omitzero" max:"44" doc:"Chave de acesso da NF-e | NF-e access key"`
	Reason     string `json:"reason,omitzero" doc:"Motivo | Reason"`
	assetFacts
}

type updateAssetIn struct {
	PartNumber string `json:"part_number" req:"1" max:"100" doc:"Part number"`
	Serial     string `json:"serial_number" req:"1" max:"100" doc:"Número de série | Serial number"`
	assetFacts
}

type changeAssetStateIn struct {
	PartNumber     string `json:"part_number" req:"1" max:"100" doc:"Part number"`
	Serial         string `json:"serial_number" req:"1" max:"100" doc:"Número de série | Serial number"`
	Status         string `json:"status" req:"1" enum:"asset_status" doc:"Novo estado | New state"`
	Reason         string `json:"reason" req:"1" doc:"Motivo | Reason"`
	EvidenceIDs    []ID   `json:"evidence_ids,omitzero" max:"50" doc:"Documentos que comprovam | Documents that prove it"`
	IdempotencyKey string `json:"idempotency_key,omitzero" max:"200" doc:"Chave que torna a repetição segura | Key that makes a repetition safe"`
}

func (in *assetFacts) edit(partNumber, serial string) (*approval.AssetEdit, error) {
	owner, err := word(stock.Ownerships(), in.Ownership, "ownership")
	if err != nil {
		return nil, err
	}
	e := &approval.AssetEdit{PartNumber: partNumber, Serial: serial, AssetFacts: stock.AssetFacts{Ownership: owner,
		PurchaseDate: datePtr(in.PurchaseDate), WarrantyEnd: datePtr(in.WarrantyEnd), AcquisitionCost: in.AcquisitionCost.Ptr(),
		CurrentValue: in.CurrentValue.Ptr(), Tag: in.Tag}}
	return e, checkFigures([]figure{{"acquisition_cost", e.AcquisitionCost}, {"current_value", e.CurrentValue}})
}

// createAsset registers a serialised item by its entry: an asset without a movement would be stock
// that nobody can explain.
func (d *Deps) createAsset() *Operation {
	return defineWrite[createAssetIn, movementOut](spec{name: "sga_create_asset", text: textCreateAsset(), risk: Write,
		roles: []identity.Role{identity.Admin, identity.Logistics}},
		func(ctx context.Context, c *Call, in *createAssetIn) ([]byte, error) {
			step, err := d.moveStep(ctx, c, &movementArgs{MovementType: string(stock.Entrada), PartNumber: in.PartNumber, Quantity: Num(stock.Whole(1)),
				Destination: in.Location, Project: in.Project, Condition: in.Condition, Serials: []string{in.Serial}, NFNumber: in.NFNumber,
				NFDate: in.NFDate, NFKey: in.NFKey, Reason: in.Reason})
			if err != nil {
				return nil, err
			}
			e, err := in.edit(in.PartNumber, in.Serial)
			if err != nil {
				return nil, err
			}
			step.Move.Asset = &e.AssetFacts
			return d.submit(ctx, c, in, writing{in.IdempotencyKey, []approval.Step{step}, d.renderMovement(c)})
		})
}

func (d *Deps) updateAsset() *Operation {
	return defineWrite[updateAssetIn, entityOut](spec{name: "sga_update_asset", text: textUpdateAsset(), risk: Write, roles: proposers()},
		func(ctx context.Context, c *Call, in *updateAssetIn) ([]byte, error) {
			if _, err := d.ownAsset(ctx, c.Actor, in.PartNumber, in.Serial); err != nil {
				return nil, err
			}
			e, err := in.edit(in.PartNumber, in.Serial)
			if err != nil {
				return nil, err
			}
			return d.submit(ctx, c, in, writing{in.IdempotencyKey, []approval.Step{{Asset: e}}, renderEntity(in.Serial)})
		})
}

// changeAssetState makes a transition of the state machine. Disposal and loss take stock away: they are
// adjustments, and wait like every adjustment.
func (d *Deps) changeAssetState() *Operation {
	return defineWrite[changeAssetStateIn, movementOut](spec{name: "sga_change_asset_state", text: textChangeAssetState(), risk: Write,
		roles: []identity.Role{identity.Admin, identity.Logistics, identity.Operations, identity.Technician}},
		func(ctx context.Context, c *Call, in *changeAssetStateIn) ([]byte, error) {
			to, err := stock.Parse(stock.AssetStatuses(), in.Status, "status")
			if err != nil {
				return nil, err
			}
			a, err := d.ownAsset(ctx, c.Actor, in.PartNumber, in.Serial)
			if err != nil {
				return nil, err
			}
			if _, err := d.movementEvidence(ctx, c, in.EvidenceIDs); err != nil {
				return nil, err
			}
			step := approval.Step{StateChange: &approval.AssetChange{PartNumber: in.PartNumber, Serial: in.Serial, To: to, Reason: in.Reason}}
			if to == stock.Disposal || to == stock.Missing {
				if step, err = d.lossStep(ctx, c, in, a, to); err != nil {
					return nil, err
				}
			}
			return d.submit(ctx, c, in, writing{in.IdempotencyKey, []approval.Step{step}, d.renderMovement(c)})
		})
}

// lossStep is the adjustment that writes an asset off.
func (d *Deps) lossStep(ctx context.Context, c *Call, in *changeAssetStateIn, a *stock.Asset, to stock.AssetStatus) (approval.Step, error) {
	cat := d.Store.Catalog()
	at, _ := cat.LocationByKey(a.Location)
	owner, _ := cat.ProjectByKey(a.Project)
	code := stock.ReasonDisposal
	if to == stock.Missing {
		code = stock.ReasonLost
	}
	m := &movementArgs{MovementType: string(stock.AjusteNegativo), PartNumber: in.PartNumber, Quantity: Num(stock.Whole(1)), Source: at.Code, Project: owner.Code,
		Serials: []string{in.Serial}, Reason: in.Reason, ReasonCode: string(code), EvidenceIDs: in.EvidenceIDs}
	return d.moveStep(ctx, c, m)
}

// AssetKeyReader finds an asset as commands need it.
type AssetKeyReader interface {
	// AssetBySerial finds an asset of a part; not_found when there is none.
	AssetBySerial(ctx context.Context, k stock.AssetKey) (*stock.Asset, error)
}

// ownAsset finds an asset within the actor's projects and places.
func (d *Deps) ownAsset(ctx context.Context, a *identity.Actor, partNumber, serial string) (*stock.Asset, error) {
	cat := d.Store.Catalog()
	part, err := stock.FindPart(cat, partNumber, "part_number")
	if err != nil {
		return nil, err
	}
	found, err := d.Store.AssetBySerial(ctx, stock.AssetKey{Part: part.Key, Serial: stock.SerialKey(serial)})
	if err != nil {
		return nil, err
	}
	if s := scopeOf(a, cat); !s.SeesProject(found.Project) || !s.SeesLocation(found.Location) {
		return nil, fault.NotFound.With("Número de série não encontrado.", "Serial number not found.").On("serial_number")
	}
	return found, nil
}
