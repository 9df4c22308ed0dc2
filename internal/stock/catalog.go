package stock

import (
	"slices"

	"github.com/google/uuid"
)

// Inner keys are small integers so that balances and movements stay lean; what leaves the program
// are codes and UUIDs.
type (
	// ProjectKey is the inner key of a project.
	ProjectKey int32
	// LocationKey is the inner key of a location.
	LocationKey int32
	// PartKey is the inner key of a part number.
	PartKey int32
)

// Reserved rows that every database has from its first migration.
const (
	GeneralCode = "GERAL"    // the project of movements that name none
	OutsideCode = "EXTERNO"  // the world outside: keeps no balance row, its balance is the net of the log
	TransitCode = "TRANSITO" // on the road

	GeneralKey ProjectKey  = 1
	OutsideKey LocationKey = 1
	TransitKey LocationKey = 2
)

// Project owns stock: every balance belongs to one.
type Project struct {
	Key      ProjectKey
	ID       uuid.UUID
	Code     string
	Name     string
	Client   string
	Contract string
	StartsOn Date
	EndsOn   Date
	Active   bool
}

// Location is a place of the tree: a warehouse, a shelf, a technician, a customer, the road.
type Location struct {
	Key      LocationKey
	ID       uuid.UUID
	Code     string
	Name     string
	Type     LocationType
	Parent   LocationKey // 0 for none
	City     string
	State    string // UF, two letters
	Address  string
	Policies Policies
	Active   bool
}

// Policies limit what a place may hold (FR-03). The zero Policies limit nothing.
type Policies struct {
	Restricted bool        `json:"restricted,omitempty"` // every movement in or out waits for a person
	Conditions []Condition `json:"conditions,omitempty"` // only goods in these conditions may enter
	Ownership  Ownership   `json:"ownership,omitempty"`  // only goods of this owner may enter
}

func (p Policies) accepts(c Condition) bool {
	return len(p.Conditions) == 0 || slices.Contains(p.Conditions, c)
}

// Part is an entry of the catalogue.
type Part struct {
	Key             PartKey
	ID              uuid.UUID
	Number          string
	Description     string
	Category        string
	Manufacturer    string
	Model           string
	Unit            string // as on the NF-e: UN, M, KG …
	NCM             string // Mercosur nomenclature, 8 digits
	Serialized      bool
	Fractional      bool // may be counted in parts of a unit (cable by the metre)
	MandatoryReturn bool // must come back from the field (reverse logistics)
	Minimum         Quantity
	Maximum         *Quantity
	ReorderPoint    *Quantity
	UnitCost        *Quantity // BRL; nil when nobody has said
	SupplierCodes   []string
	SAPMaterial     string
	Active          bool
}

// Catalog resolves codes to rows; an adapter keeps it current.
type Catalog interface {
	// Project finds a project by code, folded; ok is false when there is none.
	Project(code string) (*Project, bool)
	// Location finds a place by code, folded.
	Location(code string) (*Location, bool)
	// Part finds a part number, folded.
	Part(number string) (*Part, bool)
	// ProjectByKey, LocationByKey and PartByKey find the row of an inner key.
	ProjectByKey(k ProjectKey) (*Project, bool)
	LocationByKey(k LocationKey) (*Location, bool)
	PartByKey(k PartKey) (*Part, bool)
}
