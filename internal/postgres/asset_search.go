package postgres

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/faiston/nexo/internal/stock"
	"github.com/jackc/pgx/v5"
)

var _ stock.AssetFinder = (*DB)(nil)

// Limits of a search.
const (
	// shortestPiece is the shortest piece of a serial that is looked for inside serials: a trigram.
	shortestPiece = 3
	// lookPerRow, glancePerRow and readPerRow are how many serials are read, for each row that a page may
	// have, to tell whether a piece is common: it is rare if the look gave none, the glance fewer than a
	// rareth of the page, or the reading did not fill it. At 320 a common piece costs at most as much as a rare one:
	// some 16,000 index entries for a page of 50 against 3,000 visits to the table (at 1,000,000 assets).
	lookPerRow, glancePerRow, readPerRow, rareth = 20, 80, 320, 8
	// maxTicketAssets bounds the assets of one ticket.
	maxTicketAssets = 1000
	// firstChunk is how many parts or places are asked about at first; usually the first fills the page.
	firstChunk, maxChunk = 2, 2048
	// lowestScatter is below every hash, wholeTable above every number of rows.
	lowestScatter = "-2147483648"
	wholeTable    = math.MaxInt32
)

// step is one source of results. Steps run in order, and each leaves out what those before it list.
type step struct {
	match stock.Match
	run   func(*assetSearch, context.Context, mark) error // appends to s.rows, up to s.limit of them
	skip  func(*assetSearch)                              // takes note of what the step lists
}

// mark is where a step stands: the order of its rows is by text, then by key.
type mark struct {
	text  string
	text2 string
	key   int64
}

type markedAsset struct {
	stock.FoundAsset
	key  int64
	step int
	mark mark
}

// assetSearch is one search on its way.
type assetSearch struct {
	db     *DB
	see    sight
	search stock.AssetSearch
	folded string // text for names and codes
	serial string // text for serials
	parts  []ranked
	places []ranked
	ticket []int64 // assets that a movement of the ticket moved
	seen   seen
	limit  int
	common bool // the piece is common: scattered lists it all
	step   int
	match  stock.Match
	rows   []markedAsset
	later  int // the step at which the next page begins, where this one ends before it is full; 0 for none
}

// seen is what earlier steps list; statements leave it out.
type seen struct {
	serial, tag, ticket                   string
	serialPrefix, tagPrefix, ticketPrefix string
	parts, places                         []int32
	assets                                []int64
}

// SearchAssets implements stock.AssetFinder.
func (db *DB) SearchAssets(ctx context.Context, scope stock.Scope, search stock.AssetSearch, page stock.Page) (*stock.SearchPage, error) {
	s := &assetSearch{db: db, see: db.catalog.Load().sightOf(scope, 0, 0), search: search, folded: stock.Fold(search.Text),
		serial: stock.SerialKey(search.Text), limit: page.Size() + 1}
	bound := []any{search, s.see.projects, s.see.locations}
	values, err := decodeCursor("search", bound, page.Cursor, 4)
	if err != nil || s.see.empty() {
		return &stock.SearchPage{}, err
	}
	from, after, err := searchPlace(values)
	if err != nil {
		return nil, err
	}
	if err := s.prepare(ctx); err != nil {
		return nil, err
	}
	if err := s.walk(ctx, from, after); err != nil {
		return nil, translate(fmt.Errorf("search: %w", err))
	}
	out := &stock.SearchPage{}
	if len(s.rows) > page.Size() {
		s.rows = s.rows[:page.Size()]
		last := s.rows[len(s.rows)-1]
		if out.Next, err = encodeCursor("search", bound, cursorInt(last.step), last.mark.text, last.mark.text2, cursorInt(last.mark.key)); err != nil {
			return nil, err
		}
	}
	if s.later > 0 {
		if out.Next, err = encodeCursor("search", bound, cursorInt(s.later), "", "", cursorInt(0)); err != nil {
			return nil, err
		}
	}
	keys := make([]stock.Key, len(s.rows))
	for i, r := range s.rows {
		out.Rows = append(out.Rows, r.FoundAsset)
		keys[i] = stock.Key{Part: r.Part, Location: r.Location, Project: r.Project}
	}
	return out, db.catchUp(ctx, keys...)
}

