package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// arguments appends the arguments of one call, as JSON.
type arguments func(r *rand.Rand, b []byte) []byte

// protocol is the revision of MCP that the calls speak: the newest, in which every request says what it is.
const protocol = "2026-07-28"

// doorOf makes requests of one operation through one door.
type doorOf func(c *child, operation string, args arguments) caller

// overMCP calls a tool.
func overMCP(c *child, operation string, args arguments) caller {
	q := request{method: http.MethodPost, path: "/mcp", host: c.Address, headers: "Accept: application/json, text/event-stream\r\nMcp-Protocol-Version: " +
		protocol + "\r\nMcp-Method: tools/call\r\nMcp-Name: " + operation + "\r\n" + bearer(c.Token)}
	head := []byte(`{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"` + protocol +
		`","io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}},"name":"` + operation + `","arguments":`)
	var body []byte
	return func(r *rand.Rand, b []byte) []byte {
		body = append(args(r, append(body[:0], head...)), "}}"...)
		return q.append(b, body)
	}
}

// overREST posts to the operation.
func overREST(c *child, operation string, args arguments) caller {
	q := request{method: http.MethodPost, path: "/api/v1/ops/" + operation, host: c.Address, headers: bearer(c.Token)}
	var body []byte
	return func(r *rand.Rand, b []byte) []byte {
		body = args(r, body[:0])
		return q.append(b, body)
	}
}

func bearer(token string) string {
	if token == "" {
		return ""
	}
	return "Authorization: Bearer " + token + "\r\n"
}

// call is what a run asks for.
type call struct {
	door        doorOf
	operation   string
	args        arguments
	connections int
	each        int // operations a call
}

// call runs against the server under test.
func (b *bench) call(ctx context.Context, q call) (figure, error) {
	c, err := b.server(ctx)
	if err != nil {
		return figure{}, err
	}
	f, err := b.drive(ctx, c, q)
	b.peak = max(b.peak, f.RSS)
	return f, err
}

// drive runs against one server, and takes its processor time and memory.
func (b *bench) drive(ctx context.Context, c *child, q call) (figure, error) {
	l := &load{address: c.Address, connections: q.connections, warmup: b.warmup(), time: b.o.duration, each: q.each,
		caller: func() caller { return q.door(c, q.operation, q.args) }}
	watch, stop := context.WithCancel(ctx)
	peak := make(chan float64, 1)
	go func() { peak <- watchRSS(watch, c.pid()) }()
	var cpu, pg time.Duration
	t, err := l.run(ctx, func() { cpu, pg = cpuOf(c.pid()), b.postgresCPU() })
	cpu, pg = cpuOf(c.pid())-cpu, b.postgresCPU()-pg
	stop()
	f := t.figure(q.each)
	f.RSS = <-peak
	if n := float64(len(t.times) * max(1, q.each)); n > 0 {
		f.CPU, f.PGCPU = float64(cpu.Microseconds())/n, float64(pg.Microseconds())/n
	}
	if err == nil && len(t.times) == 0 {
		err = fmt.Errorf("no call of %s succeeded: %s", q.operation, t.first)
	}
	return f, err
}

// watchRSS gives the most memory that a process had while ctx lasted.
func watchRSS(ctx context.Context, pid int) float64 {
	most := rssOf(pid, "VmRSS")
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			most = max(most, rssOf(pid, "VmRSS"))
		case <-ctx.Done():
			return most
		}
	}
}

// Arguments of the calls.

// move transfers one unit of a part without serials between two places, with a key of its own.
func (w world) move(r *rand.Rand, b []byte) []byte {
	from := r.IntN(places)
	return w.transfer(r, b, [3]int{2 * r.IntN(w.parts/2), from, (from + 1 + r.IntN(places-1)) % places})
}

// hotMove goes to and fro between two places of one part.
func (w world) hotMove(r *rand.Rand, b []byte) []byte {
	from := r.IntN(2)
	return w.transfer(r, b, [3]int{w.parts - 2, from, 1 - from})
}

// transfer writes a movement of part, from, to, without evidence, as most are: it is marked for review.
func (w world) transfer(r *rand.Rand, b []byte, m [3]int) []byte {
	b = append(w.bare(b, m), `,"idempotency_key":"`...)
	b = strconv.AppendUint(b, r.Uint64(), 36)
	return append(b, `"}`...)
}

// bare writes a movement without key and closing brace.
func (w world) bare(b []byte, m [3]int) []byte {
	b = append(append(b, `{"movement_type":"TRANSFERENCIA","quantity":1,"part_number":"`...), partCode(m[0])...)
	b = append(append(b, `","source_location_id":"`...), placeCode(m[1])...)
	b = append(append(b, `","destination_location_id":"`...), placeCode(m[2])...)
	return append(append(append(b, `","project_id":"`...), projectCode(partProject(m[0]))...), '"')
}

// moves writes a batch of a thousand.
func (w world) moves(r *rand.Rand, b []byte) []byte {
	b = append(b, `{"movements":[`...)
	for i := range batchSize {
		if i > 0 {
			b = append(b, ',')
		}
		from := r.IntN(places)
		b = append(w.bare(b, [3]int{2 * r.IntN(w.parts/2), from, (from + 1 + r.IntN(places-1)) % places}), '}')
	}
	b = append(b, `],"idempotency_key":"`...)
	b = strconv.AppendUint(b, r.Uint64(), 36)
	return append(b, `"}`...)
}

func (w world) balance(r *rand.Rand, b []byte) []byte {
	return append(append(append(b, `{"part_number":"`...), partCode(r.IntN(w.parts))...), `"}`...)
}

func (w world) timeline(r *rand.Rand, b []byte) []byte {
	return append(strconv.AppendInt(append(b, `{"identifier":"HOT-`...), int64(1+r.IntN(w.toldAssets())), 10), `","limit":100}`...)
}

// asOf asks for the stock of a part on some day of the log.
func (w world) asOf(part func(*rand.Rand) int) arguments {
	return func(r *rand.Rand, b []byte) []byte {
		day := w.begin.AddDate(0, 0, 1+r.IntN(daysOfLog-1))
		b = append(append(b, `{"part_number":"`...), partCode(part(r))...)
		b = append(b, `","as_of":"`...)
		return append(day.AppendFormat(b, time.DateOnly), `"}`...)
	}
}

func enumValues(_ *rand.Rand, b []byte) []byte { return append(b, `{"enum_name":"condition"}`...) }

// search asks for what text gives, as a person would, for 50 rows.
func search(kind string, text func(*rand.Rand) string) arguments {
	return func(r *rand.Rand, b []byte) []byte {
		b = strconv.AppendQuote(append(b, `{"query":`...), text(r))
		if kind != "" {
			b = append(append(append(b, `,"search_type":"`...), kind...), '"')
		}
		return append(b, `,"limit":50}`...)
	}
}

// someSerial is of an asset drawn from all without a long story.
func (w world) someSerial(r *rand.Rand) string { return w.serial(w.hot + r.IntN(w.assets-w.hot)) }

// piece is n characters from the inside of some serial.
func (w world) piece(n int) func(*rand.Rand) string {
	return func(r *rand.Rand) string {
		s := w.someSerial(r)
		at := 1 + r.IntN(len(s)-n-1)
		return s[at : at+n]
	}
}
