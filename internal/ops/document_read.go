package ops

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
)

// linkOut is one thing that a document is attached to.
type linkOut struct {
	TargetType string `json:"target_type" enum:"document_target"`
	TargetID   ID     `json:"target_id"`
	AttachedBy string `json:"attached_by"`
	AttachedAt Time   `json:"attached_at"`
}

// documentItem is a document in a list.
type documentItem struct {
	DocumentID  ID        `json:"document_id"`
	Kind        string    `json:"document_kind" enum:"document_kind"`
	FileName    string    `json:"file_name"`
	ContentType string    `json:"content_type"` // as inspection found it, before that as announced
	Size        int64     `json:"size"`
	SHA256      string    `json:"sha256"`
	Status      string    `json:"status" enum:"document_status"`
	Reason      string    `json:"reason"`
	ReasonEN    string    `json:"reason_en"`
	CreatedBy   string    `json:"created_by"`
	CreatedAt   Time      `json:"created_at"`
	InspectedAt *Time     `json:"inspected_at"`
	PersonID    ID        `json:"person_id"` // whom it is about; null: nobody
	Links       []linkOut `json:"links"`     // those that the caller may see
}

// documentOut is a document with the way to its content.
type documentOut struct {
	documentItem
	ContentPath string  `json:"content_path"` // below the address of the API, with the caller's own token; empty before it is available
	DownloadURL *string `json:"download_url"` // good for minutes, for whoever has it; null where only content_path leads to it
	ExpiresAt   *Time   `json:"expires_at"`   // of download_url
}

type getDocumentIn struct {
	DocumentID ID `json:"document_id" req:"1" doc:"Documento | Document"`
}

func (d *Deps) getDocument() *Operation {
	return define(spec{name: "sga_get_document", text: textGetDocument(), risk: Read, roles: everyone()},
		func(ctx context.Context, c *Call, in *getDocumentIn) (*documentOut, error) {
			doc, err := d.Store.Document(ctx, d.documentSight(c.Actor), in.DocumentID.UUID)
			if err != nil {
				return nil, err
			}
			return d.documentOut(ctx, doc)
		})
}

// documentOut adds what leads to the content. What is about a person has no URL of its own: it is sealed in the
// store, and a copy that such a URL gave would outlive the key.
func (d *Deps) documentOut(ctx context.Context, doc *document.Document) (*documentOut, error) {
	names, err := d.Store.Names(ctx, peopleOf(doc))
	if err != nil {
		return nil, err
	}
	out := &documentOut{documentItem: itemOfDocument(doc, func(id uuid.UUID) string { return names[id].Display })}
	if doc.Status != document.Available {
		return out, nil
	}
	out.ContentPath = "/documents/" + doc.ID.String() + "/content"
	if doc.Person != uuid.Nil || d.Objects == nil {
		return out, nil
	}
	url, err := d.Objects.SignGet(ctx, doc.Bucket, doc.Key, doc.Name, downloadLife)
	if err != nil {
		return nil, err
	}
	until := Time{d.Now().Add(downloadLife)}
	out.DownloadURL, out.ExpiresAt = &url, &until
	return out, nil
}

func peopleOf(doc *document.Document) []uuid.UUID {
	ids := []uuid.UUID{doc.CreatedBy}
	for _, l := range doc.Links {
		ids = append(ids, l.By)
	}
	return ids
}

func itemOfDocument(doc *document.Document, name func(uuid.UUID) string) documentItem {
	it := documentItem{DocumentID: ID{doc.ID}, Kind: string(doc.Kind), FileName: doc.Name, ContentType: doc.Type, Size: doc.Size, SHA256: doc.SHA256,
		Status: string(doc.Status), Reason: doc.Reason, ReasonEN: doc.ReasonEN, CreatedBy: name(doc.CreatedBy), CreatedAt: Time{doc.CreatedAt},
		InspectedAt: timePtr(doc.InspectedAt), PersonID: ID{doc.Person}, Links: make([]linkOut, len(doc.Links))}
	if it.ContentType == "" {
		it.ContentType = doc.DeclaredType
	}
	for i, l := range doc.Links {
		it.Links[i] = linkOut{string(l.Kind), ID{l.ID}, name(l.By), Time{l.At}}
	}
	return it
}

type listDocumentsIn struct {
	Kind   string `json:"document_kind,omitzero" enum:"document_kind" doc:"Tipo de documento | Kind of document"`
	Status string `json:"status,omitzero" enum:"document_status" doc:"Situação | Status"`
	aboutArgs
	StartDate Date `json:"start_date,omitzero" doc:"Feitos a partir deste dia | Made from this day on"`
	EndDate   Date `json:"end_date,omitzero" doc:"Feitos até este dia, incluído | Made up to this day, included"`
	pageArgs
}

type listDocumentsOut struct {
	Count      int            `json:"count"`
	Items      []documentItem `json:"items"` // the newest first
	HasMore    bool           `json:"has_more"`
	NextCursor string         `json:"next_cursor,omitzero"`
}

