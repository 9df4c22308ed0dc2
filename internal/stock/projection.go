package stock

import "github.com/google/uuid"

// Facts of the ledger as the tables outside show them: codes and not inner keys, quantities as decimal
// strings, instants in UTC with microseconds (fixed width, so that their order is that of the text), days
// as YYYY-MM-DD, people as ids only. An empty string is none. The JSON names are those of the tables.
//
// Fields stand in the order of the columns that package postgres reads into them.

// FactKeys asks for the facts that events touch.
type FactKeys struct {
	Movements   []uuid.UUID // with their timeline entries, balances, assets and reservations
	States      []uuid.UUID // assets that changed without a movement ...
	StatesAt    []int64     // ... and the sequence of each change
	Assets      []uuid.UUID
	Tasks       []uuid.UUID
	Divergences []uuid.UUID
	Documents   []uuid.UUID
	Parts       []uuid.UUID
	Locations   []uuid.UUID
	Projects    []uuid.UUID
	// TaskChildren asks for the comments and attachments of Tasks, and for the attachments that Documents are, in
	// place of the documents themselves.
	TaskChildren bool
	Founding     bool // the master data that every installation begins with, which no event told of
}

// Facts is the answer: movements and timeline entries as they were made, everything else as it is now.
type Facts struct {
	Movements    []MovementFact
	Timeline     []AssetEventFact
	Balances     []BalanceFact
	Assets       []AssetFact
	Reservations []ReservationFact
	Tasks        []TaskFact
	TaskChildren []TaskChildFact
	Divergences  []DivergenceFact
	Documents    []DocumentFact
	Parts        []PartFact
	Locations    []LocationFact
	Projects     []ProjectFact
}

// MovementFact is a movement; it never changes.
type MovementFact struct {
	Sequence        int64    `json:"sequence"`
	ID              string   `json:"movement_id"`
	Type            string   `json:"movement_type"`
	MovementOn      string   `json:"movement_on"`
	RecordedAt      string   `json:"recorded_at"`
	PartNumber      string   `json:"part_number"`
	Project         string   `json:"project_code"`
	Source          string   `json:"source_location_code"`
	Destination     string   `json:"destination_location_code"`
	SourceCondition string   `json:"source_condition"`
	Condition       string   `json:"condition"`
	Quantity        string   `json:"quantity"`
	Released        string   `json:"released,omitempty"`
	Delivery        string   `json:"delivery_location_code,omitempty"`
	ReservationID   string   `json:"reservation_id,omitempty"`
	ReversalOf      string   `json:"reversal_of,omitempty"`
	ActorID         string   `json:"actor_id"`
	ActorKind       string   `json:"actor_kind"`
	Operation       string   `json:"operation"`
	Rule            string   `json:"rule"`
	Review          bool     `json:"review"`
	TaskID          string   `json:"task_id,omitempty"`
	ApprovedBy      string   `json:"approved_by,omitempty"`
	NFNumber        string   `json:"nf_number,omitempty"`
	Ticket          string   `json:"ticket,omitempty"`
	Reference       string   `json:"reference_document,omitempty"`
	ReasonCode      string   `json:"reason_code,omitempty"`
	CountID         string   `json:"count_id,omitempty"`
	EvidenceIDs     []string `json:"evidence_ids,omitempty"`
	AssetIDs        []string `json:"asset_ids,omitempty"`
}

// AssetEventFact is an entry of an asset's timeline; it never changes.
type AssetEventFact struct {
	AssetID       string `json:"asset_id"`
	Version       int64  `json:"asset_version"`
	Sequence      int64  `json:"sequence"`
	PartNumber    string `json:"part_number"`
	Serial        string `json:"serial_number"`
	MovementID    string `json:"movement_id,omitempty"`
	RecordedAt    string `json:"recorded_at"`
	EventOn       string `json:"event_on"`
	FromStatus    string `json:"from_status,omitempty"`
	ToStatus      string `json:"to_status"`
	FromLocation  string `json:"from_location_code,omitempty"`
	ToLocation    string `json:"to_location_code"`
	FromCondition string `json:"from_condition,omitempty"`
	ToCondition   string `json:"to_condition"`
	FromProject   string `json:"from_project_code,omitempty"`
	ToProject     string `json:"to_project_code"`
	Active        bool   `json:"is_active"`
	ActorID       string `json:"actor_id"`
}

