package postgres

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

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
	run   func(s *assetSearch, after mark) error // appends to s.rows, up to s.limit of them
	skip  func(s *assetSearch)                   // takes note of what the step lists
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
	ctx    context.Context
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
	s := &assetSearch{ctx: ctx, db: db, see: db.catalog.Load().sightOf(scope, 0, 0), search: search, folded: stock.Fold(search.Text),
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
	if err := s.prepare(); err != nil {
		return nil, err
	}
	if err := s.walk(from, after); err != nil {
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
func (s *assetSearch) prepare() error {
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
	rows, err := s.db.reader.Query(s.ctx, sqlTicketAssets, s.folded, maxTicketAssets)
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

// walk runs the steps from one on until the page is full.
func (s *assetSearch) walk(from int, after mark) error {
	steps := searchSteps()
	for i, st := range steps {
		if i >= from {
			s.step, s.match = i, st.match
			if err := st.run(s, after); err != nil {
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
		return s.similar()
	}
	return nil
}

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

// only gives text when the search includes the type, and nothing otherwise.
func (s *assetSearch) only(text string, in stock.SearchType) string {
	if s.in(in) {
		return text
	}
	return ""
}

func exactKeys(list []ranked) []int32 { exact, _ := split(list); return someKeys(exact) }

// someKeys is nil for an empty list, which statements take as none.
func someKeys(list []ranked) []int32 {
	if len(list) == 0 {
		return nil
	}
	return keysOf(list)
}

// query runs one statement and appends its rows. own are its parameters from $15 on.
func (s *assetSearch) query(statement string, limit int, after mark, markOf func(text string, a *markedAsset) mark, own ...any) error {
	args := []any{s.see.projects, s.see.locations, s.seen.serial, s.seen.tag, s.seen.ticket,
		s.seen.serialPrefix, s.seen.tagPrefix, s.seen.ticketPrefix, s.seen.parts, s.seen.places, s.seen.assets, limit, after.text, after.key}
	args, pool := append(args, own...), s.db.search
	if !s.see.all() { // by the index of the project or place where that is shorter
		args, pool = append([]any{planEachTime}, args...), s.db.reader
	}
	rows, err := pool.Query(s.ctx, statement, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		r := markedAsset{step: s.step}
		var text string
		var moved *time.Time
		if err := rows.Scan(&r.key, &r.ID, (*int32)(&r.Part), &r.Serial, (*int32)(&r.Project), (*int32)(&r.Location), (*string)(&r.Status),
			(*string)(&r.Condition), &moved, &r.Ticket, &r.Tag, &text); err != nil {
			return err
		}
		r.Match, r.LastMovementAt, r.mark = s.match, timeOf(moved), markOf(text, &r)
		s.rows = append(s.rows, r)
	}
	return rows.Err()
}

// textMark is the mark of statements that are ordered by a text of the row, then by asset.
func textMark(text string, a *markedAsset) mark { return mark{text: text, key: a.key} }

func (s *assetSearch) left() int { return s.limit - len(s.rows) }

func (s *assetSearch) named(after mark) error {
	if !s.in(stock.SearchSerial, stock.SearchTicket) {
		return nil
	}
	return s.query(sqlFindNamed, s.left(), after, textMark, s.only(s.serial, stock.SearchSerial), s.only(s.folded, stock.SearchSerial),
		s.only(s.folded, stock.SearchTicket))
}

func (s *assetSearch) namedSeen() {
	s.seen.serial, s.seen.tag = s.only(s.serial, stock.SearchSerial), s.only(s.folded, stock.SearchSerial)
	s.seen.ticket = s.only(s.folded, stock.SearchTicket)
}

func (s *assetSearch) ofTicket(after mark) error {
	if len(s.ticket) == 0 {
		return nil
	}
	return s.query(sqlFindKeys, s.left(), after, textMark, s.ticket)
}

func (s *assetSearch) serialPrefix(after mark) error {
	return s.prefix(sqlFindSerialPrefix, s.only(s.serial, stock.SearchSerial), after)
}

func (s *assetSearch) tagPrefix(after mark) error {
	return s.prefix(sqlFindTagPrefix, s.only(s.folded, stock.SearchSerial), after)
}

func (s *assetSearch) ticketPrefix(after mark) error {
	return s.prefix(sqlFindTicketPrefix, s.only(s.folded, stock.SearchTicket), after)
}

// prefix reads texts that begin with one: those from it up to it with the last character of Unicode.
func (s *assetSearch) prefix(statement, text string, after mark) error {
	if text == "" {
		return nil
	}
	if after == (mark{}) {
		after = mark{text: text} // before every asset with this very text: keys begin at 1
	}
	return s.query(statement, s.left(), after, textMark, text+"\U0010FFFF")
}

func (s *assetSearch) ofExactParts(after mark) error {
	exact, _ := split(s.parts)
	return s.each(sqlFindOfParts, exact, after)
}

func (s *assetSearch) atExactPlaces(after mark) error {
	exact, _ := split(s.places)
	return s.each(sqlFindAtPlaces, exact, after)
}

func (s *assetSearch) ofParts(after mark) error {
	_, rest := split(s.parts)
	return s.each(sqlFindOfParts, rest, after)
}

func (s *assetSearch) atPlaces(after mark) error {
	_, rest := split(s.places)
	return s.each(sqlFindAtPlaces, rest, after)
}

// each reads the assets of parts or places in their order, a few at a time. The mark is the part or
// place, then the serial or asset within it.
func (s *assetSearch) each(statement string, list []ranked, after mark) error {
	start, _ := slices.BinarySearchFunc(list, after.text, func(r ranked, text string) int { return strings.Compare(r.mark, text) })
	within := mark{}
	if after.text != "" && start < len(list) && list[start].mark == after.text {
		within = mark{text: after.text2, key: after.key}
	}
	for size := firstChunk; start < len(list) && s.left() > 0; size = min(4*size, maxChunk) {
		chunk := list[start:min(start+size, len(list))]
		had := len(s.rows)
		err := s.query(statement, s.left(), within, func(text string, a *markedAsset) mark {
			i, _ := strconv.Atoi(text)
			return mark{text: chunk[i].mark, text2: stock.SerialKey(a.Serial), key: a.key}
		}, keysOf(chunk))
		if err != nil {
			return err
		}
		for i := had; i < len(s.rows); i++ {
			if strings.HasPrefix(s.rows[i].mark.text, rankPrefix) {
				s.rows[i].Match = stock.MatchPrefix
			}
		}
		start, within = start+len(chunk), mark{}
	}
	return nil
}

// piece is the pattern of serials that contain the text, or "" when it is too short or not asked for.
func (s *assetSearch) piece() string {
	if !s.in(stock.SearchSerial) || len(s.serial) < shortestPiece || !hasTrigram(s.serial) {
		return ""
	}
	return "%" + escapeLike(s.serial) + "%"
}

// scattered lists serials that contain a common piece. Whether it is common the reading itself tells:
// a page that fills within so many serials, read in an order that has nothing to do with them. A rare
// piece leaves no row here, and the next step lists them all by trigrams.
func (s *assetSearch) scattered(after mark) error {
	piece := s.piece()
	if piece == "" || !s.see.all() {
		return nil
	}
	had := len(s.rows)
	if after == (mark{}) { // the first reading decides
		for i, read := range []int{lookPerRow, glancePerRow, readPerRow} {
			if err := s.query(sqlFindScattered, s.limit, mark{text: lowestScatter}, textMark, piece, read*s.limit); err != nil {
				return err
			}
			found := len(s.rows) - had
			if found >= s.limit {
				s.rows = s.rows[:s.limit]
				return nil
			}
			s.rows = s.rows[:had]
			if found == 0 || i > 0 && found < s.limit/rareth {
				return nil
			}
		}
		return nil
	}
	s.common = true
	if _, err := strconv.ParseInt(after.text, 10, 32); err != nil {
		return badCursor()
	}
	return s.query(sqlFindScattered, s.left(), after, textMark, piece, wholeTable)
}

// containing lists serials that contain a rare piece, in their order.
func (s *assetSearch) containing(after mark) error {
	piece := s.piece()
	if piece == "" || s.common {
		return nil
	}
	return s.query(sqlFindContaining, s.left(), after, textMark, "%"+escapeLike(window(s.serial))+"%", s.serial)
}

// similar lists, when nothing matched, serials that are one slip of the finger away, or else the assets
// of parts whose words are spelled alike. It is one page at most.
func (s *assetSearch) similar() error {
	s.limit--
	if keys := serialVariants(s.only(s.serial, stock.SearchSerial)); keys != nil {
		if err := s.query(sqlFindVariants, s.left(), mark{}, textMark, keys); err != nil || len(s.rows) > 0 {
			return err
		}
	}
	if !s.in(stock.SearchPart, stock.SearchDescription) {
		return nil
	}
	t := s.db.searchTerms()
	text, mended := t.mend(s.folded)
	if !mended {
		return nil
	}
	err := s.each(sqlFindOfParts, t.findParts(text, s.search.Type), mark{})
	for i := range s.rows {
		s.rows[i].Match = stock.MatchSimilar
	}
	return err
}

// escapeLike makes a text match itself in a LIKE pattern.
func escapeLike(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}
