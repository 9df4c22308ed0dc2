package ops

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/google/uuid"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
)

// FileCall brings a document whose bytes come with the call.
type FileCall struct {
	Actor                   *identity.Actor
	Door, Origin            string
	Kind, Name, ContentType string // as in sga_create_upload
	SHA256                  string // empty: not announced
	TargetType, TargetID    string
	PersonID                string // whom it is about; empty: nobody
	Body                    io.Reader
}

// maxPersonal in bytes of a document about a person, which is sealed and opened in memory.
const maxPersonal = 25 << 20

// unsureTime is what finding out about a lost answer may take.
const unsureTime = 5 * time.Second

// ReceiveDocument takes a whole document, inspects it before it is stored, and answers as sga_complete_upload
// does. It is allowed and audited as sga_create_upload.
func (r *Registry) ReceiveDocument(ctx context.Context, in FileCall) ([]byte, error) {
	op := r.byName["sga_create_upload"]
	if in.PersonID != "" { // a name of a file often names the person, and what the audit keeps is never erased
		in.Name = "documento-pessoal"
	}
	args, err := Encode(struct {
		Kind       string `json:"document_kind"`
		FileName   string `json:"file_name"`
		TargetType string `json:"target_type,omitzero"`
		TargetID   string `json:"target_id,omitzero"`
	}{in.Kind, document.SafeName(in.Name), in.TargetType, in.TargetID})
	if err != nil {
		return nil, err
	}
	c := &Call{Operation: op, Actor: in.Actor, Door: in.Door, Origin: in.Origin, Arguments: args}
	out, err := r.receive(ctx, c, &in)
	if err == nil {
		return out, nil
	}
	f := fault.Of(err)
	if refused := r.recordFile(c, string(f.Code)); refused != nil {
		return nil, refused
	}
	return nil, f
}

// recordFile audits a call that is no effect; nil where it could.
func (r *Registry) recordFile(c *Call, result string) error {
	return r.audit.RecordCall(r.now(), c.Actor, approval.CallRecord{Door: c.Door, Origin: c.Origin, Operation: c.Operation.Name, Result: result, Arguments: c.Arguments})
}

func (r *Registry) receive(ctx context.Context, c *Call, in *FileCall) ([]byte, error) {
	if err := c.Operation.authorize(c.Actor); err != nil {
		return nil, err
	}
	if err := r.countCall(c.Actor, c.Operation); err != nil {
		return nil, err
	}
	out, err := r.deps.receive(ctx, c, in)
	if err != nil {
		return nil, err
	}
	return Encode(out)
}

func (d *Deps) receive(ctx context.Context, c *Call, in *FileCall) (*documentOut, error) {
	if err := d.haveObjects(); err != nil {
		return nil, err
	}
	kind, err := stock.Parse(document.Kinds(), in.Kind, "document_kind")
	if err != nil {
		return nil, err
	}
	doc := &document.Document{ID: d.NewID(), Kind: kind, Name: document.SafeName(in.Name), DeclaredType: document.DeclaredType(in.ContentType),
		CreatedBy: c.Actor.PersonID, CreatedAt: d.Now(), Status: document.Available}
	if err := document.CheckDeclared(kind, doc.DeclaredType, 1); err != nil {
		return nil, err
	}
	if doc.Person, err = d.about(in.PersonID); err != nil {
		return nil, err
	}
	id, err := optionalUUID(in.TargetID, "target_id")
	if err != nil {
		return nil, err
	}
	act := d.act(c)
	if doc.Meant, act.Projects, act.Locations, err = d.target(ctx, c.Actor, in.TargetType, ID{id}); err != nil {
		return nil, err
	}
	file, err := d.spool(ctx, doc, in)
	if err != nil {
		return nil, err
	}
	defer file.Close()               //nolint:errcheck // it has no name any more
	ctx = context.WithoutCancel(ctx) // from here on it is quick, and half of it helps nobody
	if err := d.keep(ctx, doc, file); err != nil {
		return nil, err
	}
	doc.InspectedAt = d.Now()
	if err := d.Store.AddDocument(ctx, doc, act); err != nil {
		if err := d.unsure(ctx, doc, err); err != nil {
			return nil, err
		}
	}
	if doc.Meant.Kind != "" {
		doc.Links = []document.Link{{Target: doc.Meant, By: doc.CreatedBy, At: doc.InspectedAt}}
	}
	return d.documentOut(ctx, doc)
}

