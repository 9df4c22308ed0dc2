package ops

import (
	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/stock"
)

// vocabulary gives the words of an enum of the contract by the name that tags use. Input is parsed by
// stock.Parse, which accepts accents and aliases too; schemas publish these.
func vocabulary(name string) []string {
	switch name {
	case "movement_type":
		return stock.Values(stock.MovementTypes())
	case "location_type":
		return stock.Values(stock.LocationTypes())
	case "asset_status":
		return stock.Values(stock.AssetStatuses())
	case "condition":
		return stock.Values(stock.Conditions())
	case "ownership":
		return stock.Values(stock.Ownerships())
	case "reason_code":
		return stock.Values(stock.ReasonCodes())
	case "reservation_status":
		return stock.Values(stock.ReservationStatuses())
	case "task_type", "task_status", "priority", "risk_class", "autonomy_level", "value_band":
		return taskVocabulary(name)
	case "search_type":
		return stock.Values(stock.SearchTypes())
	case "match":
		return []string{string(stock.MatchExact), string(stock.MatchPrefix), string(stock.MatchContains), string(stock.MatchSimilar)}
	case "identifier_type":
		return []string{"asset_id", "serial_number"}
	case "count_type":
		return []string{"FULL", "CYCLIC", "SPOT"}
	case "count_status":
		return stock.Values(stock.CountStatuses())
	case "divergence_type":
		return []string{"COUNT", "RECONCILIATION", "SYSTEM"}
	case "outcome":
		return outcomeWords()
	case "dead_letter_status":
		return stock.Values(stock.DeadLetterStatuses())
	case "divergence_status":
		return []string{"OPEN", "INVESTIGATING", "RESOLVED", "CLOSED"}
	case "write_status":
		return []string{string(approval.StatusPosted), string(approval.StatusWaiting)}
	case "item_status":
		return append(vocabulary("write_status"), statusRefused)
	case "batch_status":
		return append(vocabulary("write_status"), "partial")
	case "stock_status":
		return stock.Values(stock.StockLevels())
	}
	if words := reportVocabulary(name); words != nil {
		return words
	}
	return documentVocabulary(name)
}

func outcomeWords() []string {
	var out []string
	for _, k := range outcomes() {
		out = append(out, k.String())
	}
	return out
}

// taskVocabulary gives the words of tasks and of autonomy.
func taskVocabulary(name string) []string {
	switch name {
	case "task_type":
		return stock.Values(approval.TaskTypes())
	case "task_status":
		return stock.Values(approval.TaskStatuses())
	case "priority":
		return stock.Values(approval.Priorities())
	case "risk_class":
		return stock.Values(approval.Risks())
	case "autonomy_level":
		return stock.Values(approval.Levels())
	case "value_band":
		return stock.Values(approval.Bands())
	}
	return nil
}

// word parses an optional word of a vocabulary.
func word[T ~string](list []T, s, field string) (T, error) {
	if s == "" {
		return "", nil
	}
	return stock.Parse(list, s, field)
}
