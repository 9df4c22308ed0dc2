// Package feed is the log of events as people and programs may follow it: what an event concerns, who may
// know of it, and which of its facts go outside. The event stream of the web and webhooks tell the same.
package feed

import (
	"context"
	"strings"

	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
)

// Touch says what an event concerns. Codes are business codes.
type Touch struct {
	Projects []string
	// Locations of the event: one that the caller sees is enough where AnyLocation is set, as for the two
	// ends of a movement; else all must be seen.
	Locations   []string
	AnyLocation bool
	Everybody   bool   // concerns no project and no place: the catalogue of parts
	Data        []byte // a JSON object for those who follow; nil for none
}

// Event is an event of the log with what it concerns.
type Event struct {
	stock.LogEvent
	Touch Touch
	Known bool // Touch says the truth; else only those who may see everything get the event
}

// Toucher says what movements and changes of assets concern, by sequence; package postgres satisfies it.
type Toucher interface {
	Touched(ctx context.Context, events []stock.LogEvent) (map[int64]stock.Touched, error)
}

// Read gives events with what they concern: what they say themselves, and what the ledger says of those
// that say nothing.
func Read(ctx context.Context, ledger Toucher, list []stock.LogEvent) ([]Event, error) {
	out := make([]Event, len(list))
	var asked []stock.LogEvent
	for i, e := range list {
		out[i].LogEvent = e
		if out[i].Touch, out[i].Known = Own(e); !out[i].Known {
			asked = append(asked, e)
		}
	}
	if len(asked) == 0 || ledger == nil {
		return out, nil
	}
	found, err := ledger.Touched(ctx, asked)
	if err != nil {
		return nil, err
	}
	for i := range out {
		t, ok := found[out[i].Sequence]
		if out[i].Known || !ok {
			continue
		}
		if out[i].Touch, err = touchOf(t); err != nil {
			return nil, err
		}
		out[i].Known = true
	}
	return out, nil
}

// SeenBy reports whether somebody with these areas may know of the event, by the same rule as the lists:
// every project, and every place or one of them. The road and the outside are everybody's.
func (e *Event) SeenBy(projects, locations identity.Area) bool {
	if projects.All && locations.All || e.Known && e.Touch.Everybody {
		return true
	}
	if !e.Known || len(e.Touch.Projects)+len(e.Touch.Locations) == 0 {
		return false
	}
	for _, code := range e.Touch.Projects {
		if !projects.Has(code) {
			return false
		}
	}
	seen := 0
	for _, code := range e.Touch.Locations {
		if locations.Has(code) || !e.Touch.AnyLocation && (code == stock.OutsideCode || code == stock.TransitCode) {
			seen++
		}
	}
	return seen == len(e.Touch.Locations) || e.Touch.AnyLocation && seen > 0
}

// Wants reports whether kinds, as a follower gave them, take in a kind of event: by its name or by its first
// word, so that task is task_created and task_approved, too. No kinds are all of them.
func Wants(kinds []string, kind string) bool {
	if len(kinds) == 0 {
		return true
	}
	noun, _, _ := strings.Cut(kind, "_")
	for _, k := range kinds {
		if k == kind || k == noun {
			return true
		}
	}
	return false
}

// Nouns are the first words of kinds of events.
func Nouns() []string {
	return []string{"movement", "asset", "task", "project", "location", "part", "count", "divergence", "document", "autonomy"}
}
