package relay

import (
	"context"

	"github.com/faiston/nexo/internal/item"
	"github.com/faiston/nexo/internal/stock"
)

// The access patterns of the tables. They show; nothing is ever decided from them.

// View says which part of a list is wanted, and in which order.
type View struct {
	Kind       string // of the items: ASSET, BALANCE, MOVE, RESERVE, TASK, DIV or DOC; empty: all
	Descending bool
	Limit      int    // 0: 100
	Cursor     string // Next of the page before
}

func (v View) of(index, partition string) item.Query {
	q := item.Query{Index: index, Partition: partition, Descending: v.Descending, Limit: v.Limit, Cursor: v.Cursor}
	if v.Kind != "" {
		q.Prefix = v.Kind + "#"
	}
	return q
}

// Tables asks the keyed tables that the relay fills.
type Tables struct{ Store item.Store }

func (t Tables) query(ctx context.Context, table *item.Table, q item.Query) (item.Page, error) {
	return t.Store.Query(ctx, table, q)
}

func (t Tables) spread(ctx context.Context, table *item.Table, q item.Query) (item.Page, error) {
	return QueryShards(ctx, t.Store, table, q)
}

// Timeline is what happened to an asset, in order of time.
func (t Tables) Timeline(ctx context.Context, assetID string, v View) (item.Page, error) {
	v.Kind = ""
	return t.query(ctx, item.Inventory(), v.of(item.ByAsset, key("TIMELINE", assetID)))
}

// BySerial is the assets of a serial number, of whatever part; spelling does not matter.
func (t Tables) BySerial(ctx context.Context, serial string, v View) (item.Page, error) {
	return t.query(ctx, item.Inventory(), v.of(item.BySerial, key("SERIAL", stock.SerialKey(serial))))
}

// AtLocation is what is, or happened, at a place.
func (t Tables) AtLocation(ctx context.Context, code string, v View) (item.Page, error) {
	return t.query(ctx, item.Inventory(), v.of(item.ByLocation, key("LOC", stock.Fold(code))))
}

// InProject is what belongs to a project.
func (t Tables) InProject(ctx context.Context, code string, v View) (item.Page, error) {
	q := v.of(item.ByProject, key("PROJ", stock.Fold(code)))
	if stock.Fold(code) == stock.GeneralCode {
		return t.spread(ctx, item.Inventory(), q)
	}
	return t.query(ctx, item.Inventory(), q)
}

// WithStatus is what is in a state, across the kinds that have one.
func (t Tables) WithStatus(ctx context.Context, status string, v View) (item.Page, error) {
	return t.spread(ctx, item.Inventory(), v.of(item.ByStatus, "STATUS#"+status))
}

// InMonth is what happened in a month, YYYY-MM, in order of time: movements by their business date.
func (t Tables) InMonth(ctx context.Context, month string, v View) (item.Page, error) {
	v.Kind = ""
	return t.spread(ctx, item.Inventory(), v.of(item.ByDate, "DATE#"+month))
}

// TasksWithStatus is the queue: urgent first, then the one that waits longest.
func (t Tables) TasksWithStatus(ctx context.Context, status string, v View) (item.Page, error) {
	v.Kind = ""
	return t.spread(ctx, item.Tasks(), v.of(item.TaskByStatus, "STATUS#"+status))
}

// TasksOf is what is assigned to a person; status narrows it when it is not empty.
func (t Tables) TasksOf(ctx context.Context, personID, status string, v View) (item.Page, error) {
	v.Kind = status
	return t.query(ctx, item.Tasks(), v.of(item.TaskByAssignee, key("ASSIGNEE", personID)))
}

// TasksOfType is the tasks of a type; status narrows it when it is not empty.
func (t Tables) TasksOfType(ctx context.Context, taskType, status string, v View) (item.Page, error) {
	v.Kind = status
	return t.query(ctx, item.Tasks(), v.of(item.TaskByType, key("TYPE", taskType)))
}

// TasksAbout is the tasks about a MOVEMENT, COUNT, DIVERGENCE or TASK.
func (t Tables) TasksAbout(ctx context.Context, kind, id string, v View) (item.Page, error) {
	v.Kind = ""
	return t.query(ctx, item.Tasks(), v.of(item.TaskByReference, key("REF", kind, id)))
}

// TaskChildren is the COMMENTs and ATTACHMENTs of a task.
func (t Tables) TaskChildren(ctx context.Context, taskID string, v View) (item.Page, error) {
	return t.query(ctx, item.Tasks(), v.of(item.TaskByParent, taskID))
}

// AuditOfDay is the calls of a day, YYYY-MM-DD in UTC, in order of time.
func (t Tables) AuditOfDay(ctx context.Context, day string, v View) (item.Page, error) {
	v.Kind = ""
	return t.spread(ctx, item.Audit(), v.of("", "LOG#"+day))
}

// AuditOfFamily is the calls of a family (FamilyOf).
func (t Tables) AuditOfFamily(ctx context.Context, family string, v View) (item.Page, error) {
	v.Kind = ""
	return t.spread(ctx, item.Audit(), v.of(item.AuditByType, key("TYPE", family)))
}

// AuditOfActor is what a person, agent, service or the system did.
func (t Tables) AuditOfActor(ctx context.Context, kind, id string, v View) (item.Page, error) {
	v.Kind = ""
	return t.query(ctx, item.Audit(), v.of(item.AuditByActor, key("ACTOR", kind, id)))
}

// AuditOfEntity is what was done to one thing by operations of a family.
func (t Tables) AuditOfEntity(ctx context.Context, family, id string, v View) (item.Page, error) {
	v.Kind = ""
	return t.query(ctx, item.Audit(), v.of(item.AuditByEntity, key("ENTITY", family, id)))
}

// AuditOfSession is what was done in one sign-in.
func (t Tables) AuditOfSession(ctx context.Context, session string, v View) (item.Page, error) {
	v.Kind = ""
	return t.query(ctx, item.Audit(), v.of(item.AuditBySession, key("SESSION", session)))
}
