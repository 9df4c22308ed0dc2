package itemtest

import (
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// Fault is a way in which AWS fails.
type Fault int

// Faults of a request.
const (
	None      Fault = iota
	Throttle        // 400 ProvisionedThroughputExceededException; nothing done
	Broken          // 500 InternalServerError; nothing done
	Away            // 503 without a word of JSON, as a balancer says it
	CutBefore       // the connection breaks; nothing done
	CutAfter        // done, and the connection breaks before the answer
	Slow            // done, and no answer until the client gives up
	Partial         // of a batch only the first half is done, the rest comes back as unprocessed; other requests pass
	Clash           // of a transaction: cancelled, as another one holds an item; others pass
)

// Choose says what happens to the nth request, from 1; operation is such as "PutItem".
type Choose func(n int, operation string) Fault

// Always chooses one fault.
func Always(f Fault) Choose { return func(int, string) Fault { return f } }

// First chooses faults for the first requests, one each, and lets the others pass.
func First(faults ...Fault) Choose {
	return func(n int, _ string) Fault {
		if n <= len(faults) {
			return faults[n-1]
		}
		return None
	}
}

// Seeded chooses every fault alike often, for one request in every so many.
func Seeded(seed uint64, every int) Choose {
	return func(n int, _ string) Fault {
		r := rand.New(rand.NewPCG(seed, uint64(n))) //nolint:gosec // repeatable, not secret; n is positive
		if r.IntN(every) != 0 {
			return None
		}
		return Throttle + Fault(r.IntN(int(Clash)))
	}
}

// Proxy stands before a DynamoDB-compatible server and makes it fail.
type Proxy struct {
	URL      string
	requests atomic.Int64
	faults   atomic.Int64
	target   string
	choose   Choose
	client   *http.Client
}

// NewProxy starts a proxy before the server at target, until the test ends.
func NewProxy(t testing.TB, target string, choose Choose) *Proxy {
	t.Helper()
	p := &Proxy{target: target, choose: choose, client: &http.Client{}}
	server := httptest.NewServer(p)
	p.URL = server.URL
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		p.client.CloseIdleConnections()
	})
	return p
}

// Requests and Faults count what came and what was spoilt.
func (p *Proxy) Requests() int { return int(p.requests.Load()) }

// Faults counts the requests that were spoilt.
func (p *Proxy) Faults() int { return int(p.faults.Load()) }

func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client has gone
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	fault := p.choose(int(p.requests.Add(1)), operation)
	if fault == Partial && operation != "BatchWriteItem" || fault == Clash && operation != "TransactWriteItems" {
		fault = None
	}
	if fault != None {
		p.faults.Add(1)
	}
	switch fault {
	case Throttle:
		say(w, 400, "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException", nil)
	case Broken:
		say(w, 500, "com.amazonaws.dynamodb.v20120810#InternalServerError", nil)
	case Away:
		http.Error(w, "<html>Service Unavailable</html>", http.StatusServiceUnavailable)
	case Clash:
		say(w, 400, "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", map[string]any{
			"CancellationReasons": []map[string]string{{"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}}})
	case CutBefore:
		cut(w)
	case CutAfter, Slow:
		if answer, err := p.forward(r, body); err == nil {
			_ = answer.Body.Close()
		}
		if fault == Slow {
			<-r.Context().Done()
		}
		cut(w)
	case Partial:
		p.half(w, r, body)
	default:
		p.pass(w, r, body)
	}
}

func say(w http.ResponseWriter, status int, kind string, more map[string]any) {
	all := map[string]any{"__type": kind, "message": "made to fail"}
	for k, v := range more {
		all[k] = v
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(all)
}

// cut closes the connection in the middle of an answer.
func cut(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.Close()
	}
}

// forward sends a request on, whatever becomes of the client.
func (p *Proxy) forward(r *http.Request, body []byte) (*http.Response, error) {
	onward, err := http.NewRequest(r.Method, p.target+r.URL.Path, bytes.NewReader(body)) //nolint:noctx // it must be done even if the client leaves
	if err != nil {
		return nil, err
	}
	onward.Header = r.Header.Clone()
	onward.Header.Del("Accept-Encoding") // so that an answer can be read here
	return p.client.Do(onward)
}

func (p *Proxy) pass(w http.ResponseWriter, r *http.Request, body []byte) {
	answer, err := p.forward(r, body)
	if err != nil {
		cut(w)
		return
	}
	defer answer.Body.Close() //nolint:errcheck // read to its end
	for k, v := range answer.Header {
		w.Header()[k] = v
	}
	w.WriteHeader(answer.StatusCode)
	_, _ = io.Copy(w, answer.Body)
}

// half does the first half of a batch, rounded down, and gives the rest back.
func (p *Proxy) half(w http.ResponseWriter, r *http.Request, body []byte) {
	var in struct{ RequestItems map[string][]json.RawMessage }
	if err := json.Unmarshal(body, &in); err != nil {
		cut(w)
		return
	}
	left := map[string][]json.RawMessage{}
	for table, requests := range in.RequestItems {
		n := len(requests) / 2
		left[table] = requests[n:]
		if in.RequestItems[table] = requests[:n]; n == 0 {
			delete(in.RequestItems, table)
		}
	}
	if len(in.RequestItems) > 0 {
		done, err := json.Marshal(in)
		if err == nil {
			var answer *http.Response
			if answer, err = p.forward(r, done); err == nil {
				_ = answer.Body.Close()
			}
		}
		if err != nil {
			cut(w)
			return
		}
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	_ = json.NewEncoder(w).Encode(map[string]any{"UnprocessedItems": left})
}
