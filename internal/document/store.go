package document

import (
	"context"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
)

// Sight is what a caller may see of documents. An attached document is seen by who sees one of the things
// it is attached to; one that is not, by who made it and by admins; a manual by everybody; a document
// about a person by that person, its maker and admins; invoices by fiscal roles only.
type Sight struct {
	Scope  stock.Scope
	Person uuid.UUID
	Fiscal bool // sees invoices
	Admin  bool // sees what is attached to nothing
}

// Filter narrows a list; zero values narrow nothing.
type Filter struct {
	Kind     Kind
	Status   Status
	Target   Target
	From, To stock.Date // days on which it was made, both included
}

// Page is a stretch of a list, the newest first; Next is empty at the end.
type Page struct {
	Rows []Document
	Next string
}

// Act is who does something to documents, for the audit row and the event that travel with it. Projects
// and Locations are the codes of what it concerns: who follows the log sees the event by them.
type Act struct {
	Actor               *identity.Actor
	Call                approval.CallRecord // its Result is filled in by the store
	Projects, Locations []string
}

// Verdict is what an inspection found: AVAILABLE with type, size and place, or REFUSED with a reason.
type Verdict struct {
	Status           Status
	Type             string
	Size             int64
	SHA256           string
	Bucket           Bucket
	Key              string
	Reason, ReasonEN string
}

// Store keeps what is known of documents. Every change is one transaction with its audit row and its event.
type Store interface {
	// AddDocument keeps a new document. One that is AVAILABLE already is attached to what it is meant for.
	AddDocument(ctx context.Context, d *Document, a Act) error
	// ClaimUpload finds an upload of the actor by its handle and puts it into quarantine; one that was settled before
	// comes back as it is. Another's handle is not_found.
	ClaimUpload(ctx context.Context, handle string, by uuid.UUID) (*Document, error)
	// SettleDocument records the verdict on a document in quarantine and attaches it to what it is meant for. One
	// that is settled already is conflict.
	SettleDocument(ctx context.Context, id uuid.UUID, v Verdict, a Act) (*Document, error)
	// AttachDocuments adds links; those that are there already count as done. It says how many are new.
	AttachDocuments(ctx context.Context, ids []uuid.UUID, t Target, a Act) (added int, err error)
	// RecordedDocument finds one by its id whoever asks, as the database that writes has it now: for who does not know
	// whether AddDocument took effect. not_found when it is not there, which says nothing of a commit that still runs.
	RecordedDocument(ctx context.Context, id uuid.UUID) (*Document, error)
	// Document finds one with its links; not_found when the caller may not see it.
	Document(ctx context.Context, s Sight, id uuid.UUID) (*Document, error)
	// Documents lists, the newest first.
	Documents(ctx context.Context, s Sight, f Filter, p stock.Page) (*Page, error)
	// UsableDocuments gives those of ids that are available and that the caller may see or has made himself.
	UsableDocuments(ctx context.Context, s Sight, ids []uuid.UUID) ([]uuid.UUID, error)
	// SeesTarget says what a thing concerns, or not_found when the caller may not see it.
	SeesTarget(ctx context.Context, s Sight, t Target) (projects, locations []string, err error)
	// StaleUploads lists uploads by URL that were made before an instant and never settled.
	StaleUploads(ctx context.Context, before time.Time, limit int) ([]Document, error)
}

// PersonSealer encrypts what is about a person with that person's own key, so that destroying the key
// erases it (T-06). What is opened after that is not_found.
type PersonSealer interface {
	// Seal encrypts.
	Seal(ctx context.Context, person uuid.UUID, plain []byte) (sealed []byte, err error)
	// Open decrypts.
	Open(ctx context.Context, person uuid.UUID, sealed []byte) (plain []byte, err error)
}

// Content is a document opened for reading.
type Content struct {
	Document *Document
	Body     io.ReadSeekCloser
}
