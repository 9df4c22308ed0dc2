package feed

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
)

// I10: who sees project NTT and place TEC-1 only.
func TestSeenBy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind, payload string
		touch         *Touch
		seen          bool
	}{
		"own task":                   {"task_created", `{"projects":["NTT"],"locations":["TEC-1","TRANSITO"]}`, nil, true},
		"task of another project":    {"task_created", `{"projects":["NTT","ITAU"],"locations":["TEC-1"]}`, nil, false},
		"task of another place":      {"task_created", `{"projects":["NTT"],"locations":["TEC-1","CD-SP"]}`, nil, false},
		"task of nothing":            {"task_created", `{"projects":[],"locations":[]}`, nil, false},
		"own project":                {"project", `{"project":{"project_code":"ntt"}}`, nil, true},
		"another project":            {"project", `{"project":{"project_code":"ITAU"}}`, nil, false},
		"another place":              {"location", `{"location":{"location_code":"CD-SP"}}`, nil, false},
		"part":                       {"part_number", `{"part_number":{"part_number":"X"}}`, nil, true},
		"movement that says nothing": {"movement", "", nil, false},
		"own movement":               {"movement", "", &Touch{Projects: []string{"NTT"}, Locations: []string{"CD-SP", "TEC-1"}, AnyLocation: true}, true},
		"movement elsewhere":         {"movement", "", &Touch{Projects: []string{"NTT"}, Locations: []string{"CD-SP", "EXTERNO"}, AnyLocation: true}, false},
		"movement of another":        {"movement", "", &Touch{Projects: []string{"ITAU"}, Locations: []string{"TEC-1"}, AnyLocation: true}, false},
		"damaged payload":            {"task_created", `{"projects":`, nil, false},
		"payload of another shape":   {"task_created", `{"projects":"NTT"}`, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := Event{LogEvent: stock.LogEvent{Kind: c.kind, Payload: []byte(c.payload)}}
			if e.Touch, e.Known = Own(e.LogEvent); c.touch != nil {
				e.Touch, e.Known = *c.touch, true
			}
			if e.SeenBy(identity.Only("NTT"), identity.Only("TEC-1")) != c.seen {
				t.Errorf("seen %v", !c.seen)
			}
			if !e.SeenBy(identity.Everywhere(), identity.Everywhere()) {
				t.Error("whoever may see everything does not")
			}
			if c.kind != "part_number" && e.SeenBy(identity.Area{}, identity.Area{}) {
				t.Error("whoever may see nothing does")
			}
		})
	}
}

// ledger knows one movement.
type ledger struct{ err error }

func (l ledger) Touched(_ context.Context, events []stock.LogEvent) (map[int64]stock.Touched, error) {
	out := map[int64]stock.Touched{}
	for _, e := range events {
		if e.Kind == "movement" {
			out[e.Sequence] = stock.Touched{Project: "NTT", Locations: []string{"TEC-1"}, PartNumber: "X", MovementType: "SAIDA", Quantity: "2.5"}
		}
	}
	return out, l.err
}

func TestRead(t *testing.T) {
	t.Parallel()
	list := []stock.LogEvent{
		{Position: 1, Sequence: 11, Kind: "movement"},
		{Position: 2, Sequence: 13, Kind: "task_created", Payload: []byte(`{"projects":["NTT"],"locations":[],"task_id":"t"}`)},
		{Position: 3, Sequence: 12, Kind: "count_opened"},
		{Position: 4, Sequence: 14, Kind: "part_number", Payload: []byte(`{"part_number":{"part_number":"X\"Y","unit_cost":"9","create":true}}`)},
	}
	got, err := Read(t.Context(), ledger{}, list)
	if err != nil {
		t.Fatal(err)
	}
	want := []Event{
		{list[0], Touch{Projects: []string{"NTT"}, Locations: []string{"TEC-1"}, AnyLocation: true,
			Data: []byte(`{"project_code":"NTT","location_codes":["TEC-1"],"part_number":"X","movement_type":"SAIDA","quantity":"2.5"}`)}, true},
		{list[1], Touch{Projects: []string{"NTT"}, Locations: []string{}, Data: list[1].Payload}, true},
		{list[2], Touch{}, false},
		{list[3], Touch{Everybody: true, Data: []byte(`{"part_number":"X\"Y","created":true}`)}, true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	down := errors.New("down")
	if _, err := Read(t.Context(), ledger{down}, list); !errors.Is(err, down) {
		t.Errorf("an outage is not silence: %v", err)
	}
	if got, err := Read(t.Context(), nil, list); err != nil || got[0].Known || !got[1].Known {
		t.Errorf("%+v %v", got, err)
	}
}

func TestWants(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]bool{"task_created": true, "task": true, "movement": true, "movement_x": false, "taskforce": false, "project": false} {
		if kind == "movement_x" {
			want = true // the noun takes in all that begin with it
		}
		if got := Wants([]string{"task", "movement"}, kind); got != want {
			t.Errorf("%s: %v", kind, got)
		}
	}
	if !Wants(nil, "anything") || Wants([]string{"task_created"}, "task_approved") {
		t.Error("no kinds are all, and a whole kind is only itself")
	}
}

// Whatever a payload holds, only whoever sees everything gets an event that does not say what it concerns.
func FuzzOwn(f *testing.F) {
	f.Add([]byte(`{"projects":["NTT"],"locations":["A"]}`))
	f.Add([]byte(`{"part_number":{"part_number":"X"}}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		e := Event{LogEvent: stock.LogEvent{Kind: "x", Payload: payload}}
		e.Touch, e.Known = Own(e.LogEvent)
		if !e.Known && e.SeenBy(identity.Only("NTT"), identity.Everywhere()) {
			t.Errorf("%s is seen by who may not see everything", payload)
		}
	})
}
