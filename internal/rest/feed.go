package rest

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
)

const (
	// feedPeriod is how often the log is looked at while somebody listens: people see the change they
	// made before they look up.
	feedPeriod = 300 * time.Millisecond
	// feedPage is how many events are read at once.
	feedPage = 1000
	// feedKept is how many of the newest events are shared by all streams; older ones are read again.
	feedKept = 4096
	// feedTime bounds one look at the log.
	feedTime = 10 * time.Second
	// maxStreams of the program, and maxStreamsEach of one subject: a person has a few tabs open.
	maxStreams     = 1024
	maxStreamsEach = 6
)

// Touch says what an event concerns. Codes are business codes.
type Touch struct {
	Projects []string
	// Locations of the event: one that the caller sees is enough where AnyLocation is set, as for the two
	// ends of a movement; else all must be seen.
	Locations   []string
	AnyLocation bool
	Everybody   bool   // concerns no project and no place: the catalogue of parts
	Data        []byte // a JSON object for the readers of the stream; nil for none
}

// event is an event of the log with what it concerns.
type event struct {
	stock.LogEvent
	touch Touch
	known bool // touch says the truth; else only callers who may see everything get the event
}

// feed reads the log once for all streams. Nothing runs while nobody listens.
type feed struct {
	events  stock.EventReader
	touched func(context.Context, []stock.LogEvent) (map[int64]Touch, error)
	log     *slog.Logger

	mu      sync.Mutex
	kept    []event       // the newest, in order
	last    int64         // position up to which the log was read
	wake    chan struct{} // closed when there is more
	streams map[string]int
	total   int
	stop    context.CancelFunc
}

func newFeed(events stock.EventReader, touched func(context.Context, []stock.LogEvent) (map[int64]Touch, error), log *slog.Logger) *feed {
	return &feed{events: events, touched: touched, log: log, wake: make(chan struct{}), streams: map[string]int{}}
}

// join lets a subject listen until it leaves. The first one starts the reading.
func (f *feed) join(ctx context.Context, subject string) (leave func(), err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.total >= maxStreams || f.streams[subject] >= maxStreamsEach {
		return nil, fault.RateLimited.With("Há fluxos de eventos demais abertos.", "Too many event streams are open.").Detail("maximum", maxStreamsEach)
	}
	if f.total == 0 {
		last, err := f.events.LastPosition(ctx)
		if err != nil {
			return nil, err
		}
		f.kept, f.last = nil, last
		reading, stop := context.WithCancel(context.WithoutCancel(ctx))
		f.stop = stop
		go f.read(reading)
	}
	f.total++
	f.streams[subject]++
	return func() { f.leave(subject) }, nil
}

func (f *feed) leave(subject string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.streams[subject]--; f.streams[subject] == 0 {
		delete(f.streams, subject)
	}
	if f.total--; f.total == 0 {
		f.stop()
	}
}

