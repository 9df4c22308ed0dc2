package approval

import (
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
)

// ProjectEdit creates a project or changes what is given of one.
type ProjectEdit struct {
	Create   bool        `json:"create"`
	ID       uuid.UUID   `json:"project_id,omitzero"` // of the new row
	Code     string      `json:"project_code"`
	Name     *string     `json:"project_name,omitempty"`
	Client   *string     `json:"client_name,omitempty"`
	Contract *string     `json:"contract_number,omitempty"`
	StartsOn *stock.Date `json:"start_date,omitempty"`
	EndsOn   *stock.Date `json:"end_date,omitempty"`
	Active   *bool       `json:"is_active,omitempty"`
}

// LocationEdit creates a place or changes what is given of one. The type of a place does not change.
type LocationEdit struct {
	Create   bool               `json:"create"`
	ID       uuid.UUID          `json:"location_id,omitzero"`
	Code     string             `json:"location_code"`
	Name     *string            `json:"location_name,omitempty"`
	Type     stock.LocationType `json:"location_type,omitempty"`
	Parent   *string            `json:"parent_location,omitempty"` // a code
	City     *string            `json:"city,omitempty"`
	State    *string            `json:"state,omitempty"`
	Address  *string            `json:"address,omitempty"`
	Policies *stock.Policies    `json:"policies,omitempty"`
	Active   *bool              `json:"is_active,omitempty"`
}

// PartEdit creates a part number or changes what is given of one. Serial control and the counting of
// fractions do not change once a part exists: its past movements were made under them.
type PartEdit struct {
	Create          bool            `json:"create"`
	ID              uuid.UUID       `json:"part_number_id,omitzero"`
	Number          string          `json:"part_number"`
	Description     *string         `json:"description,omitempty"`
	Category        *string         `json:"category,omitempty"`
	Manufacturer    *string         `json:"manufacturer,omitempty"`
	Model           *string         `json:"model,omitempty"`
	Unit            *string         `json:"unit_of_measure,omitempty"`
	NCM             *string         `json:"ncm,omitempty"`
	Serialized      bool            `json:"is_serialized,omitempty"`
	Fractional      bool            `json:"is_fractional,omitempty"`
	MandatoryReturn *bool           `json:"mandatory_return,omitempty"`
	Minimum         *stock.Quantity `json:"min_stock_level,omitempty"`
	Maximum         *stock.Quantity `json:"max_stock_level,omitempty"`
	ReorderPoint    *stock.Quantity `json:"reorder_point,omitempty"`
	UnitCost        *stock.Quantity `json:"unit_cost,omitempty"`
	SupplierCodes   []string        `json:"supplier_codes,omitempty"`
	SAPMaterial     *string         `json:"sap_material,omitempty"`
	Active          *bool           `json:"is_active,omitempty"`
}

// AssetEdit changes what is known of an asset; where it is and in which state is not edited but moved.
type AssetEdit struct {
	PartNumber string `json:"part_number"`
	Serial     string `json:"serial_number"`
	stock.AssetFacts
}

// CountOpen starts a count of a place.
type CountOpen struct {
	ID       uuid.UUID `json:"count_id"`
	Name     string    `json:"count_name"`
	Type     string    `json:"count_type"` // FULL, CYCLIC or SPOT
	Location string    `json:"location"`
	Project  string    `json:"project,omitempty"` // empty: every project
	Blind    bool      `json:"is_blind"`
}

// CountSubmit records what somebody counted. Results are facts: they are added, never changed.
type CountSubmit struct {
	CountID uuid.UUID     `json:"count_id"`
	Results []CountResult `json:"results"`
}

// CountResult is how much of a part somebody found.
type CountResult struct {
	ID         uuid.UUID       `json:"result_id"`
	PartNumber string          `json:"part_number"`
	Project    string          `json:"project,omitempty"`
	Condition  stock.Condition `json:"condition"`
	Quantity   stock.Quantity  `json:"counted_quantity"`
	Serials    []string        `json:"serial_numbers,omitempty"`
	Notes      string          `json:"notes,omitempty"`
}

// CountClose compares the last round of what was counted with the stock of that moment, opens a
// divergence for every difference and proposes the adjustments, which wait.
type CountClose struct {
	CountID uuid.UUID `json:"count_id"`
	Cancel  bool      `json:"cancel,omitempty"`
}
