package rest

import (
	"io"
	"net/http"
	"strings"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/ops"
)

// door serves every URL of the program.
type door struct {
	Options
	mux        *http.ServeMux
	origin     *http.CrossOriginProtection
	metrics    *metrics
	operations map[string]*operation
	document   []byte // OpenAPI
	feed       *follower
	site       *site
}

// New builds the handler of everything that the program serves by HTTP.
func New(o Options) (http.Handler, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	d := &door{Options: o, mux: http.NewServeMux(), origin: http.NewCrossOriginProtection()}
	var err error
	if d.metrics, err = newMetrics(o.Metrics); err != nil {
		return nil, err
	}
	if d.operations, err = readOperations(o.Client.All()); err != nil {
		return nil, err
	}
	if d.document, err = OpenAPI(o.Client.All(), o.Version); err != nil {
		return nil, err
	}
	if o.Events != nil {
		d.feed = newFollower(o.Events, o.Ledger, o.Log)
	}
	if d.site, err = newSite(o.Random); err != nil {
		return nil, err
	}
	d.routes()
	return d, nil
}

// routes is the table of contents of the program's URLs.
func (d *door) routes() {
	d.mux.HandleFunc("GET /healthz", d.alive)
	d.mux.HandleFunc("GET /readyz", d.ready)
	if d.Local {
		d.mux.Handle("GET /metrics", d.metrics.serve)
	} else { // in public the figures of a warehouse are nobody's business
		d.mux.Handle("GET /metrics", d.isRole(identity.Admin, d.metrics.serve))
	}
	d.mux.Handle("POST "+apiPath+"/ops/{name}", d.signed(d.operate))
	d.mux.Handle("GET "+apiPath+"/openapi.json", d.signed(d.describe))
	d.mux.Handle("GET "+apiPath+"/events", d.signed(d.stream))
	if d.Reconcile != nil {
		d.mux.Handle("POST "+apiPath+"/reconciliations", d.signed(d.upload))
	}
	d.documentRoutes()
	d.resources()
	d.pages()
	for pattern, h := range d.Mounts {
		d.mux.Handle(pattern, h)
	}
	d.mux.HandleFunc("/", d.nothing)
}

// describe answers the API document. It is the same for everybody: what a role may do stands in it.
func (d *door) describe(w http.ResponseWriter, _ *http.Request, _ *caller) error {
	send(w, http.StatusOK, "application/json", d.document)
	return nil
}

// nothing answers where no route fits: wrong method, or no such URL.
func (d *door) nothing(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		other := &http.Request{Method: method, URL: r.URL, Host: r.Host}
		if _, pattern := d.mux.Handler(other); pattern != "/" {
			allowed = append(allowed, method)
		}
	}
	var err error = fault.NotFound.With("Endereço desconhecido.", "Unknown address.")
	if len(allowed) > 0 {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		err = &refusal{fault.InvalidArgument.With("Este endereço não aceita %s.", "This address does not take %s.", clip(r.Method)), http.StatusMethodNotAllowed}
	}
	if strings.HasPrefix(r.URL.Path, "/api/") || r.Method != http.MethodGet {
		d.fail(w, r, err)
		return
	}
	d.lost(w, r, err)
}

// call runs an operation as the caller.
func (d *door) call(r *http.Request, c *caller, name string, arguments []byte) ([]byte, error) {
	return d.Client.Call(r.Context(), ops.Invocation{Name: name, Arguments: arguments, Actor: c.actor, Door: doorName,
		Origin: ops.Origin(d.clientAddress(r), r.UserAgent())})
}

// random reads n bytes.
func random(from io.Reader, n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(from, b)
	return b, err
}
