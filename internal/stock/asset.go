package stock

import (
	"slices"
	"strings"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/google/uuid"
)

// Asset is one serialised item.
type Asset struct {
	ID        uuid.UUID
	Part      PartKey
	Serial    string // as it was first typed, trimmed
	Project   ProjectKey
	Location  LocationKey
	Status    AssetStatus
	Condition Condition
	Ownership Ownership
	Reserved  uuid.UUID // the reservation that holds it; zero for none
	Version   int64     // of its stream: grows by one with every event
	LastMove  uuid.UUID // the movement that moved it last; zero for none
	Active    bool
	UpdatedAt time.Time
}

// SerialKey is how serials are compared: folded, inner spaces gone, so that "abc 123" is ABC123.
func SerialKey(serial string) string { return strings.ReplaceAll(Fold(serial), " ", "") }

// maxSerial is the longest serial number stored (the earlier schema's V100).
const maxSerial = 100

// AssetKey identifies an asset: a serial is unique within its part number, since two manufacturers
// may use the same.
type AssetKey struct {
	Part   PartKey
	Serial string // SerialKey form
}

// CleanSerials checks a list of serials for part and returns their keys in the same order.
func CleanSerials(part *Part, serials []string) ([]AssetKey, error) {
	keys := make([]AssetKey, len(serials))
	for i, s := range serials {
		k := SerialKey(s)
		if k == "" || len(k) > maxSerial || strings.ContainsFunc(s, isControl) {
			return nil, fault.InvalidArgument.With("Número de série vazio ou inválido.", "Empty or invalid serial number.").
				On("serial_numbers").Detail("index", i)
		}
		keys[i] = AssetKey{part.Key, k}
	}
	sorted := slices.Clone(keys)
	slices.SortFunc(sorted, AssetKey.Compare)
	for i := 1; i < len(sorted); i++ {
		if sorted[i] == sorted[i-1] {
			return nil, fault.InvalidArgument.With("O número de série %s aparece duas vezes.", "Serial number %s appears twice.",
				sorted[i].Serial).On("serial_numbers")
		}
	}
	return keys, nil
}

// Compare orders asset keys, the order in which their rows are locked.
func (a AssetKey) Compare(b AssetKey) int {
	if a.Part != b.Part {
		return int(a.Part - b.Part)
	}
	return strings.Compare(a.Serial, b.Serial)
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// next lists the states that sga_change_asset_state may lead to from s, without a movement. DISPOSAL
// and MISSING are not among them: they take stock away, so they are adjustments and always wait.
func (s AssetStatus) next() []AssetStatus {
	switch s {
	case InStock:
		return []AssetStatus{InStaging, UnderMaintenance, Quarantine, Bad}
	case Reserved:
		return []AssetStatus{InStaging}
	case InStaging:
		return []AssetStatus{InStock, Reserved}
	case InUse:
		return []AssetStatus{AwaitingReverse, UnderMaintenance}
	case AwaitingReverse:
		return []AssetStatus{InReverse, InUse}
	case InReverse:
		return []AssetStatus{AwaitingReverse}
	case UnderMaintenance:
		return []AssetStatus{InStock, InUse, Quarantine, Bad}
	case Quarantine:
		return []AssetStatus{InStock, UnderMaintenance, Bad}
	case Bad:
		return []AssetStatus{UnderMaintenance, Quarantine}
	}
	return nil
}

// arrival is the state of an asset that comes back, by the condition it is found in.
func arrival(c Condition) AssetStatus {
	switch c {
	case Damaged:
		return Quarantine
	case Defective:
		return Bad
	}
	return InStock
}
