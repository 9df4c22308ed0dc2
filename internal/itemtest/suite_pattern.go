package itemtest

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/item"
)

// store writes what gives an item, under the condition that nobody wrote meanwhile.
func (w *world) store(t *item.Table, of func() (*item.Item, error)) *item.Item {
	w.Helper()
	it, err := of()
	if err != nil {
		w.Fatal(err)
	}
	c := item.Condition{Kind: item.IfVersion, Version: it.Version - 1}
	if it.Version == 1 {
		c = item.Condition{Kind: item.IfAbsent}
	}
	if err := w.s.Put(w.Context(), t, item.Write{Item: *it, If: c}); err != nil {
		w.Fatal(err)
	}
	return it
}

func (w *world) must(items []item.Item, err error) (partitions []string) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
	for _, it := range items {
		partitions = append(partitions, it.Partition)
	}
	return partitions
}

func (w *world) page(p item.Page, err error) []string {
	w.Helper()
	return w.must(p.Items, err)
}

func (w *world) same(what string, want, got []string) {
	w.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		w.Errorf("%s: %s", what, diff)
	}
}

// sessionPatterns are the ways in which sessions are looked for.
func sessionPatterns(w *world) {
	session := func(n int, user, agent string, status item.SessionStatus) *item.Session {
		at := w.Now().Add(time.Duration(n) * time.Minute).UTC()
		return &item.Session{ID: fmt.Sprint("s", n), UserID: user, AgentType: agent, CreatedAt: at, LastActiveAt: at, LastAction: "chat",
			TurnCount: 1, Status: status, Memory: json.RawMessage(`{"facts":["é",1]}`)}
	}
	all := []*item.Session{session(1, "ana", "inventory", item.SessionActive), session(2, "rui", "inventory", item.SessionIdle),
		session(3, "ana", "academy", item.SessionActive), session(4, "ana", "inventory", item.SessionActive)}
	for _, s := range all {
		w.store(item.Sessions(), s.Item)
	}
	back, err := item.SessionOf(w.get(item.Sessions(), key("s1", "")))
	all[0].Version = 1
	if diff := cmp.Diff(all[0], back); err != nil || diff != "" {
		w.Errorf("%v %s", err, diff)
	}
	w.same("user", []string{"s4", "s3", "s1"}, w.page(item.SessionsOfUser(w.Context(), w.s, "ana", "")))
	w.same("agent", []string{"s4", "s2", "s1"}, w.must(item.SessionsOfAgent(w.Context(), w.s, "inventory", 0)))
	w.same("agent, two", []string{"s4", "s2"}, w.must(item.SessionsOfAgent(w.Context(), w.s, "inventory", 2)))
	w.same("status", []string{"s4", "s3", "s1"}, w.must(item.SessionsOfStatus(w.Context(), w.s, item.SessionActive, 0)))

	back.Status, back.TurnCount, back.LastActiveAt = item.SessionTerminated, 2, w.Now().Add(time.Hour).UTC()
	w.store(item.Sessions(), back.Item)
	w.same("status before", []string{"s4", "s3"}, w.must(item.SessionsOfStatus(w.Context(), w.s, item.SessionActive, 0)))
	w.same("status after", []string{"s1"}, w.must(item.SessionsOfStatus(w.Context(), w.s, item.SessionTerminated, 0)))
	w.same("last active first", []string{"s1", "s4", "s3"}, w.page(item.SessionsOfUser(w.Context(), w.s, "ana", "")))

	w.Pass(item.SessionLife + 2*time.Minute) // of s1 and s2 the first was active again
	w.same("after 30 days", []string{"s1", "s4", "s3"}, w.page(item.SessionsOfUser(w.Context(), w.s, "ana", "")))
	w.same("after 30 days", nil, w.page(item.SessionsOfUser(w.Context(), w.s, "rui", "")))
	for what, s := range map[string]*item.Session{"status": session(5, "a", "b", "DEAD"), "user": session(5, "", "b", item.SessionActive),
		"memory": {ID: "x", UserID: "u", AgentType: "a", Status: item.SessionIdle, Memory: json.RawMessage(`{"x":0.5}`)},
		"broken": {ID: "x", UserID: "u", AgentType: "a", Status: item.SessionIdle, Memory: json.RawMessage(`{`)}} {
		_, err := s.Item()
		w.refuses(what, err)
	}
	if _, err := item.SessionOf(&item.Item{Body: []byte(`{"turn_count":"x"}`)}); fault.CodeOf(err) != fault.Internal {
		w.Errorf("got %v", err)
	}
}

