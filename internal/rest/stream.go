package rest

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/feed"
)

const (
	// heartbeat keeps proxies from closing a quiet stream, and is how often the caller's rights are
	// looked at again: who was shut out hears nothing more after this time (S-26).
	heartbeat = 15 * time.Second
	// retryTime is what browsers wait before they come back.
	retryTime = 2 * time.Second
)

// eventOut is the data of an event on the stream.
type eventOut struct {
	Position int64          `json:"position"`
	Kind     string         `json:"kind"`
	EntityID string         `json:"entity_id"`
	KnownAt  string         `json:"known_at"`
	Data     jsontext.Value `json:"data"` // an object, or null
}

// stream is GET /events: what happens in the caller's projects and places, as server-sent events (the
// HTML standard, section 9.2). The id of an event is its position in the log; a client that comes back
// with Last-Event-ID misses nothing.
func (d *door) stream(w http.ResponseWriter, r *http.Request, c *caller) error {
	if d.feed == nil {
		return fault.NotFound.With("Não há eventos aqui.", "There are no events here.")
	}
	kinds, position, err := streamOptions(r)
	if err != nil {
		return err
	}
	leave, err := d.feed.join(r.Context(), c.actor.Subject)
	if err != nil {
		return err
	}
	defer leave()
	if position < 0 {
		if position, err = d.feed.events.LastPosition(r.Context()); err != nil {
			return err
		}
	}
	d.metrics.streams.Inc()
	defer d.metrics.streams.Dec()
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	s := &stream{w: w, control: http.NewResponseController(w), kinds: kinds, position: position}
	err = s.start()
	if err == nil {
		err = d.follow(r, c, s)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		d.metrics.dropped.Inc()
	}
	return nil // whatever ended it, the client comes back where it was
}

// streamOptions reads where to begin and what to leave out. A position of -1 is the present.
func streamOptions(r *http.Request) (kinds []string, position int64, err error) {
	params, err := query(r)
	if err != nil {
		return nil, 0, err
	}
	last, name := r.Header.Get("Last-Event-ID"), "Last-Event-ID"
	for _, key := range sortedKeys(params) {
		switch key {
		case "kinds":
			kinds = strings.Split(params[key], ",")
		case "after":
			if last == "" {
				last, name = params[key], key
			}
		default:
			return nil, 0, unknownParameter(key)
		}
	}
	if last == "" {
		return kinds, -1, nil
	}
	position, err = strconv.ParseInt(last, 10, 64)
	if err != nil || position < 0 {
		return nil, 0, fault.InvalidArgument.With("Posição inválida.", "Invalid position.").On(name)
	}
	return kinds, position, nil
}

// stream is one client's place in the log. It holds no events: a client that reads slowly makes its
// stream slow, and one that does not read is cut off by the deadline of its connection.
type stream struct {
	w        http.ResponseWriter
	control  *http.ResponseController
	kinds    []string
	position int64
	told     int64 // the last position that the client knows
}

func (s *stream) start() error {
	return s.send("retry: " + strconv.FormatInt(retryTime.Milliseconds(), 10) + "\n\n")
}

func (s *stream) send(text string) error {
	if err := s.control.SetWriteDeadline(wireTime().Add(writeTime)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.control.Flush()
}

// follow sends what the caller may see until the caller leaves or may no longer.
func (d *door) follow(r *http.Request, c *caller, s *stream) error {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	ctx := r.Context()
	for {
		events, wake, err := d.feed.after(ctx, s.position)
		if err != nil {
			return err
		}
		if err := s.tell(events, c); err != nil {
			return err
		}
		if len(events) > 0 && ctx.Err() == nil {
			wake = closed() // there may be more, but the heart still beats
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-wake:
		case <-beat.C:
			if c, err = d.identify(r); err != nil {
				return err
			}
			if err := s.beat(); err != nil {
				return err
			}
		}
	}
}

func closed() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// tell sends the events that the caller may see and asked for.
func (s *stream) tell(events []feed.Event, c *caller) error {
	var b strings.Builder
	for i := range events {
		e := &events[i]
		s.position = e.Position
		if !e.SeenBy(c.actor.Projects, c.actor.Locations) || s.kinds != nil && !feed.Wants(s.kinds, e.Kind) {
			continue
		}
		if err := writeEvent(&b, e); err != nil {
			return err
		}
		s.told = e.Position
	}
	if b.Len() == 0 {
		return nil
	}
	return s.send(b.String())
}

// beat tells the client how far the log was read, so that it does not start far behind when it comes back.
func (s *stream) beat() error {
	text := ": ping\n\n"
	if s.position > s.told {
		text = "id: " + strconv.FormatInt(s.position, 10) + "\n" + text
		s.told = s.position
	}
	return s.send(text)
}

func writeEvent(b *strings.Builder, e *feed.Event) error {
	data := jsontext.Value(e.Touch.Data) // never the payload itself, which is the log's own
	if data == nil {
		data = jsontext.Value("null")
	}
	raw, err := json.Marshal(eventOut{e.Position, e.Kind, e.EntityID.String(), e.KnownAt.Format(time.RFC3339Nano), data})
	if err != nil {
		return err
	}
	b.WriteString("id: " + strconv.FormatInt(e.Position, 10) + "\nevent: " + e.Kind + "\ndata: ")
	b.Write(raw) // one line: JSON has its line breaks escaped, and none between its tokens
	b.WriteString("\n\n")
	return nil
}
