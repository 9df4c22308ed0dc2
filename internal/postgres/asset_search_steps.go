package postgres

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/faiston/nexo/internal/stock"
)

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

// finding is one statement of a search: how many rows, after which mark, and what marks them.
type finding struct {
	statement string
	limit     int
	after     mark
	markOf    func(text string, a *markedAsset) mark
}

// query runs one statement and appends its rows. own are its parameters from $15 on.
func (s *assetSearch) query(ctx context.Context, q finding, own ...any) error {
	args := []any{s.see.projects, s.see.locations, s.seen.serial, s.seen.tag, s.seen.ticket,
		s.seen.serialPrefix, s.seen.tagPrefix, s.seen.ticketPrefix, s.seen.parts, s.seen.places, s.seen.assets, q.limit, q.after.text, q.after.key}
	args, pool := append(args, own...), s.db.search
	if !s.see.all() { // by the index of the project or place where that is shorter
		args, pool = append([]any{planEachTime}, args...), s.db.reader
	}
	rows, err := pool.Query(ctx, q.statement, args...)
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
		r.Match, r.LastMovementAt, r.mark = s.match, timeOf(moved), q.markOf(text, &r)
		s.rows = append(s.rows, r)
	}
	return rows.Err()
}

// textMark is the mark of statements that are ordered by a text of the row, then by asset.
func textMark(text string, a *markedAsset) mark { return mark{text: text, key: a.key} }

func (s *assetSearch) left() int { return s.limit - len(s.rows) }

func (s *assetSearch) named(ctx context.Context, after mark) error {
	if !s.in(stock.SearchSerial, stock.SearchTicket) {
		return nil
	}
	return s.query(ctx, finding{sqlFindNamed, s.left(), after, textMark}, s.only(s.serial, stock.SearchSerial), s.only(s.folded, stock.SearchSerial),
		s.only(s.folded, stock.SearchTicket))
}

func (s *assetSearch) namedSeen() {
	s.seen.serial, s.seen.tag = s.only(s.serial, stock.SearchSerial), s.only(s.folded, stock.SearchSerial)
	s.seen.ticket = s.only(s.folded, stock.SearchTicket)
}

func (s *assetSearch) ofTicket(ctx context.Context, after mark) error {
	if len(s.ticket) == 0 {
		return nil
	}
	return s.query(ctx, finding{sqlFindKeys, s.left(), after, textMark}, s.ticket)
}

func (s *assetSearch) serialPrefix(ctx context.Context, after mark) error {
	return s.prefix(ctx, sqlFindSerialPrefix, s.only(s.serial, stock.SearchSerial), after)
}

func (s *assetSearch) tagPrefix(ctx context.Context, after mark) error {
	return s.prefix(ctx, sqlFindTagPrefix, s.only(s.folded, stock.SearchSerial), after)
}

func (s *assetSearch) ticketPrefix(ctx context.Context, after mark) error {
	return s.prefix(ctx, sqlFindTicketPrefix, s.only(s.folded, stock.SearchTicket), after)
}

// prefix reads texts that begin with one: those from it up to it with the last character of Unicode.
func (s *assetSearch) prefix(ctx context.Context, statement, text string, after mark) error {
	if text == "" {
		return nil
	}
	if after == (mark{}) {
		after = mark{text: text} // before every asset with this very text: keys begin at 1
	}
	return s.query(ctx, finding{statement, s.left(), after, textMark}, text+"\U0010FFFF")
}

func (s *assetSearch) ofExactParts(ctx context.Context, after mark) error {
	exact, _ := split(s.parts)
	return s.each(ctx, sqlFindOfParts, exact, after)
}

func (s *assetSearch) atExactPlaces(ctx context.Context, after mark) error {
	exact, _ := split(s.places)
	return s.each(ctx, sqlFindAtPlaces, exact, after)
}

func (s *assetSearch) ofParts(ctx context.Context, after mark) error {
	_, rest := split(s.parts)
	return s.each(ctx, sqlFindOfParts, rest, after)
}

func (s *assetSearch) atPlaces(ctx context.Context, after mark) error {
	_, rest := split(s.places)
	return s.each(ctx, sqlFindAtPlaces, rest, after)
}

// each reads the assets of parts or places in their order, a few at a time. The mark is the part or
// place, then the serial or asset within it.
func (s *assetSearch) each(ctx context.Context, statement string, list []ranked, after mark) error {
	start, _ := slices.BinarySearchFunc(list, after.text, func(r ranked, text string) int { return strings.Compare(r.mark, text) })
	within := mark{}
	if after.text != "" && start < len(list) && list[start].mark == after.text {
		within = mark{text: after.text2, key: after.key}
	}
	for size := firstChunk; start < len(list) && s.left() > 0; size = min(4*size, maxChunk) {
		chunk := list[start:min(start+size, len(list))]
		had := len(s.rows)
		markOf := func(text string, a *markedAsset) mark {
			i, _ := strconv.Atoi(text)
			return mark{text: chunk[i].mark, text2: stock.SerialKey(a.Serial), key: a.key}
		}
		if err := s.query(ctx, finding{statement, s.left(), within, markOf}, keysOf(chunk)); err != nil {
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
func (s *assetSearch) scattered(ctx context.Context, after mark) error {
	piece := s.piece()
	if piece == "" || !s.see.all() {
		return nil
	}
	had := len(s.rows)
	if after == (mark{}) { // the first reading decides
		for i, read := range []int{lookPerRow, glancePerRow, readPerRow} {
			if err := s.query(ctx, finding{sqlFindScattered, s.limit, mark{text: lowestScatter}, textMark}, piece, read*s.limit); err != nil {
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
	return s.query(ctx, finding{sqlFindScattered, s.left(), after, textMark}, piece, wholeTable)
}

// containing lists serials that contain a rare piece, in their order.
func (s *assetSearch) containing(ctx context.Context, after mark) error {
	piece := s.piece()
	if piece == "" || s.common {
		return nil
	}
	return s.query(ctx, finding{sqlFindContaining, s.left(), after, textMark}, "%"+escapeLike(window(s.serial))+"%", s.serial)
}

// similar lists, when nothing matched, serials that are one slip of the finger away, or else the assets
// of parts whose words are spelled alike. It is one page at most.
func (s *assetSearch) similar(ctx context.Context) error {
	s.limit--
	if keys := serialVariants(s.only(s.serial, stock.SearchSerial)); keys != nil {
		if err := s.query(ctx, finding{sqlFindVariants, s.left(), mark{}, textMark}, keys); err != nil || len(s.rows) > 0 {
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
	err := s.each(ctx, sqlFindOfParts, t.findParts(text, s.search.Type), mark{})
	for i := range s.rows {
		s.rows[i].Match = stock.MatchSimilar
	}
	return err
}

// escapeLike makes a text match itself in a LIKE pattern.
func escapeLike(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}
