package ops

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// theEleven is how many of textTable are the tools of the infrastructure document.
const theEleven = 11

type namedText struct {
	name string
	text func() Text
}

// textTable is every operation that has a text, the eleven tools first.
func textTable() []namedText {
	return []namedText{
		{"sga_list_inventory", textListInventory}, {"sga_get_balance", textGetBalance}, {"sga_search_assets", textSearchAssets},
		{"sga_get_asset_timeline", textGetAssetTimeline}, {"sga_get_movements", textGetMovements}, {"sga_get_pending_tasks", textGetPendingTasks},
		{"sga_create_movement", textCreateMovement}, {"sga_reconcile_sap", textReconcileSAP}, {"sga_get_schema_metadata", textGetSchemaMetadata},
		{"sga_get_table_columns", textGetTableColumns}, {"sga_get_enum_values", textGetEnumValues},
		{"sga_create_movements", textCreateMovements}, {"sga_reverse_movement", textReverseMovement},
		{"sga_create_project", textCreateProject}, {"sga_update_project", textUpdateProject}, {"sga_list_projects", textListProjects},
		{"sga_create_location", textCreateLocation}, {"sga_update_location", textUpdateLocation}, {"sga_list_locations", textListLocations},
		{"sga_create_part_number", textCreatePartNumber}, {"sga_update_part_number", textUpdatePartNumber}, {"sga_list_part_numbers", textListPartNumbers},
		{"sga_get_part_number", textGetPartNumber}, {"sga_create_asset", textCreateAsset}, {"sga_update_asset", textUpdateAsset},
		{"sga_list_assets", textListAssets}, {"sga_change_asset_state", textChangeAssetState}, {"sga_create_reservation", textCreateReservation},
		{"sga_cancel_reservation", textCancelReservation}, {"sga_list_reservations", textListReservations}, {"sga_explain_balance", textExplainBalance},
		{"sga_get_stock_as_of", textGetStockAsOf}, {"sga_list_low_stock", textListLowStock}, {"sga_open_count", textOpenCount},
		{"sga_submit_count", textSubmitCount}, {"sga_close_count", textCloseCount}, {"sga_get_count", textGetCount}, {"sga_list_counts", textListCounts},
		{"sga_list_divergences", textListDivergences}, {"sga_get_reconciliation", textGetReconciliation}, {"sga_list_reconciliations", textListReconciliations},
		{"sga_get_task", textGetTask}, {"sga_approve_task", textApproveTask}, {"sga_reject_task", textRejectTask}, {"sga_verify_ledger", textVerifyLedger},
		{"sga_get_relay_status", textGetRelayStatus}, {"sga_list_dead_letters", textListDeadLetters},
		{"sga_retry_dead_letter", textRetryDeadLetter}, {"sga_discard_dead_letter", textDiscardDeadLetter},
		{"sga_comment_task", textCommentTask}, {"sga_assign_task", textAssignTask}, {"sga_escalate_task", textEscalateTask},
		{"sga_list_task_groups", textListTaskGroups}, {"sga_approve_tasks", textApproveTasks}, {"sga_reject_tasks", textRejectTasks},
		{"sga_list_autonomy", textListAutonomy}, {"sga_set_autonomy", textSetAutonomy}, {"sga_erase_person", textErasePerson},
		{"sga_create_webhook", textCreateWebhook}, {"sga_list_webhooks", textListWebhooks}, {"sga_get_webhook", textGetWebhook},
		{"sga_update_webhook", textUpdateWebhook}, {"sga_delete_webhook", textDeleteWebhook}, {"sga_test_webhook", textTestWebhook},
		{"sga_replay_webhook", textReplayWebhook},
		{"sga_list_documents", textListDocuments}, {"sga_get_document", textGetDocument}, {"sga_create_upload", textCreateUpload},
		{"sga_complete_upload", textCompleteUpload}, {"sga_attach_evidence", textAttachEvidence},
		{"sga_get_balance_report", textGetBalanceReport}, {"sga_get_return_report", textGetReturnReport},
		{"sga_get_divergence_report", textGetDivergenceReport}, {"sga_get_timeline_report", textGetTimelineReport},
	}
}

func TestTextsAreComplete(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, row := range textTable() {
		names[row.name] = true
	}
	for _, row := range textTable() {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			text := row.text()
			for _, title := range []string{text.Title, text.TitleEN} {
				if n := utf8.RuneCountInString(title); n == 0 || n > 60 {
					t.Errorf("title %q has %d characters, want 1 to 60", title, n)
				}
			}
			for _, description := range []string{text.Description, text.DescriptionEN} {
				if n := strings.Count(description+" ", ". "); n < 1 || n > 4 {
					t.Errorf("description has %d sentences, want 1 to 4: %q", n, description)
				}
				if ownSentences(description) == "" {
					t.Errorf("description says only what other operations do: %q", description)
				}
				for _, named := range operationsIn(description) {
					if !names[named] || named == row.name {
						t.Errorf("description points to %q", named)
					}
				}
			}
			if len(operationsIn(text.Description)) != len(operationsIn(text.DescriptionEN)) {
				t.Error("the two descriptions point to different operations")
			}
			if len(text.Keywords) < 6 || len(text.Questions) < 2 {
				t.Errorf("%d keywords and %d questions are too few", len(text.Keywords), len(text.Questions))
			}
			noneTwice(t, text.Keywords)
			noneTwice(t, text.Questions)
		})
	}
}

func operationsIn(text string) []string {
	var names []string
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') }) {
		if strings.HasPrefix(part, "sga_") {
			names = append(names, part)
		}
	}
	return names
}

func noneTwice(t *testing.T, texts []string) {
	t.Helper()
	seen := map[string]bool{}
	for _, text := range texts {
		if seen[text] {
			t.Errorf("%q is there twice", text)
		}
		seen[text] = true
	}
}
