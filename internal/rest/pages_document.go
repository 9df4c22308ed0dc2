package rest

import (
	"bytes"
	"crypto/hmac"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/fault"
)

// fileField is the field of a form that brings a file. It stands last, so that everything else is known, the
// form's token first of all, before a byte of the file is read.
const fileField = "file"

// partCost in bytes is what a field takes in memory beside its name and value: a form of empty fields must end, too.
const partCost = 64

// evidenceField holds the ids of documents that a form has brought already.
const evidenceField = "evidence"

type documentItem struct {
	DocumentID string   `json:"document_id"`
	Kind       string   `json:"document_kind"`
	FileName   string   `json:"file_name"`
	Size       quantity `json:"size"`
	CreatedBy  string   `json:"created_by"`
	CreatedAt  string   `json:"created_at"`
	Status     string   `json:"status"`
}

// documentsData is the documents of a thing and the form that adds one.
type documentsData struct {
	Items  []documentItem `json:"items"`
	Target string         `json:"-"` // where the form goes
	May    bool           `json:"-"` // whether the visitor may add one
	Bad    bool           `json:"-"` // the file that was sent was refused
}

// documentsOf lists the documents of a thing; nil where there are no documents.
func (v *visit) documentsOf(kind document.TargetKind, id, target string) (*documentsData, error) {
	const operation = "sga_list_documents"
	if v.d.Documents == nil || !v.Has(operation) || !v.d.visible(v.caller, operation) {
		return nil, nil
	}
	a := &arguments{}
	a.text("target_type", string(kind))
	a.text("target_id", id)
	out, err := asked[documentsData](v, operation, a)
	if err != nil {
		return nil, err
	}
	out.Target, out.May = target, v.d.visible(v.caller, "sga_create_upload")
	return out, nil
}

// Weight writes a size in bytes as people do.
func (v *view) Weight(q quantity) string {
	n, err := strconv.ParseFloat(string(q), 64)
	if err != nil {
		return string(q)
	}
	unit := "bytes"
	for _, next := range []string{"kB", "MB", "GB"} {
		if n < 1000 {
			break
		}
		n, unit = n/1000, next
	}
	digits := 0
	if unit != "bytes" && n < 10 {
		digits = 1
	}
	return v.Number(quantity(strconv.FormatFloat(n, 'f', digits, 64))) + " " + unit
}

// withFile serves the target of a form that may bring a file. The file is taken in while the form is read; its
// document's id is then in the form like any other field. A refusal of it is v.fileError, and the page decides.
func (d *door) withFile(target func(v *visit) (document.TargetKind, string), p page) http.HandlerFunc {
	plain := d.submitted(p)
	return func(w http.ResponseWriter, r *http.Request) {
		media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if err != nil || media != "multipart/form-data" || d.Documents == nil {
			plain(w, r)
			return
		}
		d.private(func(v *visit) (*view, error) {
			if err := d.origin.Check(v.r); err != nil {
				return nil, fault.PermissionDenied.With("Este pedido veio de outro site e foi recusado.", "This request came from another site and was refused.").Because(err)
			}
			_ = http.NewResponseController(v.w).SetReadDeadline(wireTime().Add(uploadTime))
			v.r.Body = http.MaxBytesReader(v.w, v.r.Body, document.MaxAnySize+maxForm)
			if err := v.readForm(params["boundary"], target); err != nil {
				return nil, err
			}
			return p(v)
		})(w, r)
	}
}

