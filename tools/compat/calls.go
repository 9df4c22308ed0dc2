package main

import (
	"context"
	"fmt"

	"github.com/go-json-experiment/json"
)

// caller sends each call to the next of the programs.
type caller struct {
	installs []*install
	next     int
}

func (c *caller) call(ctx context.Context, user, operation, arguments string) ([]byte, error) {
	in := c.installs[c.next%len(c.installs)]
	c.next++
	return in.call(ctx, user, operation, arguments)
}

// answer is what the journey reads of an answer.
type answer struct {
	Status      string `json:"status"`
	TaskID      string `json:"task_id"`
	Fingerprint string `json:"fingerprint"`
	MovementID  string `json:"movement_id"`
}

// all is a working day in small: master data, the eleven tools, a proposal that is approved and one that is rejected,
// repeated so that with two programs each of them does everything.
func (c *caller) all(ctx context.Context, prefix string) error {
	for round := range 2 * len(c.installs) {
		p := fmt.Sprintf("%s%d", prefix, round)
		for _, step := range []func(context.Context, string) error{c.masterData, c.movements, c.reads, c.decisions} {
			if err := step(ctx, p); err != nil {
				return err
			}
			c.next++ // so that what one program begins the other goes on with
		}
	}
	return nil
}

// each calls operations in order.
func (c *caller) each(ctx context.Context, calls [][2]string) error {
	for _, one := range calls {
		if _, err := c.call(ctx, "admin", one[0], one[1]); err != nil {
			return err
		}
	}
	return nil
}

func (c *caller) masterData(ctx context.Context, p string) error {
	return c.each(ctx, [][2]string{
		{"sga_create_project", fmt.Sprintf(`{"project_code":"%[1]s","project_name":"%[1]s"}`, p)},
		{"sga_create_location", fmt.Sprintf(`{"location_code":"%[1]s-A","location_name":"A","location_type":"WAREHOUSE"}`, p)},
		{"sga_create_location", fmt.Sprintf(`{"location_code":"%[1]s-B","location_name":"B","location_type":"WAREHOUSE"}`, p)},
		{"sga_create_part_number", fmt.Sprintf(`{"part_number":"%[1]s-N","description":"n"}`, p)},
		{"sga_create_part_number", fmt.Sprintf(`{"part_number":"%[1]s-S","description":"s","is_serialized":true}`, p)},
	})
}

func (c *caller) movements(ctx context.Context, p string) error {
	if err := c.each(ctx, [][2]string{
		{"sga_create_movement", fmt.Sprintf(`{"movement_type":"ENTRADA","part_number":"%[1]s-N","quantity":10,"destination_location_id":"%[1]s-A","project_id":"%[1]s","idempotency_key":"%[1]s-1"}`, p)},
		{"sga_create_movement", fmt.Sprintf(`{"movement_type":"ENTRADA","part_number":"%[1]s-S","quantity":2,"serial_numbers":["%[1]s-1","%[1]s-2"],"destination_location_id":"%[1]s-A"}`, p)},
		{"sga_create_movement", fmt.Sprintf(`{"movement_type":"TRANSFERENCIA","part_number":"%[1]s-N","quantity":3,"source_location_id":"%[1]s-A","destination_location_id":"%[1]s-B","project_id":"%[1]s"}`, p)},
		{"sga_create_movement", fmt.Sprintf(`{"movement_type":"RESERVA","part_number":"%[1]s-N","quantity":1,"source_location_id":"%[1]s-A","project_id":"%[1]s"}`, p)},
		{"sga_create_movement", fmt.Sprintf(`{"movement_type":"SAIDA","part_number":"%[1]s-S","quantity":1,"serial_numbers":["%[1]s-1"],"source_location_id":"%[1]s-A"}`, p)},
		{"sga_create_movements", fmt.Sprintf(`{"movements":[{"movement_type":"ENTRADA","part_number":"%[1]s-N","quantity":1,"destination_location_id":"%[1]s-B","project_id":"%[1]s"}]}`, p)},
	}); err != nil {
		return err
	}
	// The same key by whichever program comes next: one effect.
	_, err := c.call(ctx, "admin", "sga_create_movement",
		fmt.Sprintf(`{"movement_type":"ENTRADA","part_number":"%[1]s-N","quantity":10,"destination_location_id":"%[1]s-A","project_id":"%[1]s","idempotency_key":"%[1]s-1"}`, p))
	return err
}

func (c *caller) reads(ctx context.Context, p string) error {
	return c.each(ctx, [][2]string{
		{"sga_list_inventory", fmt.Sprintf(`{"project_id":"%s"}`, p)},
		{"sga_get_balance", fmt.Sprintf(`{"part_number":"%s-N"}`, p)},
		{"sga_search_assets", fmt.Sprintf(`{"query":"%s-2"}`, p)},
		{"sga_get_asset_timeline", fmt.Sprintf(`{"identifier":"%s-1"}`, p)},
		{"sga_get_movements", fmt.Sprintf(`{"project_id":"%s"}`, p)},
		{"sga_get_pending_tasks", `{}`},
		{"sga_reconcile_sap", fmt.Sprintf(`{"sap_data":[{"part_number":"%[1]s-N","quantity":3,"location_code":"%[1]s-B","project_code":"%[1]s"}]}`, p)},
		{"sga_get_schema_metadata", `{}`},
		{"sga_get_table_columns", `{"table_name":"movements"}`},
		{"sga_get_enum_values", `{"enum_name":"movement_type"}`},
	})
}

// decisions proposes twice; another person approves the one and rejects the other.
func (c *caller) decisions(ctx context.Context, p string) error {
	for _, verb := range []string{"sga_approve_task", "sga_reject_task"} {
		var proposed, task, done answer
		if err := c.into(ctx, &proposed, "admin", "sga_create_movement",
			fmt.Sprintf(`{"movement_type":"AJUSTE_POSITIVO","part_number":"%[1]s-N","quantity":1,"destination_location_id":"%[1]s-A","project_id":"%[1]s","reason":"compat"}`, p)); err != nil {
			return err
		}
		if proposed.Status != "pending_approval" {
			return fmt.Errorf("an adjustment does not wait: %+v", proposed)
		}
		if err := c.into(ctx, &task, "admin2", "sga_get_task", fmt.Sprintf(`{"task_id":%q}`, proposed.TaskID)); err != nil {
			return err
		}
		arguments := fmt.Sprintf(`{"task_id":%q,"fingerprint":%q}`, proposed.TaskID, task.Fingerprint)
		if verb == "sga_reject_task" {
			arguments = fmt.Sprintf(`{"task_id":%q,"reason":"compat"}`, proposed.TaskID)
		}
		if err := c.into(ctx, &done, "admin2", verb, arguments); err != nil {
			return err
		}
	}
	return nil
}

// into calls and reads the answer.
func (c *caller) into(ctx context.Context, out *answer, user, operation, arguments string) error {
	raw, err := c.call(ctx, user, operation, arguments)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return fmt.Errorf("%s answers %.300s: %w", operation, raw, err)
	}
	return nil
}
