package ops

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
)

const (
	// uploadLife is how long an upload URL is good: the largest file over a weak connection.
	uploadLife = 15 * time.Minute
	// downloadLife is how long a download URL is good: enough to click it.
	downloadLife = 5 * time.Minute
	// handleBytes of an upload: 160 random bits, which nobody guesses (S-23 asks for 128).
	handleBytes = 20
	// moveTime is what moving an upload to its place may take once it has passed; it goes on when the caller has left.
	moveTime = 2 * time.Minute
)

// filers may bring documents: everybody whose work leaves papers.
func filers() []identity.Role {
	return []identity.Role{identity.Admin, identity.Logistics, identity.Operations, identity.Technician, identity.Finance}
}

// aboutArgs name what a document is to be attached to.
type aboutArgs struct {
	TargetType string `json:"target_type,omitzero" enum:"document_target" doc:"O que o documento comprova | What the document proves"`
	TargetID   ID     `json:"target_id,omitzero" doc:"O id disso | Its id"`
}

type createUploadIn struct {
	Kind        string `json:"document_kind" req:"1" enum:"document_kind" doc:"O que é o documento | What the document is"`
	FileName    string `json:"file_name" req:"1" max:"300" doc:"Nome do arquivo | Name of the file"`
	ContentType string `json:"content_type" req:"1" max:"120" doc:"Tipo do conteúdo, como application/pdf | Content type, such as application/pdf"`
	Size        int    `json:"size" req:"1" min:"1" max:"209715200" doc:"Tamanho em bytes | Size in bytes"`
	SHA256      string `json:"sha256" req:"1" max:"64" doc:"SHA-256 do conteúdo, 64 dígitos hexadecimais | SHA-256 of the content, 64 hexadecimal digits"`
	aboutArgs
}

type uploadHeader struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type createUploadOut struct {
	DocumentID ID             `json:"document_id"`
	UploadID   string         `json:"upload_id"` // for sga_complete_upload, by the same caller
	Method     string         `json:"method"`
	URL        string         `json:"url"`
	Headers    []uploadHeader `json:"headers"` // to be sent exactly so
	ExpiresAt  Time           `json:"expires_at"`
}

func (d *Deps) createUpload() *Operation {
	return define(spec{name: "sga_create_upload", text: textCreateUpload(), risk: Write, roles: filers()},
		func(ctx context.Context, c *Call, in *createUploadIn) (*createUploadOut, error) {
			doc, act, err := d.newDocument(ctx, c, in)
			if err != nil {
				return nil, err
			}
			if doc.Handle, err = newHandle(); err != nil {
				return nil, err
			}
			if err := d.haveObjects(); err != nil {
				return nil, err
			}
			up, err := d.Objects.SignPut(ctx, document.Grant{Bucket: document.Documents, Key: document.UploadKey(doc.Handle), Type: doc.DeclaredType,
				Size: doc.Size, SHA256: doc.SHA256, For: uploadLife})
			if err != nil {
				return nil, err
			}
			if err := d.Store.AddDocument(ctx, doc, act); err != nil {
				return nil, err
			}
			out := &createUploadOut{DocumentID: ID{doc.ID}, UploadID: doc.Handle, Method: up.Method, URL: up.URL, Headers: []uploadHeader{}, ExpiresAt: Time{up.Until}}
			for name := range up.Header {
				if name != "Host" && name != "Content-Length" { // every client sends these by itself
					out.Headers = append(out.Headers, uploadHeader{name, up.Header.Get(name)})
				}
			}
			slices.SortFunc(out.Headers, func(a, b uploadHeader) int { return strings.Compare(a.Name, b.Name) })
			return out, nil
		})
}

func newHandle() (string, error) {
	raw := make([]byte, handleBytes)
	if _, err := io.ReadFull(rand.Reader, raw); err != nil { // a simulated one would be worthless as a secret
		return "", fault.Internal.With("Erro interno.", "Internal error.").Because(err)
	}
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw)), nil
}

// isHandle keeps what cannot be a handle from the database and from keys.
func isHandle(s string) bool {
	return len(s) == handleBytes*8/5 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz234567") == ""
}

func (d *Deps) haveObjects() error {
	if d.Objects == nil {
		return fault.Unavailable.With("O depósito de documentos não está ligado.", "The store of documents is not connected.")
	}
	return nil
}