// read follows the log until ctx ends. An outage of the database is waited out.
func (f *feed) read(ctx context.Context) {
	tick := time.NewTicker(feedPeriod)
	defer tick.Stop()
	failing := false
	for {
		err := f.readOn(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil && !failing {
			f.log.LogAttrs(ctx, slog.LevelWarn, "events not read", slog.Any("error", err))
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// readOn reads what is new.
func (f *feed) readOn(ctx context.Context) error {
	for {
		f.mu.Lock()
		from := f.last
		f.mu.Unlock()
		found, err := f.load(ctx, from)
		if err != nil || len(found) == 0 || ctx.Err() != nil {
			return err
		}
		f.mu.Lock()
		if ctx.Err() != nil { // the last stream left, and another reading may have begun
			f.mu.Unlock()
			return ctx.Err()
		}
		f.kept = append(f.kept, found...)
		if extra := len(f.kept) - feedKept; extra > 0 {
			f.kept = append([]event(nil), f.kept[extra:]...)
		}
		f.last = found[len(found)-1].Position
		close(f.wake)
		f.wake = make(chan struct{})
		f.mu.Unlock()
		if len(found) < feedPage {
			return nil
		}
	}
}

// after gives events behind a position, and what closes when there are more than that. No events mean
// that the reader is up to date.
func (f *feed) after(ctx context.Context, position int64) ([]event, <-chan struct{}, error) {
	f.mu.Lock()
	wake, last := f.wake, f.last
	first := last + 1
	if len(f.kept) > 0 {
		first = f.kept[0].Position
	}
	if position >= last {
		f.mu.Unlock()
		return nil, wake, nil
	}
	if position+1 >= first { // positions have no gaps
		found := append([]event(nil), f.kept[position+1-first:]...)
		f.mu.Unlock()
		return found, wake, nil
	}
	f.mu.Unlock()
	found, err := f.load(ctx, position)
	return found, wake, err
}

// load reads a page of the log with what its events concern.
func (f *feed) load(ctx context.Context, position int64) ([]event, error) {
	ctx, cancel := context.WithTimeout(ctx, feedTime)
	defer cancel()
	list, err := f.events.EventsAfter(ctx, position, feedPage)
	if err != nil {
		return nil, err
	}
	out := make([]event, len(list))
	var asked []stock.LogEvent
	for i, e := range list {
		out[i].LogEvent = e
		if out[i].touch, out[i].known = ownTouch(e); !out[i].known {
			asked = append(asked, e)
		}
	}
	if len(asked) == 0 || f.touched == nil {
		return out, nil
	}
	answers, err := f.touched(ctx, asked)
	if err != nil {
		return nil, err
	}
	for i := range out {
		if t, ok := answers[out[i].Position]; ok {
			out[i].touch, out[i].known = t, true
		}
	}
	return out, nil
}

// ownTouch reads what an event says of itself. Tasks carry the codes that they concern, master data
// carries the edit, whose prices and contracts are not for everybody: of an edit only the code goes on.
// Movements and changes of assets carry nothing.
func ownTouch(e stock.LogEvent) (Touch, bool) {
	type edit struct {
		Project  string `json:"project_code"`
		Location string `json:"location_code"`
		Part     string `json:"part_number"`
		Create   bool   `json:"create"`
	}
	var p struct {
		Projects  []string `json:"projects"`
		Locations []string `json:"locations"`
		Project   *edit    `json:"project"`
		Location  *edit    `json:"location"`
		Part      *edit    `json:"part_number"`
	}
	if len(e.Payload) == 0 || json.Unmarshal(e.Payload, &p) != nil {
		return Touch{}, false
	}
	switch {
	case p.Project != nil:
		return Touch{Projects: []string{stock.Fold(p.Project.Project)}, Data: codeOnly("project_code", p.Project.Project, p.Project.Create)}, true
	case p.Location != nil:
		return Touch{Locations: []string{stock.Fold(p.Location.Location)}, Data: codeOnly("location_code", p.Location.Location, p.Location.Create)}, true
	case p.Part != nil:
		return Touch{Everybody: true, Data: codeOnly("part_number", p.Part.Part, p.Part.Create)}, true
	case p.Projects != nil && p.Locations != nil:
		return Touch{Projects: p.Projects, Locations: p.Locations, Data: e.Payload}, true
	}
	return Touch{}, false
}

func codeOnly(name, code string, created bool) []byte {
	var a arguments
	a.text(name, code)
	a.add("created", jsontext.Value(strconv.FormatBool(created)))
	return a.object()
}

// seenBy reports whether an actor may know of the event, by the same rule as the lists: every project,
// and every place or one of them. The road and the outside are everybody's.
func (e *event) seenBy(a *identity.Actor) bool {
	if a.Projects.All && a.Locations.All || e.known && e.touch.Everybody {
		return true
	}
	if !e.known || len(e.touch.Projects)+len(e.touch.Locations) == 0 {
		return false
	}
	for _, code := range e.touch.Projects {
		if !a.Projects.Has(code) {
			return false
		}
	}
	seen := 0
	for _, code := range e.touch.Locations {
		if a.Locations.Has(code) || !e.touch.AnyLocation && (code == stock.OutsideCode || code == stock.TransitCode) {
			seen++
		}
	}
	return seen == len(e.touch.Locations) || e.touch.AnyLocation && seen > 0
}
