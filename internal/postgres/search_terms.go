package postgres

import (
	"slices"
	"strings"
	"sync"

	"github.com/faiston/nexo/internal/stock"
)

// terms is the catalogue as a search reads it: folded once, in the order in which results are listed,
// the words of all parts in one text that is searched as a whole. That is faster than any question to
// the database; it is rebuilt when the catalogue changes, from what did not change with it.
type terms struct {
	of     *catalog
	text   string          // of all parts
	parts  []partTerms     // by number
	places []placeTerms    // by code
	words  func() []string // every word of the parts once, codes left out; made when a search first needs it
}

// partTerms are pieces of terms.text.
type partTerms struct {
	part   *stock.Part
	number string
	about  string // description, category, manufacturer, model
	codes  string // supplier codes, SAP material
	within string // the mark of the part where it matches somewhere inside
	end    int    // where the part ends in the text
}

type placeTerms struct {
	place *stock.Location
	code  string
	name  string
	city  string
}

// terms gives the picture for the present catalogue.
func (db *DB) searchTerms() *terms {
	c, old := db.catalog.Load(), db.terms.Load()
	if old != nil && old.of == c {
		return old
	}
	t := newTerms(c, old)
	db.terms.Store(t)
	return t
}

func newTerms(c *catalog, old *terms) *terms {
	parts, places := map[*stock.Part]partTerms{}, map[*stock.Location]placeTerms{}
	if old != nil {
		for _, p := range old.parts {
			parts[p.part] = p
		}
		for _, l := range old.places {
			places[l.place] = l
		}
	}
	t := &terms{of: c, parts: make([]partTerms, 0, len(c.partByKey)), places: make([]placeTerms, 0, len(c.locationByKey))}
	for _, p := range c.partByKey {
		have, ok := parts[p]
		if !ok {
			have = partTerms{p, stock.Fold(p.Number), stock.Fold(strings.Join([]string{p.Description, p.Category, p.Manufacturer, p.Model}, " ")),
				stock.Fold(strings.Join(append([]string{p.SAPMaterial}, p.SupplierCodes...), " ")), "", 0}
		}
		t.parts = append(t.parts, have)
	}
	for _, l := range c.locationByKey {
		have, ok := places[l]
		if !ok {
			have = placeTerms{l, stock.Fold(l.Code), stock.Fold(l.Name), stock.Fold(l.City)}
		}
		t.places = append(t.places, have)
	}
	slices.SortFunc(t.parts, func(a, b partTerms) int { return strings.Compare(a.number, b.number) })
	slices.SortFunc(t.places, func(a, b placeTerms) int { return strings.Compare(a.code, b.code) })
	t.join()
	return t
}

// join lays the words of the parts into one text. Fields are lines: no word that is searched for has a
// line break, so none is found across two of them.
func (t *terms) join() {
	size := 0
	for i := range t.parts {
		size += len(t.parts[i].number) + len(t.parts[i].about) + len(t.parts[i].codes) + 3
	}
	var b strings.Builder
	b.Grow(size)
	for i := range t.parts {
		p := &t.parts[i]
		for _, field := range []*string{&p.number, &p.about, &p.codes} {
			from := b.Len()
			b.WriteString(*field)
			*field = b.String()[from:] // the builder never moves: it has its full size
			b.WriteByte('\n')
		}
		p.end = b.Len()
		if p.within == "" {
			p.within = rankWithin + p.number
		}
	}
	t.text = b.String()
	t.words = sync.OnceValue(func() []string {
		words := slices.DeleteFunc(strings.Fields(t.text), func(w string) bool { return strings.ContainsAny(w, digits) })
		slices.Sort(words)
		return slices.Clip(slices.Compact(words))
	})
}

// ranked is a part or place that matches, with the text that gives its order: a digit for how well, then
// its code.
type ranked struct {
	key  int32
	mark string
}

// Ranks, as the first character of a mark.
const (
	rankExact  = "0"
	rankPrefix = "1"
	rankWithin = "2"
)

// findParts gives the parts that match a folded text, best first.
func (t *terms) findParts(text string, in stock.SearchType) []ranked {
	words := strings.Fields(text)
	if len(words) == 0 {
		return nil
	}
	longest := slices.MaxFunc(words, func(a, b string) int { return len(a) - len(b) }) // the rarest, as a rule
	var exact, prefix, within []ranked
	for i, at := 0, 0; ; i++ {
		hit := strings.Index(t.text[at:], longest)
		if hit < 0 {
			return slices.Concat(exact, prefix, within)
		}
		for t.parts[i].end <= at+hit {
			i++
		}
		p := &t.parts[i]
		at = p.end
		byNumber := in != stock.SearchDescription
		switch {
		case byNumber && p.number == text:
			exact = append(exact, ranked{int32(p.part.Key), rankExact + p.number})
		case byNumber && strings.HasPrefix(p.number, text):
			prefix = append(prefix, ranked{int32(p.part.Key), rankPrefix + p.number})
		case p.has(words, in):
			within = append(within, ranked{int32(p.part.Key), p.within})
		}
	}
}

// has reports whether every word stands somewhere in the part.
func (p *partTerms) has(words []string, in stock.SearchType) bool {
	for _, w := range words {
		switch in {
		case stock.SearchPart:
			if !strings.Contains(p.number, w) {
				return false
			}
		case stock.SearchDescription:
			if !strings.Contains(p.about, w) {
				return false
			}
		default:
			if !strings.Contains(p.about, w) && !strings.Contains(p.number, w) && !strings.Contains(p.codes, w) {
				return false
			}
		}
	}
	return true
}

// findPlaces gives the places, or only the technicians, that match a folded text, best first.
func (t *terms) findPlaces(text string, in stock.SearchType) []ranked {
	words := strings.Fields(text)
	var exact, within []ranked
	for i := range t.places {
		l := &t.places[i]
		if in == stock.SearchPerson && l.place.Type != stock.TechnicianPlace {
			continue
		}
		switch {
		case l.code == text || l.name == text:
			exact = append(exact, ranked{int32(l.place.Key), rankExact + l.code})
		case l.has(words):
			within = append(within, ranked{int32(l.place.Key), rankWithin + l.code})
		}
	}
	return append(exact, within...)
}

func (l *placeTerms) has(words []string) bool {
	for _, w := range words {
		if !strings.Contains(l.name, w) && !strings.Contains(l.code, w) && !strings.Contains(l.city, w) {
			return false
		}
	}
	return len(words) > 0
}

// split parts the exact matches from the others.
func split(list []ranked) (exact, rest []ranked) {
	n := 0
	for n < len(list) && strings.HasPrefix(list[n].mark, rankExact) {
		n++
	}
	return list[:n], list[n:]
}

func keysOf(list []ranked) []int32 {
	out := make([]int32, len(list))
	for i, r := range list {
		out[i] = r.key
	}
	return out
}
