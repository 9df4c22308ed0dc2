package stock

import (
	"slices"
	"strings"

	"github.com/faiston/nexo/internal/fault"
)

// MovementType is one of the nine kinds of movement of the contract.
type MovementType string

// The nine movement types; what each does to balances and assets is in decide.go.
const (
	Entrada        MovementType = "ENTRADA"
	Saida          MovementType = "SAIDA"
	Transferencia  MovementType = "TRANSFERENCIA"
	Reserva        MovementType = "RESERVA"
	Liberacao      MovementType = "LIBERACAO"
	AjustePositivo MovementType = "AJUSTE_POSITIVO"
	AjusteNegativo MovementType = "AJUSTE_NEGATIVO"
	Expedicao      MovementType = "EXPEDICAO"
	Reversa        MovementType = "REVERSA"
)

// MovementTypes lists the nine, in the order of the contract.
func MovementTypes() []MovementType {
	return []MovementType{Entrada, Saida, Transferencia, Reserva, Liberacao, AjustePositivo, AjusteNegativo, Expedicao, Reversa}
}

// Condition is the physical state of goods; balances are kept per condition.
type Condition string

// Conditions, in the order in which the database sorts them.
const (
	New         Condition = "NEW"
	Used        Condition = "USED"
	Refurbished Condition = "REFURBISHED"
	Damaged     Condition = "DAMAGED"
	Defective   Condition = "DEFECTIVE"
)

// Conditions lists them in database order.
func Conditions() []Condition { return []Condition{New, Used, Refurbished, Damaged, Defective} }

func (c Condition) rank() int { return slices.Index(Conditions(), c) }

// AssetStatus is one of the twelve states of a serialised asset.
type AssetStatus string

// The twelve states of the product sheet.
const (
	InStock          AssetStatus = "IN_STOCK"
	Reserved         AssetStatus = "RESERVED"
	InStaging        AssetStatus = "IN_STAGING"
	InTransit        AssetStatus = "IN_TRANSIT"
	InUse            AssetStatus = "IN_USE"
	AwaitingReverse  AssetStatus = "AWAITING_REVERSE"
	InReverse        AssetStatus = "IN_REVERSE"
	UnderMaintenance AssetStatus = "UNDER_MAINTENANCE"
	Bad              AssetStatus = "BAD"
	Quarantine       AssetStatus = "QUARANTINE"
	Disposal         AssetStatus = "DISPOSAL"
	Missing          AssetStatus = "MISSING"
)

// AssetStatuses lists the twelve.
func AssetStatuses() []AssetStatus {
	return []AssetStatus{InStock, Reserved, InStaging, InTransit, InUse, AwaitingReverse, InReverse,
		UnderMaintenance, Bad, Quarantine, Disposal, Missing}
}

// LocationType is the kind of a place.
type LocationType string

// Kinds of places; a technician is a place, and so are the road and the world outside.
const (
	Warehouse       LocationType = "WAREHOUSE"
	AreaPlace       LocationType = "AREA"
	Bin             LocationType = "BIN"
	LogisticsCenter LocationType = "LOGISTICS_CENTER"
	TechnicalBase   LocationType = "TECHNICAL_BASE"
	SelfStorage     LocationType = "SELF_STORAGE"
	ServiceStorage  LocationType = "SERVICE_STORAGE"
	TechnicianPlace LocationType = "TECHNICIAN"
	Customer        LocationType = "CUSTOMER"
	Transit         LocationType = "TRANSIT"
	External        LocationType = "EXTERNAL"
)

// LocationTypes lists the kinds of places.
func LocationTypes() []LocationType {
	return []LocationType{Warehouse, AreaPlace, Bin, LogisticsCenter, TechnicalBase, SelfStorage, ServiceStorage,
		TechnicianPlace, Customer, Transit, External}
}

// Ownership says whose an asset is.
type Ownership string

// Owners of assets.
const (
	Own        Ownership = "OWN"
	ThirdParty Ownership = "THIRD_PARTY"
)

// Ownerships lists the owners.
func Ownerships() []Ownership { return []Ownership{Own, ThirdParty} }

// ReasonCode is why stock was adjusted; the values are those of the earlier system's screens.
type ReasonCode string

// Reasons of adjustments.
const (
	ReasonCount    ReasonCode = "DIVERGENCIA_INVENTARIO"
	ReasonSystem   ReasonCode = "CORRECAO_SISTEMA"
	ReasonDamaged  ReasonCode = "DANIFICADO"
	ReasonLost     ReasonCode = "EXTRAVIO"
	ReasonPlace    ReasonCode = "LOCALIZACAO_INCORRETA"
	ReasonDisposal ReasonCode = "DESCARTE"
	ReasonOther    ReasonCode = "OUTRO"
)

// ReasonCodes lists the reasons.
func ReasonCodes() []ReasonCode {
	return []ReasonCode{ReasonCount, ReasonSystem, ReasonDamaged, ReasonLost, ReasonPlace, ReasonDisposal, ReasonOther}
}

// Values renders a vocabulary as plain strings, for schemas and screens.
func Values[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

// alias maps the other spellings that the contract accepts as input.
func alias(folded string) string {
	switch folded {
	case "INSTALLED":
		return string(InUse)
	case "DISPOSED":
		return string(Disposal)
	}
	return folded
}

// Parse reads one word of a vocabulary: case and accents do not matter (EXPEDIÇÃO is EXPEDICAO), and
// the aliases of the contract are accepted. field names the argument in the refusal.
func Parse[T ~string](list []T, word, field string) (T, error) {
	want := T(alias(Fold(word)))
	if slices.Contains(list, want) {
		return want, nil
	}
	// DEFECTIVE is a condition and also the earlier system's name of the asset state BAD.
	if want == T(Defective) && slices.Contains(list, T(Bad)) {
		return T(Bad), nil
	}
	return "", fault.InvalidArgument.With("Valor %q desconhecido.", "Unknown value %q.", clip(word)).On(field).
		Detail("allowed", Values(list))
}

func clip(s string) string {
	const most = 60 // enough to recognise what was typed, too little to flood a log
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// Fold gives the form in which codes, serials and words are compared: trimmed, upper case, without
// the accents of Portuguese, inner white space as one space.
func Fold(s string) string {
	ascii := true
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= 0x80 || c >= 'a' && c <= 'z' || c <= ' ' {
			ascii = false
			break
		}
	}
	if ascii {
		return s
	}
	return strings.Join(strings.Fields(strings.ToUpper(strings.Map(plain, s))), " ")
}

// plain maps a letter with an accent used in Portuguese, Spanish or French to the letter alone.
func plain(r rune) rune {
	if r < 0x80 {
		return r
	}
	const from, to = "ÀÁÂÃÄÅàáâãäåÇçÈÉÊËèéêëÌÍÎÏìíîïÑñÒÓÔÕÖòóôõöÙÚÛÜùúûüÝýÿ", "AAAAAAaaaaaaCcEEEEeeeeIIIIiiiiNnOOOOOoooooUUUUuuuuYyy"
	i := 0
	for _, f := range from {
		if f == r {
			return rune(to[i])
		}
		i++
	}
	if r >= 0x300 && r <= 0x36f { // combining marks of decomposed text (Unicode block Combining Diacritical Marks)
		return -1
	}
	return r
}
