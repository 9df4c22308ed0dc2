package rest

import (
	"context"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/ops"
)

// Documents takes in and gives out the bytes of documents; *ops.Registry does.
type Documents interface {
	// ReceiveDocument takes a whole document and answers as sga_complete_upload does.
	ReceiveDocument(ctx context.Context, in ops.FileCall) ([]byte, error)
	// OpenDocument opens the content of one that the actor may see.
	OpenDocument(ctx context.Context, in ops.Invocation, id uuid.UUID) (*document.Content, error)
}

// documentRoutes serves what is more than a call: bytes, both ways.
func (d *door) documentRoutes() {
	if d.Documents == nil {
		return
	}
	d.mux.Handle("POST "+apiPath+"/documents", d.signed(d.receiveDocument))
	d.mux.Handle("GET "+apiPath+"/documents/{document_id}/content", d.signed(d.documentContent))
}

// documentOptions are the parameters of a document that comes with its call.
func documentOptions() []string {
	return []string{"document_kind", "file_name", "target_type", "target_id", "sha256", "person_id"}
}

// receiveDocument is POST /documents: the bytes are the whole body, with parameters in the query, or the field
// "file" of a form whose other fields come before it.
func (d *door) receiveDocument(w http.ResponseWriter, r *http.Request, c *caller) error {
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return wrongMedia("Envie o arquivo com seu tipo, ou um formulário.", "Send the file with its type, or a form.")
	}
	options, err := query(r)
	if err != nil {
		return err
	}
	if err := plainBody(r); err != nil {
		return err
	}
	if r.ContentLength > document.MaxAnySize+maxForm {
		w.Header().Set("Connection", "close")
		return tooLarge(document.MaxAnySize)
	}
	_ = http.NewResponseController(w).SetReadDeadline(wireTime().Add(uploadTime))
	u := &Upload{Actor: c.actor, Media: media, Name: options["file_name"], Options: options,
		Body: uploadBody{http.MaxBytesReader(w, r.Body, document.MaxAnySize+maxForm)}}
	if media == "multipart/form-data" {
		if err := u.fromForm(params["boundary"]); err != nil {
			return err
		}
	}
	for _, name := range sortedKeys(u.Options) {
		if !contains(documentOptions(), name) {
			return unknownParameter(name)
		}
	}
	out, err := d.Documents.ReceiveDocument(r.Context(), d.fileCall(r, c, u))
	if err != nil {
		return err
	}
	send(w, http.StatusOK, "application/json", out)
	return nil
}

func contains(list []string, s string) bool {
	for _, have := range list {
		if have == s {
			return true
		}
	}
	return false
}

func (d *door) fileCall(r *http.Request, c *caller, u *Upload) ops.FileCall {
	return ops.FileCall{Actor: c.actor, Door: doorName, Origin: ops.Origin(d.clientAddress(r), r.UserAgent()), Kind: u.Options["document_kind"], Name: u.Name,
		ContentType: u.Media, SHA256: strings.ToLower(u.Options["sha256"]), TargetType: u.Options["target_type"], TargetID: u.Options["target_id"],
		PersonID: u.Options["person_id"], Body: u.Body}
}

// documentContent is GET /documents/{document_id}/content: always a file to be saved, in a browser that may neither
// guess its type nor run it (S-12).
func (d *door) documentContent(w http.ResponseWriter, r *http.Request, c *caller) error {
	params, err := query(r)
	if err != nil {
		return err
	}
	if err := noParameters(params); err != nil {
		return err
	}
	id, err := uuid.Parse(r.PathValue("document_id"))
	if err != nil {
		return document.NotFound("document_id")
	}
	content, err := d.Documents.OpenDocument(r.Context(), ops.Invocation{Actor: c.actor, Door: doorName, Origin: ops.Origin(d.clientAddress(r), r.UserAgent())}, id)
	if err != nil {
		return err
	}
	defer content.Body.Close() //nolint:errcheck // only read
	doc := content.Document
	body := &watched{ReadSeeker: content.Body}
	if body.first(); body.err != nil { // an object that is gone is said so, and not a file of nothing
		return fault.Of(body.err)
	}
	h := w.Header()
	h.Set("Content-Type", doc.Type)
	h.Set("Content-Disposition", document.Attachment(doc.Name))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "private, no-store")
	h.Set("ETag", `"`+doc.SHA256+`"`)
	http.ServeContent(w, r, "", time.Time{}, body)
	if body.err != nil {
		_, _ = d.explain(r, body.err) // for the log: a content that is not what was inspected is known at its end only, when it is a large one
		cut(w)
	}
	return nil
}

// watched remembers what went wrong while a content was read, after the first bytes were sent.
type watched struct {
	io.ReadSeeker
	err error
}

// first reads one byte and goes back, so that what cannot be opened is known before the answer begins.
func (b *watched) first() {
	var one [1]byte
	if _, err := io.ReadFull(b, one[:]); err == nil {
		_, b.err = b.Seek(0, io.SeekStart)
	}
}

// Read reads on.
func (b *watched) Read(p []byte) (int, error) {
	n, err := b.ReadSeeker.Read(p)
	if err != nil && err != io.EOF {
		b.err = err
	}
	return n, err
}

// documents describes the URLs that carry bytes.
func (b *apiBook) documents() {
	const receives, reads = "sga_complete_upload", "sga_get_document"
	if b.operations[receives] == nil || b.operations[reads] == nil {
		return
	}
	binary := object{"type": "string", "format": "binary"}
	properties, parameters := object{}, []any{}
	for _, name := range documentOptions() {
		properties[name] = object{"type": "string"}
		parameters = append(parameters, object{"name": name, "in": "query", "required": false, "schema": object{"type": "string"}})
	}
	properties["file"] = binary
	receive := b.described(b.operations[receives], "post_documents", "documents")
	receive["summary"] = "Enviar um documento inteiro / Send a whole document"
	receive["description"] = "O arquivo é o corpo, com os parâmetros na consulta, ou o último campo de um formulário. / The file is the body, with the parameters in the query, or the last field of a form."
	receive["parameters"] = parameters
	receive["requestBody"] = object{"required": true, "content": object{
		"*/*":                 object{"schema": binary},
		"multipart/form-data": object{"schema": object{"type": "object", "required": []string{"document_kind", "file"}, "properties": properties}},
	}}
	b.add(apiPath+"/documents", http.MethodPost, receive)
	content := b.described(b.operations[reads], "get_documents_content", "documents")
	content["parameters"] = []any{object{"name": "document_id", "in": "path", "required": true, "schema": object{"type": "string", "format": "uuid"}}}
	content["responses"] = responses(object{"description": "O arquivo / The file", "content": object{"*/*": object{"schema": binary}}})
	b.add(apiPath+"/documents/{document_id}/content", http.MethodGet, content)
}