// readForm reads the fields of a form, and takes in its file.
func (v *visit) readForm(boundary string, target func(v *visit) (document.TargetKind, string)) error {
	v.form = url.Values{}
	form, room := multipart.NewReader(v.r.Body, boundary), int64(maxForm)
	for {
		part, err := form.NextRawPart()
		if errors.Is(err, io.EOF) {
			return v.checkToken()
		}
		if err != nil {
			return bodyFault(err)
		}
		if part.FormName() == fileField {
			if err := v.checkToken(); err != nil {
				return err
			}
			if v.fileError = v.takeFile(part, target); v.fileError != nil {
				return nil // the rest is not worth reading: the page shows the form again
			}
			continue
		}
		value, err := io.ReadAll(io.LimitReader(part, room+1))
		if err != nil {
			return bodyFault(err)
		}
		name := part.FormName()
		if room -= int64(partCost + len(name) + len(value)); room < 0 {
			return tooLarge(maxForm)
		}
		v.form.Add(name, string(value))
	}
}

func (v *visit) checkToken() error {
	if !hmac.Equal([]byte(v.form.Get(formField)), []byte(v.d.site.formToken(v.caller.claims))) {
		return fault.PermissionDenied.With("A página expirou. Volte, recarregue e tente de novo.", "The page has expired. Go back, reload it and try again.")
	}
	return nil
}

// takeFile takes in the file of a form; a field that nobody filled in is an empty part.
func (v *visit) takeFile(part *multipart.Part, target func(v *visit) (document.TargetKind, string)) error {
	var first [512]byte
	n, err := io.ReadFull(part, first[:])
	if n == 0 && part.FileName() == "" {
		return nil
	}
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return bodyFault(err)
	}
	media := document.DeclaredType(part.Header.Get("Content-Type"))
	u := &Upload{Name: baseName(part.FileName()), Media: media, Options: map[string]string{"document_kind": string(kindFor(media, v.form.Get("nf_number") != ""))},
		Body: uploadBody{io.MultiReader(bytes.NewReader(first[:n]), part)}}
	if target != nil {
		kind, id := target(v)
		u.Options["target_type"], u.Options["target_id"] = string(kind), id
	}
	raw, err := v.d.Documents.ReceiveDocument(v.r.Context(), v.d.fileCall(v.r, v.caller, u))
	if err != nil {
		return fault.Of(err).On(fileField)
	}
	var out documentItem
	if err := json.Unmarshal(raw, &out); err != nil {
		return fault.Internal.With("Erro interno.", "Internal error.").Because(err)
	}
	v.form.Add(evidenceField, out.DocumentID)
	return nil
}

// kindFor spares people a question that the file answers: a photo is a photo, XML is an invoice, and so is a PDF
// beside an invoice number.
func kindFor(media string, invoice bool) document.Kind {
	switch {
	case strings.HasPrefix(media, "image/"):
		return document.Photo
	case media == document.TypeXML:
		return document.InvoiceXML
	case media == document.TypePDF && invoice:
		return document.InvoicePDF
	case media == document.TypeXLSX || media == document.TypeCSV:
		return document.Spreadsheet
	}
	return document.Paper
}

func movementTarget(v *visit) (document.TargetKind, string) {
	return document.OfMovement, v.r.PathValue("movement_id")
}

func taskTarget(v *visit) (document.TargetKind, string) {
	return document.OfTask, v.r.PathValue("task_id")
}

// movementFiled shows a movement after a file was added to it, or why it was not.
func movementFiled(v *visit) (*view, error) {
	out, err := movementPage(v)
	if err == nil {
		v.filed(out, out.Data.(*movementData).Documents)
	}
	return out, err
}

// taskFiled does the same for a task.
func taskFiled(v *visit) (*view, error) {
	out, err := taskPage(v)
	if err == nil {
		v.filed(out, out.Data.(*taskData).Documents)
	}
	return out, err
}

func (v *visit) filed(out *view, list *documentsData) {
	cause := v.fileError
	if cause == nil && v.form.Get(evidenceField) == "" {
		cause = fault.InvalidArgument.With("Escolha um arquivo.", "Choose a file.").On(fileField)
	}
	if cause != nil {
		out.Problem, out.Status = v.d.explain(v.r, cause)
		if list != nil {
			list.Bad = true
		}
	}
}
