package app

import (
	"context"

	"github.com/google/uuid"

	"github.com/faiston/nexo/internal/ops"
	"github.com/faiston/nexo/internal/postgres"
)

// store is the database as operations read it.
type store struct{ *postgres.DB }

var _ ops.Store = store{}

// PersonByUsername implements ops.TaskReader.
func (s store) PersonByUsername(ctx context.Context, username string) (uuid.UUID, error) {
	l, err := s.LoginByUsername(ctx, username)
	if err != nil {
		return uuid.Nil, err
	}
	return l.PersonID, nil
}

// PersonNames implements ops.TaskReader.
func (s store) PersonNames(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]string, error) {
	names, err := s.Names(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make(map[uuid.UUID]string, len(names))
	for id, n := range names {
		out[id] = n.Display
	}
	return out, nil
}