// BalanceFact is a balance as it is.
type BalanceFact struct {
	Version        int64  `json:"-"` // of its stream
	PartNumber     string `json:"part_number"`
	Location       string `json:"location_code"`
	Project        string `json:"project_code"`
	Condition      string `json:"condition"`
	Total          string `json:"quantity_total"`
	Reserved       string `json:"quantity_reserved"`
	Available      string `json:"quantity_available"`
	LastMovementAt string `json:"last_movement_at,omitempty"`
}

// AssetFact is an asset as it is.
type AssetFact struct {
	Version        int64  `json:"-"` // of its events and of the edits of what is known of it
	ID             string `json:"asset_id"`
	PartNumber     string `json:"part_number"`
	Serial         string `json:"serial_number"`
	SerialKey      string `json:"serial_key"`
	Project        string `json:"project_code"`
	Location       string `json:"location_code"`
	Status         string `json:"asset_status"`
	Condition      string `json:"condition"`
	Ownership      string `json:"ownership"`
	ReservationID  string `json:"reservation_id,omitempty"`
	LastMovementID string `json:"last_movement_id,omitempty"`
	LastMovementAt string `json:"last_movement_at,omitempty"`
	Active         bool   `json:"is_active"`
	PurchaseDate   string `json:"purchase_date,omitempty"`
	WarrantyEnd    string `json:"warranty_end_date,omitempty"`
	NFNumber       string `json:"nf_number,omitempty"`
	Ticket         string `json:"ticket,omitempty"`
	Tag            string `json:"tag,omitempty"`
	CreatedAt      string `json:"created_at"`
}

// ReservationFact is a reservation as it is.
type ReservationFact struct {
	Version         int64    `json:"-"` // 1 while it is active, 2 after
	ID              string   `json:"reservation_id"`
	PartNumber      string   `json:"part_number"`
	Location        string   `json:"location_code"`
	Project         string   `json:"project_code"`
	Condition       string   `json:"condition"`
	Quantity        string   `json:"quantity"`
	Serials         []string `json:"serial_keys,omitempty"`
	Status          string   `json:"reservation_status"`
	Ticket          string   `json:"ticket,omitempty"`
	ReservedBy      string   `json:"reserved_by"`
	ReservedAt      string   `json:"reserved_at"`
	ExpiresAt       string   `json:"expires_at"`
	EndedAt         string   `json:"ended_at,omitempty"`
	MovementID      string   `json:"movement_id"`
	EndedMovementID string   `json:"ended_movement_id,omitempty"`
}

// TaskFact is a task as it is.
type TaskFact struct {
	Version       int64    `json:"-"`
	ID            string   `json:"task_id,omitempty"`
	Type          string   `json:"task_type"`
	Status        string   `json:"task_status"`
	Priority      string   `json:"priority"`
	Operation     string   `json:"operation"`
	Summary       string   `json:"summary"`
	SummaryEN     string   `json:"summary_en"`
	Rule          string   `json:"rule"`
	Reason        string   `json:"reason"` // why it waits: a sentence of the policy
	ReasonEN      string   `json:"reason_en"`
	Fingerprint   string   `json:"fingerprint"`
	Value         string   `json:"value,omitempty"` // BRL
	Confidence    string   `json:"confidence,omitempty"`
	EvidenceIDs   []string `json:"evidence_ids,omitempty"`
	Projects      []string `json:"project_codes"`
	Locations     []string `json:"location_codes"`
	ReferenceType string   `json:"reference_type,omitempty"`
	ReferenceID   string   `json:"reference_id,omitempty"`
	ProposedBy    string   `json:"proposed_by"`
	ProposedKind  string   `json:"proposed_kind"`
	AssigneeID    string   `json:"assignee_id,omitempty"`
	CreatedAt     string   `json:"created_at"`
	ExpiresAt     string   `json:"expires_at"`
	DueAt         string   `json:"due_at,omitempty"`
	Escalation    int64    `json:"escalation"` // how often it was raised
	Needed        int64    `json:"approvals_needed"`
	Approvals     int64    `json:"approvals"` // for what is shown now
	DecidedAt     string   `json:"decided_at,omitempty"`
	DecidedBy     string   `json:"decided_by,omitempty"`
}

