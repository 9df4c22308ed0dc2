package item

import (
	"context"
	"encoding/json"
	"time"
)

// Training is a course that somebody makes of sources; Academy says what its details are.
type Training struct {
	ID        string          `json:"-"`
	Version   int64           `json:"-"` // of the stored item; 0 of one that is new
	UserID    string          `json:"user_id"`
	TenantID  string          `json:"tenant_id"`
	Title     string          `json:"title"`
	Status    string          `json:"status"`
	CreatedAt time.Time       `json:"created_at"`
	Details   json.RawMessage `json:"details,omitempty"` // a JSON object
}

// Kinds of a training's parts: what it is made of, and what is made of it.
const (
	TrainingSource = "SOURCE"
	TrainingAsset  = "ASSET"
)

// TrainingPart is a child of a training: a source by its id, or an asset by its type (audio, slides, video).
type TrainingPart struct {
	Parent    string          `json:"parent"` // id of the training
	Kind      string          `json:"kind"`   // TrainingSource or TrainingAsset
	ID        string          `json:"id"`
	Version   int64           `json:"-"` // of the stored item; 0 of one that is new
	CreatedAt time.Time       `json:"created_at"`
	Details   json.RawMessage `json:"details,omitempty"` // a JSON object
}

// Item gives the training as its next version is stored.
func (t *Training) Item() (*Item, error) {
	if t.ID == "" || t.UserID == "" || t.TenantID == "" || t.Status == "" {
		return nil, invalid("training_id", "O treinamento precisa de id, autor, empresa e estado.", "A training needs an id, an author, a tenant and a status.")
	}
	body, err := bodyOf(t)
	if err != nil {
		return nil, err
	}
	at := stamp(t.CreatedAt) + "#" + t.ID
	return &Item{Key: Key{Partition: t.ID}, Version: t.Version + 1, Body: body, Index: map[string]Key{
		TrainingByUser:   {UserKey(t.UserID), at},
		TrainingByTenant: {"TENANT#" + t.TenantID, t.Status + "#" + at},
	}}, nil
}

// Item gives the part as its next version is stored, under a key of its own.
func (p *TrainingPart) Item() (*Item, error) {
	if p.Parent == "" || p.ID == "" || p.Kind != TrainingSource && p.Kind != TrainingAsset {
		return nil, invalid("parent", "A parte precisa de um treinamento, um tipo e um id.", "A part needs a training, a kind and an id.")
	}
	body, err := bodyOf(p)
	if err != nil {
		return nil, err
	}
	name := p.Kind + "#" + p.ID
	return &Item{Key: Key{Partition: p.Parent + "#" + name}, Version: p.Version + 1, Body: body,
		Index: map[string]Key{TrainingByParent: {ParentKey(p.Parent), name}}}, nil
}

// ParentKey is the partition of a parent's children in an index.
func ParentKey(parent string) string { return "PARENT#" + parent }

// TrainingOf reads a training.
func TrainingOf(it *Item) (*Training, error) {
	t := &Training{}
	if err := json.Unmarshal(it.Body, t); err != nil {
		return nil, damaged(err)
	}
	t.ID, t.Version = it.Partition, it.Version
	return t, nil
}

// TrainingPartOf reads a part.
func TrainingPartOf(it *Item) (*TrainingPart, error) {
	p := &TrainingPart{}
	if err := json.Unmarshal(it.Body, p); err != nil {
		return nil, damaged(err)
	}
	p.Version = it.Version
	return p, nil
}

// TrainingsOfUser reads what a person has made, the newest first.
func TrainingsOfUser(ctx context.Context, s Store, user, cursor string) (Page, error) {
	return s.Query(ctx, Trainings(), Query{Index: TrainingByUser, Partition: UserKey(user), Descending: true, Cursor: cursor})
}

// TrainingsOfTenant reads a company's trainings of one status, the newest first; status "" reads all, by status.
func TrainingsOfTenant(ctx context.Context, s Store, tenant, status, cursor string) (Page, error) {
	q := Query{Index: TrainingByTenant, Partition: "TENANT#" + tenant, Descending: true, Cursor: cursor}
	if status != "" {
		q.Prefix = status + "#"
	}
	return s.Query(ctx, Trainings(), q)
}

// PartsOfTraining reads the parts of a training of one kind, or all.
func PartsOfTraining(ctx context.Context, s Store, training, kind, cursor string) (Page, error) {
	q := Query{Index: TrainingByParent, Partition: ParentKey(training), Cursor: cursor}
	if kind != "" {
		q.Prefix = kind + "#"
	}
	return s.Query(ctx, Trainings(), q)
}
