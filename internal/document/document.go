package document

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/faiston/nexo/internal/fault"
)

// Kind is what a document is to the business; it decides who sees it, how large it may be and where it lies.
type Kind string

// The kinds of documents.
const (
	InvoiceXML  Kind = "NF_XML"
	InvoicePDF  Kind = "NF_PDF"
	Photo       Kind = "PHOTO"
	Signature   Kind = "SIGNATURE"
	Paper       Kind = "DOCUMENT"
	Manual      Kind = "MANUAL"
	Spreadsheet Kind = "SPREADSHEET"
	Export      Kind = "EXPORT"
	Other       Kind = "OTHER"
)

// Kinds lists them.
func Kinds() []Kind {
	return []Kind{InvoiceXML, InvoicePDF, Photo, Signature, Paper, Manual, Spreadsheet, Export, Other}
}

// Fiscal reports whether only those may see it who may see invoices and values.
func (k Kind) Fiscal() bool { return k == InvoiceXML || k == InvoicePDF }

// Status is how far a document has come. Only an AVAILABLE one can be downloaded.
type Status string

// Statuses, in their order. A refused document keeps its row and loses its content.
const (
	Uploading   Status = "UPLOADING"   // a URL was given; nothing is known to have come
	Quarantined Status = "QUARANTINED" // its content is there and is being inspected
	Available   Status = "AVAILABLE"
	Refused     Status = "REFUSED"
)

// Statuses lists them.
func Statuses() []Status { return []Status{Uploading, Quarantined, Available, Refused} }

// TargetKind is what a document can be attached to.
type TargetKind string

// The things that documents prove or describe.
const (
	OfMovement    TargetKind = "MOVEMENT"
	OfTask        TargetKind = "TASK"
	OfCount       TargetKind = "COUNT"
	OfAsset       TargetKind = "ASSET"
	OfReservation TargetKind = "RESERVATION"
)

// TargetKinds lists them.
func TargetKinds() []TargetKind {
	return []TargetKind{OfMovement, OfTask, OfCount, OfAsset, OfReservation}
}

// Target is one thing that a document is attached to; the zero Target is none.
type Target struct {
	Kind TargetKind
	ID   uuid.UUID
}

// Link says since when and by whom a document is attached to something. Links are only ever added.
type Link struct {
	Target
	By uuid.UUID
	At time.Time
}

// Document is what is kept of a file, beside its bytes.
type Document struct {
	ID           uuid.UUID
	Kind         Kind
	Name         string // SafeName of the name as given
	DeclaredType string
	Type         string // as found by inspection; empty before
	Size         int64  // bytes, of what people upload and download
	SHA256       string // hex, likewise
	Bucket       Bucket
	Key          string // made by the program; empty until it is available
	Handle       string // of an upload by URL: ≥ 128 random bits, good for its maker only; empty for others
	Meant        Target // what it will be attached to when it has passed
	Status       Status
	Reason       string // of a refusal
	ReasonEN     string
	Person       uuid.UUID // whom it is about; its bytes are sealed with that person's key. uuid.Nil: nobody
	CreatedBy    uuid.UUID
	CreatedAt    time.Time
	InspectedAt  time.Time
	Version      int64 // counts its changes and its links
	Links        []Link
}

// UploadKey is where the bytes of an upload by URL wait for inspection.
func UploadKey(handle string) string { return PrefixUploads + handle }

// Place says where the bytes of a document belong once they are available: bucket and key, as the
// infrastructure document's layout has them. nil tags is none.
func (d *Document) Place() (b Bucket, key string, tags map[string]string) {
	file := d.ID.String() + Ending(d.Type)
	switch d.Kind {
	case InvoiceXML, InvoicePDF:
		at := d.CreatedAt.UTC()
		return Documents, fmt.Sprintf("%s%04d/%02d/%s/original%s", PrefixInvoices, at.Year(), at.Month(), d.ID, Ending(d.Type)), nil
	case Manual:
		return EquipmentDocs, PrefixManuals + "unclassified/" + file, nil
	case Export:
		return Documents, PrefixInventories + d.group(OfCount) + "/exports/" + file, map[string]string{TagType: TypeExport}
	}
	folder := map[Kind]string{Photo: "photos", Signature: "signatures"}[d.Kind]
	if folder == "" {
		folder = "documents"
	}
	if d.Meant.Kind == OfCount {
		return Documents, PrefixInventories + d.group(OfCount) + "/" + folder + "/" + file, nil
	}
	return Documents, PrefixEvidence + d.group(OfMovement) + "/" + folder + "/" + file, nil
}

// group is the folder of a document: what it was meant for, or itself where that was not known yet, as of
// a photo that is sent before its movement.
func (d *Document) group(k TargetKind) string {
	if d.Meant.Kind == k {
		return d.Meant.ID.String()
	}
	return d.ID.String()
}

// NotFound is the answer to a document that is not there or that the caller may not see.
func NotFound(field string) error {
	return fault.NotFound.With("Documento não encontrado.", "Document not found.").On(field)
}