// unsure finds out what became of a document whose AddDocument failed with cause: only the answer to the commit may have
// been lost, and then the document is there and nil is the answer. Its object goes only when its row certainly does not
// come any more: a refusal by the database itself, and no row. An object without a row does no harm; a row without its object is
// evidence lost.
func (d *Deps) unsure(ctx context.Context, doc *document.Document, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unsureTime)
	defer cancel()
	_, err := d.Store.RecordedDocument(ctx, doc.ID)
	if err == nil {
		return nil
	}
	if fault.CodeOf(err) == fault.NotFound && fault.CodeOf(cause) != fault.Unavailable {
		_ = d.Objects.Delete(ctx, doc.Bucket, doc.Key)
	}
	return cause
}

// about reads whom a document is about.
func (d *Deps) about(s string) (uuid.UUID, error) {
	id, err := optionalUUID(s, "person_id")
	if err == nil && id != uuid.Nil && d.Sealer == nil {
		err = fault.Unavailable.With("Documentos de pessoas ainda não podem ser guardados aqui.", "Documents about persons cannot be kept here yet.").On("person_id").Final()
	}
	return id, err
}

func optionalUUID(s, field string) (uuid.UUID, error) {
	if s == "" {
		return uuid.Nil, nil
	}
	id, err := uuid.Parse(s)
	if err != nil || len(s) != 36 {
		return uuid.Nil, fault.InvalidArgument.With("Não é um identificador.", "It is no identifier.").On(field)
	}
	return id, nil
}

// spool reads a body into a file without a name while it is inspected, and fills in what was found.
func (d *Deps) spool(ctx context.Context, doc *document.Document, in *FileCall) (*os.File, error) {
	full := func(err error) error {
		return fault.Unavailable.With("Não há espaço para receber o arquivo agora.", "There is no room to receive the file now.").Because(err)
	}
	file, err := os.CreateTemp("", "nexo-document-*")
	if err != nil {
		return nil, full(err)
	}
	_ = os.Remove(file.Name()) // its content goes with its last reader, whatever happens
	most := document.MaxSize(doc.Kind)
	if doc.Person != uuid.Nil {
		most = min(most, maxPersonal)
	}
	look := document.NewInspector()
	_, err = io.Copy(io.MultiWriter(file, look), io.LimitReader(in.Body, most+1))
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		var own *fault.Error
		if !errors.As(err, &own) {
			err = full(err)
		}
		return nil, errors.Join(err, file.Close())
	}
	if look.Size() > most {
		_ = file.Close()
		return nil, document.CheckDeclared(doc.Kind, doc.DeclaredType, look.Size())
	}
	doc.Type, err = look.Judge(document.Claim{Kind: doc.Kind, Type: doc.DeclaredType, Size: -1, SHA256: in.SHA256})
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	doc.Size, doc.SHA256 = look.Size(), look.Sum()
	return file, nil
}

// keep stores what has passed inspection at its place; what is about a person, sealed.
func (d *Deps) keep(ctx context.Context, doc *document.Document, file *os.File) error {
	ctx, cancel := context.WithTimeout(ctx, moveTime)
	defer cancel()
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return fault.Unavailable.With("O arquivo não pôde ser lido. Tente de novo.", "The file could not be read. Try again.").Because(err)
	}
	var tags map[string]string
	doc.Bucket, doc.Key, tags = doc.Place()
	put := document.Put{Bucket: doc.Bucket, Key: doc.Key, Type: doc.Type, Size: doc.Size, Body: file, Tags: tags}
	if doc.Person != uuid.Nil {
		plain, err := io.ReadAll(file)
		if err != nil {
			return err
		}
		sealed, err := d.Sealer.Seal(ctx, doc.Person, plain)
		if err != nil {
			return err
		}
		put.Type, put.Size, put.Body = "application/octet-stream", int64(len(sealed)), bytes.NewReader(sealed)
	}
	_, err := d.Objects.Put(ctx, put)
	return err
}

