package ops

import (
	"context"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
)

type timelineReportIn struct {
	SerialNumber string `json:"serial_number,omitzero" max:"100" doc:"Linha do tempo deste equipamento | Timeline of this item"`
	PartNumber   string `json:"part_number,omitzero" max:"100" doc:"Linha do tempo deste part number | Timeline of this part number"`
	LocationID   string `json:"location_id,omitzero" max:"50" doc:"Linha do tempo deste local; inclui os locais dentro dele | Timeline of this location; includes the places below it"`
	ProjectID    string `json:"project_id,omitzero" max:"50" doc:"Linha do tempo deste projeto | Timeline of this project"`
	StartDate    Date   `json:"start_date,omitzero" doc:"Primeiro dia | First day"`
	EndDate      Date   `json:"end_date,omitzero" doc:"Último dia, incluído | Last day, included"`
	Kind         string `json:"kind,omitzero" enum:"timeline_kind" doc:"Só movimentos, só mudanças de estado ou só tarefas | Only movements, only changes of state or only tasks"`
	momentArgs
	pageArgs
}

// timelineEntry is one thing that happened; what does not apply to its kind is empty or null.
type timelineEntry struct {
	Kind         string  `json:"kind" enum:"timeline_kind"`
	On           Date    `json:"on"`
	RecordedAt   Time    `json:"recorded_at"`
	Type         string  `json:"type" doc:"Tipo do movimento, estado novo ou tipo da tarefa | Movement type, new state or task type"`
	PartNumber   string  `json:"part_number"`
	Description  string  `json:"description"`
	SerialNumber string  `json:"serial_number"`
	Quantity     *Number `json:"quantity"`
	Unit         string  `json:"unit_of_measure"`
	Source       string  `json:"source_location"`
	Destination  string  `json:"destination_location"`
	ProjectCode  string  `json:"project_code"`
	Condition    string  `json:"condition"`
	FromStatus   string  `json:"from_status"`
	Status       string  `json:"status"`
	Ticket       string  `json:"ticket"`
	NFNumber     *string `json:"nf_number"`
	Text         string  `json:"text"`
	TextEN       string  `json:"text_en"`
	CreatedBy    string  `json:"created_by"`
	MovementID   ID      `json:"movement_id"`
	AssetID      ID      `json:"asset_id"`
	TaskID       ID      `json:"task_id"`
}

type timelineReportOut struct {
	Count      int             `json:"count"`
	Items      []timelineEntry `json:"items"` // the newest first
	HasMore    bool            `json:"has_more"`
	NextCursor string          `json:"next_cursor,omitzero"`
}

// getTimelineReport tells what happened to an item, a part, a place or a project.
func (d *Deps) getTimelineReport() *Operation {
	return define(spec{name: "sga_get_timeline_report", text: textGetTimelineReport(), risk: Read, roles: everyone()},
		func(ctx context.Context, c *Call, in *timelineReportIn) (*timelineReportOut, error) {
			f, err := d.timelineFilter(c.Actor, in)
			if err != nil {
				return nil, err
			}
			p, err := d.Store.TimelineReport(ctx, scopeOf(c.Actor, d.Store.Catalog()), f, in.page())
			if err != nil {
				return nil, err
			}
			out := &timelineReportOut{Count: len(p.Rows), Items: make([]timelineEntry, len(p.Rows)), HasMore: p.Next != "", NextCursor: p.Next}
			n := names{d.Store.Catalog()}
			for i := range p.Rows {
				out.Items[i] = n.timelineEntry(c.Actor, &p.Rows[i])
			}
			return out, nil
		})
}

func (d *Deps) timelineFilter(a *identity.Actor, in *timelineReportIn) (f stock.TimelineFilter, err error) {
	f = stock.TimelineFilter{From: in.StartDate.Date, To: in.EndDate.Date, KnownAt: in.KnownAt.Time}
	if on := in.AsOf.Date; !on.IsZero() && (f.To.IsZero() || on.Before(f.To)) {
		f.To = on
	}
	if f.Part, f.Location, f.Project, err = d.find(a, where{in.PartNumber, in.LocationID, in.ProjectID}); err != nil {
		return f, err
	}
	if in.SerialNumber != "" {
		f.Asset = stock.AssetName{Serial: in.SerialNumber, Part: f.Part}
		if stock.SerialKey(in.SerialNumber) == "" {
			return f, fault.InvalidArgument.With("Informe serial_number.", "serial_number is required.").On("serial_number")
		}
	}
	f.Kind, err = word(stock.EntryKinds(), in.Kind, "kind")
	return f, err
}

func (n names) timelineEntry(a *identity.Actor, e *stock.TimelineEntry) timelineEntry {
	part := n.part(e.Part)
	out := timelineEntry{Kind: e.Kind, On: Day(e.On), RecordedAt: Time{e.At}, Type: e.Type, PartNumber: part.Number, Description: part.Description,
		SerialNumber: e.Serial, Source: n.place(e.Source).Code, Destination: n.place(e.Destination).Code, ProjectCode: n.project(e.Project).Code,
		Condition: string(e.Condition), FromStatus: string(e.FromStatus), Status: e.Status, Ticket: e.Ticket, Text: e.Text, TextEN: e.TextEN,
		CreatedBy: e.By, MovementID: ID{e.MovementID}, AssetID: ID{e.AssetID}, TaskID: ID{e.TaskID}}
	if e.Kind == stock.EntryMovement {
		out.Quantity, out.Unit, out.NFNumber = NumPtr(&e.Quantity), part.Unit, fiscal(a, e.NFNumber)
	}
	return out
}