func (d *Deps) listDocuments() *Operation {
	return define(spec{name: "sga_list_documents", text: textListDocuments(), risk: Read, roles: everyone()},
		func(ctx context.Context, c *Call, in *listDocumentsIn) (*listDocumentsOut, error) {
			f, err := d.documentFilter(ctx, c, in)
			if err != nil {
				return nil, err
			}
			p, err := d.Store.Documents(ctx, d.documentSight(c.Actor), f, in.page())
			if err != nil {
				return nil, err
			}
			var ids []uuid.UUID
			for i := range p.Rows {
				ids = append(ids, peopleOf(&p.Rows[i])...)
			}
			names, err := d.Store.Names(ctx, ids)
			if err != nil {
				return nil, err
			}
			out := &listDocumentsOut{Count: len(p.Rows), Items: make([]documentItem, len(p.Rows)), HasMore: p.Next != "", NextCursor: p.Next}
			for i := range p.Rows {
				out.Items[i] = itemOfDocument(&p.Rows[i], func(id uuid.UUID) string { return names[id].Display })
			}
			return out, nil
		})
}

func (d *Deps) documentFilter(ctx context.Context, c *Call, in *listDocumentsIn) (f document.Filter, err error) {
	f.From, f.To = in.StartDate.Date, in.EndDate.Date
	if err := (stock.MovementFilter{From: f.From, To: f.To}).Check(); err != nil {
		return f, err
	}
	if f.Kind, err = word(document.Kinds(), in.Kind, "document_kind"); err != nil {
		return f, err
	}
	if f.Status, err = word(document.Statuses(), in.Status, "status"); err != nil {
		return f, err
	}
	f.Target, _, _, err = d.target(ctx, c.Actor, in.TargetType, in.TargetID)
	return f, err
}

type attachEvidenceIn struct {
	DocumentIDs []ID   `json:"document_ids" req:"1" max:"50" doc:"Documentos disponíveis | Available documents"`
	TargetType  string `json:"target_type" req:"1" enum:"document_target" doc:"O que os documentos comprovam | What the documents prove"`
	TargetID    ID     `json:"target_id" req:"1" doc:"O id disso | Its id"`
}

type attachEvidenceOut struct {
	Success    bool   `json:"success"`
	TargetType string `json:"target_type" enum:"document_target"`
	TargetID   ID     `json:"target_id"`
	Attached   int    `json:"attached"` // new links; what was attached before counts no second time
}

func (d *Deps) attachEvidence() *Operation {
	return define(spec{name: "sga_attach_evidence", text: textAttachEvidence(), risk: Write, roles: filers()},
		func(ctx context.Context, c *Call, in *attachEvidenceIn) (*attachEvidenceOut, error) {
			act := d.act(c)
			t, projects, locations, err := d.target(ctx, c.Actor, in.TargetType, in.TargetID)
			if err != nil {
				return nil, err
			}
			act.Projects, act.Locations = projects, locations
			ids, err := d.evidence(ctx, c, in.DocumentIDs, "document_ids")
			if err != nil {
				return nil, err
			}
			n, err := d.Store.AttachDocuments(ctx, ids, t, act)
			if err != nil {
				return nil, err
			}
			return &attachEvidenceOut{Success: true, TargetType: string(t.Kind), TargetID: in.TargetID, Attached: n}, nil
		})
}

// evidence holds ids of documents to what can prove something: available, and seen or made by the caller. One that
// is not so answers as one that does not exist.
func (d *Deps) evidence(ctx context.Context, c *Call, ids []ID, field string) ([]uuid.UUID, error) {
	proven, unknown, err := d.sortEvidence(ctx, c, ids)
	if err == nil && len(unknown) > 0 {
		err = fault.InvalidArgument.With("Um dos documentos não existe ou não está disponível.", "One of the documents does not exist or is not available.").On(field)
	}
	return proven, err
}

// movementEvidence is that of a movement. What a person does with goods in his hands is not lost because a photo has not arrived: the ids that
// prove nothing are left out, the policy sees a movement without them, and the answer names them (ADR 10). Programs are refused.
func (d *Deps) movementEvidence(ctx context.Context, c *Call, ids []ID) ([]uuid.UUID, error) {
	if c.Actor.Kind != identity.Person || c.Actor.OnBehalf != "" {
		return d.evidence(ctx, c, ids, "evidence_ids")
	}
	proven, unknown, err := d.sortEvidence(ctx, c, ids)
	for _, id := range unknown {
		if !slices.Contains(c.unproven, ID{id}) {
			c.unproven = append(c.unproven, ID{id})
		}
	}
	return proven, err
}

// sortEvidence tells the documents that prove something from the other ids. A batch proves a thousand movements by one
// invoice, so a call looks each of them up once.
func (d *Deps) sortEvidence(ctx context.Context, c *Call, ids []ID) (proven, unknown []uuid.UUID, err error) {
	var fresh []uuid.UUID
	for _, id := range ids {
		if _, looked := c.usable[id.UUID]; !looked && !slices.Contains(fresh, id.UUID) {
			fresh = append(fresh, id.UUID)
		}
	}
	if len(fresh) > 0 {
		usable, err := d.Store.UsableDocuments(ctx, d.documentSight(c.Actor), fresh)
		if err != nil {
			return nil, nil, err
		}
		if c.usable == nil {
			c.usable = map[uuid.UUID]bool{}
		}
		for _, id := range fresh {
			c.usable[id] = slices.Contains(usable, id)
		}
	}
	for _, id := range ids {
		list := &unknown
		if c.usable[id.UUID] {
			list = &proven
		}
		if !slices.Contains(*list, id.UUID) {
			*list = append(*list, id.UUID)
		}
	}
	return proven, unknown, nil
}