// newDocument checks what was said of a document and of what it is about.
func (d *Deps) newDocument(ctx context.Context, c *Call, in *createUploadIn) (*document.Document, document.Act, error) {
	act := d.act(c)
	kind, err := stock.Parse(document.Kinds(), in.Kind, "document_kind")
	if err != nil {
		return nil, act, err
	}
	doc := &document.Document{ID: d.NewID(), Kind: kind, Name: document.SafeName(in.FileName), DeclaredType: document.DeclaredType(in.ContentType),
		Size: int64(in.Size), SHA256: strings.ToLower(in.SHA256), Status: document.Uploading, CreatedBy: c.Actor.PersonID, CreatedAt: d.Now()}
	if err := document.CheckDeclared(kind, doc.DeclaredType, doc.Size); err != nil {
		return nil, act, err
	}
	if len(doc.SHA256) != 64 || strings.Trim(doc.SHA256, "0123456789abcdef") != "" {
		return nil, act, fault.InvalidArgument.With("O SHA-256 tem 64 dígitos hexadecimais.", "A SHA-256 has 64 hexadecimal digits.").On("sha256")
	}
	doc.Meant, act.Projects, act.Locations, err = d.target(ctx, c.Actor, in.TargetType, in.TargetID)
	return doc, act, err
}

// act is a call as the store of documents records it.
func (d *Deps) act(c *Call) document.Act {
	return document.Act{Actor: c.Actor, Call: approval.CallRecord{Door: c.Door, Origin: c.Origin, Operation: c.Operation.Name, Arguments: c.Arguments}}
}

// target finds what a document is about within what the caller may see; none is no error.
func (d *Deps) target(ctx context.Context, a *identity.Actor, kind string, id ID) (t document.Target, projects, locations []string, err error) {
	if t.Kind, err = word(document.TargetKinds(), kind, "target_type"); err != nil {
		return t, nil, nil, err
	}
	if t.ID = id.UUID; (t.Kind == "") != (t.ID == uuid.Nil) {
		return t, nil, nil, fault.InvalidArgument.With("target_type e target_id vêm juntos.", "target_type and target_id come together.").On("target_id")
	}
	if t.Kind == "" {
		return t, nil, nil, nil
	}
	projects, locations, err = d.Store.SeesTarget(ctx, d.documentSight(a), t)
	return t, projects, locations, err
}

func (d *Deps) documentSight(a *identity.Actor) document.Sight {
	return document.Sight{Scope: scopeOf(a, d.Store.Catalog()), Person: a.PersonID, Fiscal: seesFiscal(a),
		Admin: a.Is(identity.Admin) && a.Projects.All && a.Locations.All}
}

type completeUploadIn struct {
	UploadID string `json:"upload_id" req:"1" max:"64" doc:"O que sga_create_upload respondeu | What sga_create_upload answered"`
}

func (d *Deps) completeUpload() *Operation {
	return define(spec{name: "sga_complete_upload", text: textCompleteUpload(), risk: Write, roles: filers()},
		func(ctx context.Context, c *Call, in *completeUploadIn) (*documentOut, error) {
			if err := d.haveObjects(); err != nil {
				return nil, err
			}
			if !isHandle(in.UploadID) {
				return nil, uploadNotFound()
			}
			doc, err := d.Store.ClaimUpload(ctx, in.UploadID, c.Actor.PersonID)
			if err != nil {
				return nil, err
			}
			if doc.Status != document.Quarantined {
				return d.settledBefore(ctx, c, doc)
			}
			settled, err := d.inspectUpload(ctx, c, doc)
			if err != nil {
				return d.settledMeanwhile(ctx, c, doc, err)
			}
			return d.documentOut(ctx, settled)
		})
}

func uploadNotFound() error {
	return fault.NotFound.With("Envio não encontrado.", "Upload not found.").On("upload_id")
}

// settledBefore answers a repetition as the first call was answered.
func (d *Deps) settledBefore(ctx context.Context, c *Call, doc *document.Document) (*documentOut, error) {
	if doc.Status == document.Refused {
		return nil, refusedBefore(doc)
	}
	r := approval.CallRecord{Door: c.Door, Origin: c.Origin, Operation: c.Operation.Name, Result: "replay", Arguments: c.Arguments}
	if err := d.Store.RecordCall(d.Now(), c.Actor, r); err != nil {
		return nil, err
	}
	return d.documentOut(ctx, doc)
}

