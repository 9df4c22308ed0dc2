package rest

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/faiston/nexo/internal/fault"
)

// healthTime is how long a check of health may take: balancers give up after five seconds.
const healthTime = 3 * time.Second

type healthOut struct {
	Status  string                `json:"status"` // ok or unavailable
	Version string                `json:"version"`
	Parts   map[string]healthPart `json:"parts"`
}

type healthPart struct {
	Status string      `json:"status"`
	Code   fault.Code  `json:"code,omitempty"`
	Error  *healthText `json:"error,omitempty"`
}

// Degraded is the trouble of a part without which serving goes on: it is shown, and what is ready stays ready.
type Degraded struct{ Err error }

// Error implements error.
func (d Degraded) Error() string { return d.Err.Error() }

// Unwrap gives the trouble itself.
func (d Degraded) Unwrap() error { return d.Err }

type healthText struct {
	Message   string `json:"message"`
	MessageEN string `json:"message_en"`
}

// alive says that the process answers; nothing else is asked.
func (d *door) alive(w http.ResponseWriter, r *http.Request) {
	d.health(w, r, map[string]error{"process": nil})
}

// ready says whether everything that serving needs is there.
func (d *door) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), healthTime)
	defer cancel()
	d.health(w, r, d.Health(ctx))
}

func (d *door) health(w http.ResponseWriter, r *http.Request, parts map[string]error) {
	out, status := healthOut{Status: "ok", Version: d.Version, Parts: map[string]healthPart{}}, http.StatusOK
	for name, err := range parts {
		part := healthPart{Status: "ok"}
		if err != nil {
			f := fault.Of(err)
			part = healthPart{"unavailable", f.Code, &healthText{f.Message, f.MessageEN}}
			if errors.As(err, new(Degraded)) {
				part.Status = "degraded"
			} else {
				out.Status, status = "unavailable", http.StatusServiceUnavailable
			}
		}
		out.Parts[name] = part
	}
	body, err := json.Marshal(out, json.Deterministic(true))
	if err != nil {
		d.fail(w, r, err)
		return
	}
	send(w, status, "application/json", body)
}
