package stock

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/faiston/nexo/internal/fault"
	"github.com/google/uuid"
)

// MaxSearch is the longest text that is searched for, in characters: the longest part number or serial
// is 100, and nobody types a description longer than twice that.
const MaxSearch = 200

// SearchType says what a text is searched in.
type SearchType string

// What a text may be searched in; all is one box for everything.
const (
	SearchSerial      SearchType = "serial" // and property tags
	SearchPart        SearchType = "part_number"
	SearchDescription SearchType = "description"
	SearchPerson      SearchType = "person" // technicians, who are places
	SearchTicket      SearchType = "ticket"
	SearchLocation    SearchType = "location" // code, name and city
	SearchAll         SearchType = "all"
)

// SearchTypes lists them.
func SearchTypes() []SearchType {
	return []SearchType{SearchSerial, SearchPart, SearchDescription, SearchPerson, SearchTicket, SearchLocation, SearchAll}
}

// Match says how well an asset fits what was searched for.
type Match string

// How a text matches, the best first.
const (
	MatchExact    Match = "exact"
	MatchPrefix   Match = "prefix"
	MatchContains Match = "contains"
	MatchSimilar  Match = "similar" // one character off, or words that are spelled alike
)

// AssetSearch is what to search for.
type AssetSearch struct {
	Text string
	Type SearchType
}

// CleanSearch checks and trims what was typed.
func CleanSearch(text string, in SearchType) (AssetSearch, error) {
	bad := fault.InvalidArgument.With("Informe de 1 a %d caracteres para procurar.", "Give from 1 to %d characters to search for.", MaxSearch).
		On("query").Detail("maximum", MaxSearch)
	if len(text) > 4*MaxSearch || !utf8.ValidString(text) {
		return AssetSearch{}, bad
	}
	text = strings.Join(strings.Fields(text), " ")
	if text == "" || utf8.RuneCountInString(text) > MaxSearch || strings.ContainsFunc(text, isControl) {
		return AssetSearch{}, bad
	}
	if in == "" {
		in = SearchAll
	}
	return AssetSearch{Text: text, Type: in}, nil
}

// FoundAsset is an asset with how it was found.
type FoundAsset struct {
	ID             uuid.UUID
	Part           PartKey
	Serial         string
	Project        ProjectKey
	Location       LocationKey
	Status         AssetStatus
	Condition      Condition
	LastMovementAt time.Time // zero: never moved
	Ticket         string    // the last one that moved it
	Tag            string
	Match          Match
}

// SearchPage is a page of what was found, best first.
type SearchPage struct {
	Rows []FoundAsset
	Next string // cursor of the next page; empty after the last
}

// AssetFinder searches assets as one box does.
type AssetFinder interface {
	// SearchAssets gives active assets that match: exactly, then by their beginning, then by any part of
	// their text; when nothing does, by what is spelled alike. No asset comes twice.
	SearchAssets(ctx context.Context, scope Scope, search AssetSearch, page Page) (*SearchPage, error)
}
