package blob

import (
	"crypto/hmac"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/fault"
)

// transferTime bounds one transfer: the largest document over a weak connection in the field.
const transferTime = 10 * time.Minute

// Handler serves the signed URLs of Files below Mount. A signature is the whole grant: there is no token
// and no cookie. What is wrong with a URL is not told: expired and forged ones answer alike.
func (f *Files) Handler(log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protect(w.Header())
		g, ok := f.granted(r)
		if !ok {
			refuse(w, fault.PermissionDenied.With("O endereço expirou ou foi alterado. Peça outro.", "The URL has expired or was changed. Ask for another one."))
			return
		}
		control := http.NewResponseController(w)
		until := time.Now().Add(transferTime) // of the wire, not of the simulated clock
		_, _ = control.SetReadDeadline(until), control.SetWriteDeadline(until)
		var err error
		if g.method == http.MethodPut {
			err = f.receive(w, r, g)
		} else {
			err = f.deliver(w, r, g)
		}
		if err != nil {
			log.LogAttrs(r.Context(), slog.LevelInfo, "object not served", slog.String("method", g.method), slog.Any("error", err))
			refuse(w, err)
		}
	})
}

// protect makes whatever is downloaded inert in a browser (S-12): never shown in place, never guessed at,
// no script, no cookie.
func protect(h http.Header) {
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer") // the URL is a grant
	h.Set("Cache-Control", "private, no-store")
}

func refuse(w http.ResponseWriter, err error) {
	e := fault.Of(err)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Del("Content-Disposition")
	w.WriteHeader(e.Code.HTTP())
	_, _ = io.WriteString(w, e.Message+"\n"+e.MessageEN+"\n")
}

// granted reads a grant from a request and checks its signature and its time.
func (f *Files) granted(r *http.Request) (*grant, bool) {
	rest, ok := strings.CutPrefix(r.URL.EscapedPath(), Mount)
	bucket, key, cut := strings.Cut(rest, "/")
	if !ok || !cut || checkName(document.Bucket(bucket), key) != nil {
		return nil, false
	}
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, false
	}
	g := &grant{method: r.Method, bucket: document.Bucket(bucket), key: key, name: q.Get(paramName), media: q.Get(paramType), sum: q.Get(paramSum)}
	if r.Method == http.MethodHead {
		g.method = http.MethodGet // whoever may read it may ask how long it is
	}
	var errUntil, errSize error
	g.until, errUntil = strconv.ParseInt(q.Get(paramUntil), 10, 64)
	if g.method == http.MethodPut {
		g.size, errSize = strconv.ParseInt(q.Get(paramSize), 10, 64)
	}
	if errUntil != nil || errSize != nil || g.method != http.MethodPut && g.method != http.MethodGet {
		return nil, false
	}
	signed := hmac.Equal([]byte(f.sign(g)), []byte(q.Get(paramMAC)))
	return g, signed && f.o.Now().Unix() <= g.until
}

func (f *Files) receive(w http.ResponseWriter, r *http.Request, g *grant) error {
	if r.ContentLength != g.size {
		return wrongSize()
	}
	if r.Header.Get("Content-Type") != g.media {
		return fault.InvalidArgument.With("O tipo não é o que foi anunciado.", "The type is not the one announced.").On("type")
	}
	body := http.MaxBytesReader(w, r.Body, g.size)
	_, err := f.put(r.Context(), &document.Put{Bucket: g.bucket, Key: g.key, Type: g.media, Size: g.size, Body: arriving{body}}, g.sum)
	if err == nil {
		w.WriteHeader(http.StatusOK)
	}
	return err
}

// arriving says whose fault it is when a client stops in the middle.
type arriving struct{ from io.Reader }

// Read reads on.
func (a arriving) Read(p []byte) (int, error) {
	n, err := a.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = wrongSize().Because(err)
	}
	return n, err
}

func (f *Files) deliver(w http.ResponseWriter, r *http.Request, g *grant) error {
	file, s, err := f.open(place(g.bucket, g.key))
	if err != nil {
		return notThere(err)
	}
	defer file.Close() //nolint:errcheck // only read
	h := w.Header()
	h.Set("Content-Type", s.Type)
	h.Set("Content-Disposition", document.Attachment(g.name))
	h.Set("ETag", `"`+s.SHA256+`"`)
	http.ServeContent(w, r, "", s.StoredAt, file)
	return nil
}