// trainingPatterns are the ways in which trainings and their parts are looked for.
func trainingPatterns(w *world) {
	at := func(n int) time.Time { return w.Now().Add(time.Duration(n) * time.Hour).UTC() }
	first := &item.Training{ID: "t1", UserID: "ana", TenantID: "ntt", Title: "NF-e", Status: "READY", CreatedAt: at(1), Details: json.RawMessage(`{"minutes":12}`)}
	w.store(item.Trainings(), first.Item)
	w.store(item.Trainings(), (&item.Training{ID: "t2", UserID: "rui", TenantID: "ntt", Status: "DRAFT", CreatedAt: at(2)}).Item)
	w.store(item.Trainings(), (&item.Training{ID: "t3", UserID: "ana", TenantID: "ntt", Status: "READY", CreatedAt: at(3)}).Item)
	for _, p := range []*item.TrainingPart{{Parent: "t1", Kind: item.TrainingSource, ID: "b"}, {Parent: "t1", Kind: item.TrainingSource, ID: "a"},
		{Parent: "t1", Kind: item.TrainingAsset, ID: "audio", Details: json.RawMessage(`{"key":"x"}`)}, {Parent: "t2", Kind: item.TrainingSource, ID: "a"}} {
		p.CreatedAt = at(0)
		w.store(item.Trainings(), p.Item)
		back, err := item.TrainingPartOf(w.get(item.Trainings(), key(p.Parent+"#"+p.Kind+"#"+p.ID, "")))
		p.Version = 1
		if diff := cmp.Diff(p, back); err != nil || diff != "" {
			w.Errorf("%v %s", err, diff)
		}
	}
	back, err := item.TrainingOf(w.get(item.Trainings(), key("t1", "")))
	first.Version = 1
	if diff := cmp.Diff(first, back); err != nil || diff != "" {
		w.Errorf("%v %s", err, diff)
	}
	w.same("user", []string{"t3", "t1"}, w.page(item.TrainingsOfUser(w.Context(), w.s, "ana", "")))
	w.same("tenant", []string{"t3", "t1"}, w.page(item.TrainingsOfTenant(w.Context(), w.s, "ntt", "READY", "")))
	w.same("tenant, all", []string{"t3", "t1", "t2"}, w.page(item.TrainingsOfTenant(w.Context(), w.s, "ntt", "", "")))
	w.same("parts", []string{"t1#ASSET#audio", "t1#SOURCE#a", "t1#SOURCE#b"}, w.page(item.PartsOfTraining(w.Context(), w.s, "t1", "", "")))
	w.same("sources", []string{"t1#SOURCE#a", "t1#SOURCE#b"}, w.page(item.PartsOfTraining(w.Context(), w.s, "t1", item.TrainingSource, "")))
	for what, of := range map[string]func() (*item.Item, error){"no user": (&item.Training{ID: "t", TenantID: "x", Status: "y"}).Item,
		"kind": (&item.TrainingPart{Parent: "t", ID: "x", Kind: "OTHER"}).Item, "no parent": (&item.TrainingPart{ID: "x", Kind: item.TrainingAsset}).Item} {
		_, err := of()
		w.refuses(what, err)
	}
}