// OpenDocument opens the content of a document that the actor may see and that has passed inspection. It is allowed
// and audited as sga_get_document.
func (r *Registry) OpenDocument(ctx context.Context, in Invocation, id uuid.UUID) (*document.Content, error) {
	c := &Call{Operation: r.byName["sga_get_document"], Actor: in.Actor, Door: in.Door, Origin: in.Origin,
		Arguments: encoded(struct {
			DocumentID uuid.UUID `json:"document_id"`
			Content    bool      `json:"content"`
		}{id, true})}
	content, err := r.open(ctx, c, id)
	result := "ok"
	if err != nil {
		result = string(fault.Of(err).Code)
	}
	if refused := r.recordFile(c, result); refused != nil { // no audit, no answer
		if content != nil {
			_ = content.Body.Close()
		}
		return nil, refused
	}
	return content, err
}

func (r *Registry) open(ctx context.Context, c *Call, id uuid.UUID) (*document.Content, error) {
	if err := c.Operation.authorize(c.Actor); err != nil {
		return nil, err
	}
	if err := r.countCall(c.Actor, c.Operation); err != nil {
		return nil, err
	}
	d := r.deps
	if err := d.haveObjects(); err != nil {
		return nil, err
	}
	doc, err := d.Store.Document(ctx, d.documentSight(c.Actor), id)
	if err != nil {
		return nil, err
	}
	if doc.Status != document.Available {
		return nil, fault.Conflict.With("O documento ainda não passou pela inspeção.", "The document has not passed inspection.").On("document_id").Final()
	}
	if doc.Person == uuid.Nil {
		body, err := d.proven(ctx, doc)
		if err != nil {
			return nil, err
		}
		return &document.Content{Document: doc, Body: body}, nil
	}
	plain, err := d.openSealed(ctx, doc)
	if err != nil {
		return nil, err
	}
	if err := provenBytes(doc, plain); err != nil {
		return nil, err
	}
	return &document.Content{Document: doc, Body: inMemory{bytes.NewReader(plain)}}, nil
}

func (d *Deps) openSealed(ctx context.Context, doc *document.Document) ([]byte, error) {
	if d.Sealer == nil {
		return nil, fault.Unavailable.With("As chaves das pessoas não estão ligadas.", "The keys of persons are not connected.")
	}
	body, _, err := d.Objects.Get(ctx, doc.Bucket, doc.Key, 0, 0)
	if err != nil {
		return nil, err
	}
	defer body.Close() //nolint:errcheck // only read
	sealed, err := io.ReadAll(io.LimitReader(body, 2*maxPersonal))
	if err != nil {
		return nil, fault.Unavailable.With("O documento não pôde ser lido. Tente de novo.", "The document could not be read. Try again.").Because(err)
	}
	return d.Sealer.Open(ctx, doc.Person, sealed)
}

type inMemory struct{ *bytes.Reader }

// Close does nothing.
func (inMemory) Close() error { return nil }

// objectReader reads an object from wherever it was sought to; it asks the store only when it is read. Who reads it
// from its beginning does not get its end when it is not what was inspected.
type objectReader struct {
	ctx     context.Context
	objects document.Objects
	doc     *document.Document
	at      int64
	open    io.ReadCloser
	sum     runningSum
}

// Read reads on.
func (o *objectReader) Read(p []byte) (int, error) {
	if o.at >= o.doc.Size {
		return 0, io.EOF
	}
	if o.open == nil {
		body, _, err := o.objects.Get(o.ctx, o.doc.Bucket, o.doc.Key, o.at, 0)
		if err != nil {
			return 0, err
		}
		o.open = body
	}
	n, err := o.open.Read(p[:min(int64(len(p)), o.doc.Size-o.at)])
	if n > 0 {
		o.sum.add(o.at, p[:n])
	}
	o.at += int64(n)
	if o.at == o.doc.Size && o.sum.wrong(o.doc) || err == io.EOF && o.at < o.doc.Size {
		return 0, tampered(o.doc)
	}
	return n, err
}

// Seek goes to another place, within the object or at its end.
func (o *objectReader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += o.at
	case io.SeekEnd:
		offset += o.doc.Size
	}
	if offset < 0 || offset > o.doc.Size {
		return o.at, fault.InvalidArgument.With("O intervalo está fora do documento.", "The range is outside the document.")
	}
	if offset == o.at {
		return o.at, nil
	}
	o.at = offset
	return o.at, o.Close()
}

// Close lets go of the object.
func (o *objectReader) Close() error {
	if o.open == nil {
		return nil
	}
	body := o.open
	o.open = nil
	return body.Close()
}
