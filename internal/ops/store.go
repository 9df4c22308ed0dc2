package ops

import (
	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/reconcile"
	"github.com/faiston/nexo/internal/stock"
	"github.com/faiston/nexo/internal/webhook"
)

// Store is all that operations read; package postgres satisfies it. Each noun adds its own small
// reader interface here.
type Store interface {
	Auditor
	CatalogFollower
	// Catalog gives the present picture of projects, places and part numbers.
	Catalog() stock.Catalog
	ReservationReader
	RecordedReader
	AssetKeyReader
	stock.BalanceReader
	stock.InventoryReader
	stock.AssetReader
	stock.AssetFinder
	stock.MovementReader
	stock.SchemaReader
	stock.Explainer
	stock.ShortageReader
	stock.PartReader
	stock.LocationReader
	stock.ProjectReader
	stock.ReservationReader
	stock.CountReader
	stock.DivergenceReader
	stock.DeliveryReader
	DeadLetterDesk
	stock.ReportReader
	stock.Verifier
	stock.AuditReader
	reconcile.Store
	CountReader
	TaskReader
	webhook.Store
	document.Store
	AutonomyReader
	PersonEraser
}