// settledMeanwhile answers a call that failed with cause although the upload was settled: by the same call made twice at
// once, or by this one, when only the answer to its commit was lost. Nothing is deleted here: what was moved stays.
func (d *Deps) settledMeanwhile(ctx context.Context, c *Call, doc *document.Document, cause error) (*documentOut, error) {
	switch fault.CodeOf(cause) {
	case fault.Conflict, fault.NotFound, fault.Unavailable:
	default:
		return nil, cause
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unsureTime)
	defer cancel()
	now, err := d.Store.ClaimUpload(ctx, doc.Handle, c.Actor.PersonID)
	if err != nil || now.Status != document.Available && now.Status != document.Refused {
		return nil, cause
	}
	return d.settledBefore(ctx, c, now)
}

func refusedBefore(doc *document.Document) error {
	return fault.InvalidArgument.With("%[1]s", "%[2]s", doc.Reason, doc.ReasonEN).On("file").Detail("document_id", doc.ID.String())
}

// inspectUpload looks at what came, and moves it to its place or refuses it. A crash at any point leaves it in
// quarantine, where the same call, made again, does the whole of it again.
func (d *Deps) inspectUpload(ctx context.Context, c *Call, doc *document.Document) (*document.Document, error) {
	from := document.UploadKey(doc.Handle)
	body, _, err := d.Objects.Get(ctx, document.Documents, from, 0, 0)
	if fault.CodeOf(err) == fault.NotFound {
		return nil, fault.Conflict.With("O arquivo ainda não chegou.", "The file has not arrived yet.").On("upload_id").Final()
	}
	if err != nil {
		return nil, err
	}
	look := document.NewInspector()
	_, err = io.Copy(look, io.LimitReader(body, document.MaxSize(doc.Kind)+1))
	_ = body.Close()
	if err != nil {
		return nil, fault.Unavailable.With("O arquivo não pôde ser lido. Tente de novo.", "The file could not be read. Try again.").Because(err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), moveTime)
	defer cancel()
	v := document.Verdict{Size: look.Size(), SHA256: look.Sum()}
	var refused error
	v.Type, refused = look.Judge(document.Claim{Kind: doc.Kind, Type: doc.DeclaredType, Size: doc.Size, SHA256: doc.SHA256})
	if refused != nil {
		f := fault.Of(refused)
		v = document.Verdict{Status: document.Refused, Reason: f.Message, ReasonEN: f.MessageEN}
	} else if err := d.moveUpload(ctx, doc, &v); err != nil {
		return nil, err
	}
	act := d.act(c)
	if doc.Meant.Kind != "" { // who follows the log learns of it by what it is about; that it may have gone meanwhile is no error
		act.Projects, act.Locations, _ = d.Store.SeesTarget(ctx, d.documentSight(c.Actor), doc.Meant)
	}
	settled, err := d.Store.SettleDocument(ctx, doc.ID, v, act)
	if err != nil {
		return nil, err
	}
	_ = d.Objects.Delete(ctx, document.Documents, from) // what stays goes after a day by the lifecycle
	if refused != nil {
		return nil, fault.Of(refused).Detail("document_id", doc.ID.String())
	}
	return settled, nil
}

// moveUpload brings an upload to its place. Its checksum was in the grant, so what is copied is what was inspected;
// into another bucket it is read and written again.
func (d *Deps) moveUpload(ctx context.Context, doc *document.Document, v *document.Verdict) error {
	v.Status, doc.Type = document.Available, v.Type
	var tags map[string]string
	v.Bucket, v.Key, tags = doc.Place()
	from := document.UploadKey(doc.Handle)
	if v.Bucket == document.Documents && tags == nil {
		return d.Objects.Copy(ctx, document.Documents, from, v.Key)
	}
	body, _, err := d.Objects.Get(ctx, document.Documents, from, 0, 0)
	if err != nil {
		return err
	}
	defer body.Close() //nolint:errcheck // only read
	_, err = d.Objects.Put(ctx, document.Put{Bucket: v.Bucket, Key: v.Key, Type: v.Type, Size: v.Size, Body: body, Tags: tags})
	return err
}

// documentVocabulary lists the words of documents.
func documentVocabulary(name string) []string {
	switch name {
	case "document_kind":
		return stock.Values(document.Kinds())
	case "document_status":
		return stock.Values(document.Statuses())
	case "document_target":
		return stock.Values(document.TargetKinds())
	}
	return nil
}
