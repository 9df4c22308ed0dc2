package ops

import "github.com/faiston/nexo/internal/stock"

// reportVocabulary gives the words that only reports use.
func reportVocabulary(name string) []string {
	switch name {
	case "balance_grouping":
		return stock.Values(stock.BalanceGroupings())
	case "return_status":
		return stock.Values(stock.ReturnStatuses())
	case "difference_kind":
		return []string{stock.KindDivergence, stock.KindAdjustment}
	case "difference_status":
		return append(vocabulary("divergence_status"), "POSTED", "REVERSAL")
	case "timeline_kind":
		return stock.EntryKinds()
	}
	return nil
}
