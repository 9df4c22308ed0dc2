package rest

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json"

	"github.com/faiston/nexo/internal/fault"
)

// problem is an error as RFC 9457 writes it, with the members that every door has.
type problem struct {
	Type     string `json:"type"`
	Title    string `json:"title"`
	Status   int    `json:"status"`
	Detail   string `json:"detail"`
	Instance string `json:"instance"`
	fault.Body
}

// refusal is a fault that HTTP has a better status for than the table of codes.
type refusal struct {
	fault  *fault.Error
	status int
}

// Error is the fault's text.
func (r *refusal) Error() string { return r.fault.Error() }

// Unwrap lets fault.Of find the fault.
func (r *refusal) Unwrap() error { return r.fault }

func tooLarge(limit int64) error {
	return &refusal{fault.InvalidArgument.With("O pedido passa de %d bytes.", "The request exceeds %d bytes.", limit).Detail("maximum", limit),
		http.StatusRequestEntityTooLarge}
}

func wrongMedia(pt, en string) error {
	return &refusal{fault.InvalidArgument.With(pt, en), http.StatusUnsupportedMediaType}
}

// retryAfter in seconds, by code: a conflict of two writers is over at once, a full queue is not.
func retryAfter(f *fault.Error) int {
	for _, d := range f.Details {
		if n, ok := d.Value.(int); ok && d.Name == "retry_after" && n > 0 {
			return n
		}
	}
	switch f.Code {
	case fault.Conflict:
		return 1
	case fault.RateLimited:
		return 10
	}
	return 3
}

// statusOf is the fault in err and the HTTP status for it.
func statusOf(err error) (*fault.Error, int) {
	f := fault.Of(err)
	var special *refusal
	if errors.As(err, &special) {
		return f, special.status
	}
	if errors.Is(err, context.DeadlineExceeded) && f.Code == fault.Internal {
		f = fault.Unavailable.With("O pedido demorou demais.", "The request took too long.").Because(err)
	}
	return f, f.Code.HTTP()
}

// explain gives what a caller may see of err: an internal error gets the id under which the log has its
// cause, and nothing else of it.
func (d *door) explain(r *http.Request, err error) (*fault.Error, int) {
	f, status := statusOf(err)
	if f.Code == fault.Internal && r.Context().Err() == nil {
		id := recordOf(r).id
		d.Log.LogAttrs(r.Context(), slog.LevelError, "request failed", slog.String("id", id), slog.Any("error", err))
		f = f.Detail("id", id)
	}
	return f, status
}

// fail answers a request with what is wrong with it.
func (d *door) fail(w http.ResponseWriter, r *http.Request, err error) {
	f, status := d.explain(r, err)
	d.challenge(w, f, err)
	if f.Retryable && status != http.StatusUnauthorized {
		w.Header().Set("Retry-After", strconv.Itoa(retryAfter(f)))
	}
	p := problem{Type: "urn:nexo:error:" + string(f.Code), Title: f.Code.TitlePT(), Status: status, Detail: f.Message,
		Instance: "urn:uuid:" + recordOf(r).id, Body: f.Wire()}
	l := preferred(r)
	if l == english {
		p.Title, p.Detail = f.Code.Title(), f.MessageEN
	}
	body, err := json.Marshal(p)
	if err != nil { // a detail that cannot be written: the rest still can
		p.Details = nil
		body, _ = json.Marshal(p)
	}
	h := w.Header()
	h.Set("Content-Language", string(l))
	send(w, status, "application/problem+json", body)
}

// challenge says how to get in, or which scope is missing.
func (d *door) challenge(w http.ResponseWriter, f *fault.Error, err error) {
	switch f.Code {
	case fault.Unauthenticated:
		w.Header().Set("WWW-Authenticate", d.Challenge(err, d.metadataURL(), ""))
	case fault.PermissionDenied:
		for _, detail := range f.Details {
			if scope, ok := detail.Value.(string); ok && detail.Name == "required_scope" {
				w.Header().Set("WWW-Authenticate", d.Challenge(err, d.metadataURL(), scope))
			}
		}
	}
}

// send writes a whole answer. Answers are about one person and one moment: nobody keeps them.
func send(w http.ResponseWriter, status int, media string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", media)
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client has gone: there is nobody to tell
}
