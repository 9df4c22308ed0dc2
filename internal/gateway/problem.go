package gateway

import (
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/faiston/nexo/internal/fault"
)

// problem is a JSON-RPC error: the request as a whole could not be served. Failures of a call are results.
type problem struct {
	status  int          // of HTTP; 0: 400 from 2026-07-28 on, 200 before
	code    int          // of JSON-RPC
	message string       // English; empty takes the fault's
	fault   *fault.Error // goes to data as {"error": …}
	data    []byte       // other data that the protocol asks for
}

// append writes the error as a JSON-RPC message. Without an id the member is left out, as MCP's schema
// wants it, not null.
func (p *problem) append(b, id []byte) []byte {
	b = append(b, `{"jsonrpc":"2.0",`...)
	if id != nil {
		b = append(append(append(b, `"id":`...), id...), ',')
	}
	b = strconv.AppendInt(append(b, `"error":{"code":`...), int64(p.code), 10)
	message := p.message
	if message == "" {
		message = p.fault.MessageEN
	}
	b = appendQuote(append(b, `,"message":`...), message)
	switch {
	case p.data != nil:
		b = append(append(b, `,"data":`...), p.data...)
	case p.fault != nil:
		b = appendFault(append(b, `,"data":`...), p.fault)
	}
	return append(b, "}}"...)
}

// write answers with the error.
func (p *problem) write(w http.ResponseWriter, id []byte, version string) {
	status := p.status
	if status == 0 {
		status = http.StatusOK
		if version >= newEra {
			status = http.StatusBadRequest
		}
	}
	writeJSON(w, status, p.append(nil, id))
}

// appendFault writes {"error": …}, the form of a failure in every protocol.
func appendFault(b []byte, f *fault.Error) []byte {
	body, err := json.Marshal(f.Wire(), json.Deterministic(true))
	if err != nil { // a detail that JSON cannot say: the rest still can
		body, _ = json.Marshal(fault.Body{Code: f.Code, Message: f.Message, MessageEN: f.MessageEN, Field: f.Field, Retryable: f.Retryable})
	}
	return append(append(append(b, `{"error":`...), body...), '}')
}

// appendQuote writes a JSON string; broken UTF-8 becomes the replacement character.
func appendQuote[Bytes ~[]byte | ~string](b []byte, s Bytes) []byte {
	b, _ = jsontext.AppendQuote(b, s)
	return b
}

func writeJSON(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h["Content-Type"] = []string{"application/json"}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	w.Write(body) // a client that is gone is nobody's error
}
