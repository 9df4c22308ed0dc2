package ops

import (
	"context"
	"strings"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
)

type partArgs struct {
	Category        *string  `json:"category,omitzero" max:"100" doc:"Categoria | Category"`
	Manufacturer    *string  `json:"manufacturer,omitzero" max:"255" doc:"Fabricante | Manufacturer"`
	Model           *string  `json:"model,omitzero" max:"255" doc:"Modelo | Model"`
	Unit            *string  `json:"unit_of_measure,omitzero" max:"20" doc:"Unidade, como na NF-e (UN, M, KG) | Unit, as on the NF-e"`
	NCM             *string  `json:"ncm,omitzero" max:"8" doc:"NCM, 8 dígitos | NCM, 8 digits"`
	MandatoryReturn *bool    `json:"mandatory_return,omitzero" doc:"Retorno obrigatório do campo | Must come back from the field"`
	Minimum         *Number  `json:"min_stock_level,omitzero" doc:"Estoque mínimo | Minimum stock"`
	Maximum         *Number  `json:"max_stock_level,omitzero" doc:"Estoque máximo | Maximum stock"`
	ReorderPoint    *Number  `json:"reorder_point,omitzero" doc:"Ponto de pedido | Reorder point"`
	UnitCost        *Number  `json:"unit_cost,omitzero" doc:"Custo unitário em BRL | Unit cost in BRL"`
	SupplierCodes   []string `json:"supplier_codes,omitzero" max:"50" doc:"Códigos nos fornecedores | Suppliers' codes"`
	SAPMaterial     *string  `json:"sap_material,omitzero" max:"40" doc:"Material no SAP | Material in SAP"`
	IsActive        *bool    `json:"is_active,omitzero" doc:"Ativo | Active"`
	IdempotencyKey  string   `json:"idempotency_key,omitzero" max:"200" doc:"Chave que torna a repetição segura | Key that makes a repetition safe"`
}

type createPartIn struct {
	Number      string `json:"part_number" req:"1" max:"100" doc:"Part number"`
	Description string `json:"description" req:"1" max:"500" doc:"Descrição | Description"`
	Serialized  bool   `json:"is_serialized,omitzero" doc:"Controlado por número de série (padrão: não) | Controlled by serial number (default: no)"`
	Fractional  bool   `json:"is_fractional,omitzero" doc:"Aceita fração da unidade (padrão: não) | Counted in fractions of a unit (default: no)"`
	partArgs
}

type updatePartIn struct {
	Number      string  `json:"part_number" req:"1" max:"100" doc:"Part number"`
	Description *string `json:"description,omitzero" max:"500" doc:"Descrição | Description"`
	partArgs
}

// maxFigure is far above any level, count or amount of one part, and fits the columns that keep them (numeric(18,6)).
const maxFigure = 999_999_999_999

// figure is an optional level or amount with the name of its argument.
type figure struct {
	field string
	q     *stock.Quantity
}

func checkFigures(list []figure) error {
	for _, f := range list {
		if f.q != nil && (f.q.IsNeg() || f.q.Cmp(stock.Whole(maxFigure)) > 0) {
			return fault.InvalidArgument.With("%s não pode ser negativo nem tão grande.", "%s may not be negative or that large.", f.field).On(f.field)
		}
	}
	return nil
}

func (in *partArgs) edit(number string, description *string) (*approval.PartEdit, error) {
	e := &approval.PartEdit{Number: strings.TrimSpace(number), Description: description, Category: in.Category, Manufacturer: in.Manufacturer,
		Model: in.Model, Unit: in.Unit, NCM: in.NCM, MandatoryReturn: in.MandatoryReturn, Minimum: in.Minimum.Ptr(), Maximum: in.Maximum.Ptr(),
		ReorderPoint: in.ReorderPoint.Ptr(), UnitCost: in.UnitCost.Ptr(), SupplierCodes: in.SupplierCodes, SAPMaterial: in.SAPMaterial, Active: in.IsActive}
	if in.Unit != nil && strings.TrimSpace(*in.Unit) == "" {
		return nil, fault.InvalidArgument.With("Informe unit_of_measure.", "unit_of_measure is required.").On("unit_of_measure")
	}
	if n := in.NCM; n != nil && *n != "" && (len(*n) != 8 || strings.Trim(*n, "0123456789") != "") {
		return nil, fault.InvalidArgument.With("O NCM tem 8 dígitos.", "An NCM has 8 digits.").On("ncm")
	}
	if err := checkFigures([]figure{{"min_stock_level", e.Minimum}, {"max_stock_level", e.Maximum}, {"reorder_point", e.ReorderPoint}, {"unit_cost", e.UnitCost}}); err != nil {
		return nil, err
	}
	if e.Minimum != nil && e.Maximum != nil && e.Maximum.Cmp(*e.Minimum) < 0 {
		return nil, fault.InvalidArgument.With("O máximo é menor que o mínimo.", "The maximum is less than the minimum.").On("max_stock_level")
	}
	return e, nil
}

func (d *Deps) createPartNumber() *Operation {
	return defineWrite[createPartIn, entityOut](spec{name: "sga_create_part_number", text: textCreatePartNumber(), risk: Write, roles: proposers()},
		func(ctx context.Context, c *Call, in *createPartIn) ([]byte, error) {
			description, err := cleanName(in.Description, "description")
			if err != nil {
				return nil, err
			}
			if _, err := cleanName(in.Number, "part_number"); err != nil {
				return nil, err
			}
			if in.Serialized && in.Fractional {
				return nil, fault.InvalidArgument.With("Item serializado não se conta em frações.", "A serialised part is not counted in fractions.").On("is_fractional")
			}
			e, err := in.edit(in.Number, &description)
			if err != nil {
				return nil, err
			}
			e.Create, e.ID, e.Serialized, e.Fractional = true, d.NewID(), in.Serialized, in.Fractional
			return d.submit(ctx, c, in, writing{in.IdempotencyKey, []approval.Step{{Part: e}}, renderEntity(e.Number)})
		})
}

func (d *Deps) updatePartNumber() *Operation {
	return defineWrite[updatePartIn, entityOut](spec{name: "sga_update_part_number", text: textUpdatePartNumber(), risk: Write, roles: proposers()},
		func(ctx context.Context, c *Call, in *updatePartIn) ([]byte, error) {
			if err := checkName(in.Description, "description"); err != nil {
				return nil, err
			}
			e, err := in.edit(in.Number, in.Description)
			if err != nil {
				return nil, err
			}
			return d.submit(ctx, c, in, writing{in.IdempotencyKey, []approval.Step{{Part: e}}, renderEntity(e.Number)})
		})
}