func searchPlace(v cursorValues) (int, mark, error) {
	if v == nil {
		return 0, mark{}, nil
	}
	from, err := v.integer(0)
	if err != nil || from < 0 || from >= int64(len(searchSteps())) {
		return 0, mark{}, badCursor()
	}
	key, err := v.integer(3)
	return int(from), mark{v[1], v[2], key}, err
}

// prepare finds what the text means in the catalogue and among tickets.
func (s *assetSearch) prepare(ctx context.Context) error {
	t := s.db.searchTerms()
	if s.in(stock.SearchPart, stock.SearchDescription) {
		s.parts = t.findParts(s.folded, s.search.Type)
	}
	if s.in(stock.SearchPerson, stock.SearchLocation) {
		s.places = t.findPlaces(s.folded, s.search.Type)
	}
	if !s.in(stock.SearchTicket) {
		return nil
	}
	rows, err := s.db.reader.Query(ctx, sqlTicketAssets, s.folded, maxTicketAssets)
	if err == nil {
		s.ticket, err = pgx.CollectRows(rows, pgx.RowTo[int64])
	}
	if err != nil {
		return translate(fmt.Errorf("assets of ticket: %w", err))
	}
	return nil
}

// in reports whether the search includes one of the types.
func (s *assetSearch) in(types ...stock.SearchType) bool {
	return s.search.Type == stock.SearchAll || slices.Contains(types, s.search.Type)
}

// walk runs the steps from one on until the page is full. A text that names something exactly is rarely meant
// as a piece of something else: the dear search inside serials is then left to the next page.
func (s *assetSearch) walk(ctx context.Context, from int, after mark) error {
	steps := searchSteps()
	for i, st := range steps {
		if from == 0 && i == firstInside && len(s.rows) > 0 && s.rows[0].Match == stock.MatchExact && s.piece() != "" {
			s.later = i
			return nil
		}
		if i >= from {
			s.step, s.match = i, st.match
			if err := st.run(s, ctx, after); err != nil {
				return err
			}
			after = mark{}
		}
		if len(s.rows) >= s.limit {
			return nil
		}
		st.skip(s)
	}
	if from == 0 && len(s.rows) == 0 {
		s.step, s.match = len(steps), stock.MatchSimilar
		return s.similar(ctx)
	}
	return nil
}

// firstInside is the number of the first step that looks inside serials.
const firstInside = 9

// searchSteps lists the sources, best first. Their numbers are in cursors.
func searchSteps() []step {
	none := func(*assetSearch) {}
	return []step{
		{stock.MatchExact, (*assetSearch).named, (*assetSearch).namedSeen},
		{stock.MatchExact, (*assetSearch).ofTicket, func(s *assetSearch) { s.seen.assets = s.ticket }},
		{stock.MatchExact, (*assetSearch).ofExactParts, func(s *assetSearch) { s.seen.parts = exactKeys(s.parts) }},
		{stock.MatchExact, (*assetSearch).atExactPlaces, func(s *assetSearch) { s.seen.places = exactKeys(s.places) }},
		{stock.MatchPrefix, (*assetSearch).serialPrefix, func(s *assetSearch) { s.seen.serialPrefix = s.only(s.serial, stock.SearchSerial) }},
		{stock.MatchPrefix, (*assetSearch).tagPrefix, func(s *assetSearch) { s.seen.tagPrefix = s.only(s.folded, stock.SearchSerial) }},
		{stock.MatchPrefix, (*assetSearch).ticketPrefix, func(s *assetSearch) { s.seen.ticketPrefix = s.only(s.folded, stock.SearchTicket) }},
		{stock.MatchContains, (*assetSearch).ofParts, func(s *assetSearch) { s.seen.parts = someKeys(s.parts) }},
		{stock.MatchContains, (*assetSearch).atPlaces, func(s *assetSearch) { s.seen.places = someKeys(s.places) }},
		{stock.MatchContains, (*assetSearch).scattered, none},
		{stock.MatchContains, (*assetSearch).containing, none},
	}
}