// TaskChildFact is a comment on a task or a document attached to it; it never changes, but it ends with its task.
type TaskChildFact struct {
	Kind         string   `json:"-"` // COMMENT or ATTACHMENT
	ID           string   `json:"id"`
	TaskID       string   `json:"parent"`
	AuthorID     string   `json:"author_id"`
	AuthorKind   string   `json:"author_kind,omitempty"`
	Text         string   `json:"text,omitempty"`
	EvidenceIDs  []string `json:"evidence_ids,omitempty"`
	DocumentType string   `json:"document_type,omitempty"`
	CreatedAt    string   `json:"created_at"`
	EndedAt      string   `json:"-"` // of the task; empty while it is open
}

// DivergenceFact is a divergence as it is.
type DivergenceFact struct {
	Version    int64    `json:"-"`
	ID         string   `json:"divergence_id"`
	Type       string   `json:"divergence_type"`
	Status     string   `json:"divergence_status"`
	PartNumber string   `json:"part_number"`
	Location   string   `json:"location_code"`
	Project    string   `json:"project_code"`
	Condition  string   `json:"condition"`
	Expected   string   `json:"expected_quantity"`
	Actual     string   `json:"actual_quantity"`
	Variance   string   `json:"variance"`
	Missing    []string `json:"serials_missing,omitempty"`
	Unexpected []string `json:"serials_unexpected,omitempty"`
	CountID    string   `json:"count_id,omitempty"`
	TaskID     string   `json:"task_id,omitempty"`
	CreatedBy  string   `json:"created_by"`
	CreatedAt  string   `json:"created_at"`
}

// DocumentFact is a document as it is: what kind of thing it is and to what it belongs. Its name may be a
// person's and stays in the ledger.
type DocumentFact struct {
	Version     int64    `json:"-"`
	ID          string   `json:"document_id"`
	Type        string   `json:"document_type"`
	Status      string   `json:"document_status"`
	ContentType string   `json:"content_type,omitempty"`
	Size        int64    `json:"size"` // bytes
	SHA256      string   `json:"sha256"`
	Links       []string `json:"links,omitempty"` // MOVEMENT#id and the like
	PersonID    string   `json:"person_id,omitempty"`
	CreatedBy   string   `json:"created_by"`
	CreatedAt   string   `json:"created_at"`
}

// PartFact is a part number as it is.
type PartFact struct {
	Version      int64  `json:"-"` // of the catalogue when it last changed
	ID           string `json:"part_number_id"`
	Number       string `json:"part_number"`
	Description  string `json:"description"`
	Category     string `json:"category,omitempty"`
	Manufacturer string `json:"manufacturer,omitempty"`
	Model        string `json:"model,omitempty"`
	Unit         string `json:"unit_of_measure"`
	NCM          string `json:"ncm,omitempty"`
	Serialized   bool   `json:"is_serialized"`
	Fractional   bool   `json:"is_fractional"`
	Minimum      string `json:"min_stock_level"`
	SAPMaterial  string `json:"sap_material,omitempty"`
	Active       bool   `json:"is_active"`
	CreatedAt    string `json:"created_at"`
}

// LocationFact is a place as it is. A technician's place has no name here: it is a person's.
type LocationFact struct {
	Version   int64  `json:"-"`
	ID        string `json:"location_id"`
	Code      string `json:"location_code"`
	Name      string `json:"location_name,omitempty"`
	Type      string `json:"location_type"`
	Parent    string `json:"parent_location_code,omitempty"`
	City      string `json:"city,omitempty"`
	State     string `json:"state,omitempty"`
	Active    bool   `json:"is_active"`
	CreatedAt string `json:"created_at"`
}

// ProjectFact is a project as it is. Contracts are not for everybody and stay in the ledger.
type ProjectFact struct {
	Version   int64  `json:"-"`
	ID        string `json:"project_id"`
	Code      string `json:"project_code"`
	Name      string `json:"project_name"`
	Client    string `json:"client_name,omitempty"`
	Active    bool   `json:"is_active"`
	CreatedAt string `json:"created_at"`
}
