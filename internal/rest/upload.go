package rest

import (
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
)

const (
	// maxUpload in bytes of a list: a million rows of an MB52 export are some 150 MB as CSV.
	maxUpload = 512 << 20
	// maxPart in bytes of a field beside the file.
	maxPart = 1 << 10
	// maxParts of a form: one file, a few options.
	maxParts = 8
	// reconcileOperation is the operation whose roles an upload needs.
	reconcileOperation = "sga_reconcile_sap"
)

// Upload is a list to be compared with our stock. Body streams from the client and can be read once.
type Upload struct {
	Actor   *identity.Actor
	Door    string
	Name    string // of the file, without a path; may be empty
	Media   string // as the client says, without parameters
	Options map[string]string
	Body    io.Reader
}

// upload is POST /reconciliations: a JSON body is the operation's arguments, anything else is a file, as
// the whole body or as the field "file" of a form whose other fields come before it.
func (d *door) upload(w http.ResponseWriter, r *http.Request, c *caller) error {
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return wrongMedia("Envie CSV, XLSX ou JSON.", "Send CSV, XLSX or JSON.")
	}
	op := d.operations[reconcileOperation]
	if op == nil || !d.visible(c, reconcileOperation) {
		return fault.PermissionDenied.With("Seu papel não permite reconciliar.", "Your role does not allow reconciling.").Detail("operation", reconcileOperation)
	}
	options, err := query(r)
	if err != nil {
		return err
	}
	if media == "application/json" {
		if err := noParameters(options); err != nil {
			return err
		}
		return d.post(w, r, c, op, &arguments{})
	}
	if err := plainBody(r); err != nil {
		return err
	}
	if r.ContentLength > maxUpload {
		return tooLarge(maxUpload)
	}
	_ = http.NewResponseController(w).SetReadDeadline(wireTime().Add(uploadTime))
	u := &Upload{Actor: c.actor, Door: doorName, Media: media, Options: options, Body: uploadBody{http.MaxBytesReader(w, r.Body, maxUpload)}}
	if media == "multipart/form-data" {
		if err := u.fromForm(params["boundary"]); err != nil {
			return err
		}
	}
	out, err := d.Reconcile(r.Context(), u)
	if err != nil {
		return err
	}
	send(w, http.StatusOK, "application/json", out)
	return nil
}

// uploadBody says what is wrong with a body in words for its sender: too large, or broken off.
type uploadBody struct{ io.Reader }

// Read reads on.
func (b uploadBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = bodyFault(err)
	}
	return n, err
}

func (d *door) visible(c *caller, name string) bool {
	for _, op := range d.Client.Visible(c.actor) {
		if op.Name == name {
			return true
		}
	}
	return false
}

// baseName is a file's name without the folders of the client's machine; empty stays empty.
func baseName(name string) string {
	name = strings.ReplaceAll(name, `\`, "/")
	return name[strings.LastIndexByte(name, '/')+1:]
}

// fromForm reads the fields of a form up to its file, whose bytes become the body.
func (u *Upload) fromForm(boundary string) error {
	bad := fault.InvalidArgument.With("O formulário está malformado ou não traz o arquivo no campo file.",
		"The form is malformed or has no file in its field file.").On("file")
	if boundary == "" {
		return bad
	}
	form := multipart.NewReader(u.Body, boundary)
	for range maxParts {
		part, err := form.NextRawPart()
		if err != nil {
			return bad.Because(err)
		}
		if part.FormName() == "file" {
			u.Name, u.Body = baseName(part.FileName()), part
			if media, _, err := mime.ParseMediaType(part.Header.Get("Content-Type")); err == nil {
				u.Media = media
			}
			return nil
		}
		value, err := io.ReadAll(io.LimitReader(part, maxPart+1))
		if err != nil || len(value) > maxPart || !utf8.Valid(value) || part.FormName() == "" {
			return bad.Because(err)
		}
		if _, twice := u.Options[part.FormName()]; twice {
			return fault.InvalidArgument.With("O parâmetro aparece duas vezes.", "The parameter appears twice.").On(clip(part.FormName()))
		}
		u.Options[part.FormName()] = string(value)
	}
	return bad
}
