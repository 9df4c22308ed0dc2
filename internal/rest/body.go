package rest

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/ops"
)

// errNotObject is a JSON value that is no object; the operation's own decoder says so to the caller.
var errNotObject = errors.New("rest: not a JSON object")

func newDecoder(raw []byte) *jsontext.Decoder { return jsontext.NewDecoder(bytes.NewReader(raw)) }

// jsonBody reads a request's JSON as it is: operations decode it, strictly, once. Nothing but JSON in
// UTF-8 is taken (RFC 8259, section 8.1), and no compressed body, whose size nobody would know.
func jsonBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if err := plainBody(r); err != nil {
		return nil, err
	}
	if r.ContentLength == 0 {
		return nil, nil
	}
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset := params["charset"]
	if err != nil || media != "application/json" || charset != "" && !strings.EqualFold(charset, "utf-8") {
		return nil, wrongMedia("Envie application/json em UTF-8.", "Send application/json in UTF-8.")
	}
	return readAll(w, r, ops.MaxArguments)
}

func plainBody(r *http.Request) error {
	if enc := r.Header.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return wrongMedia("Envie o corpo sem compressão.", "Send the body without compression.")
	}
	return nil
}

// readAll reads a body of at most limit bytes.
func readAll(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength > limit {
		w.Header().Set("Connection", "close") // nobody reads the rest
		return nil, tooLarge(limit)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		return nil, bodyFault(err)
	}
	return body, nil
}

// bodyFault says what happened to a body that could not be read to its end.
func bodyFault(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return tooLarge(large.Limit)
	}
	var own *fault.Error
	if errors.As(err, &own) {
		return err
	}
	return &refusal{fault.InvalidArgument.With("O corpo do pedido não chegou inteiro.", "The request body did not arrive whole.").Because(err),
		http.StatusRequestTimeout}
}
