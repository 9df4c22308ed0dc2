package search

import "math"

// passages compares the query with each passage as a whole, and a document is as near as its
// nearest passages: an example question that is asked in other words stays near.
type passages struct {
	all     []passage
	posting map[int][]entry // term id of the bag → (passage, weight)
}

type passage struct {
	document int
	features []feature
	norm     float64
}

// second and third are the shares of a document's next nearest passages: several near examples
// are better evidence than one.
const (
	second = 0.3
	third  = 0.15
)

func (p *passages) add(document int, features []feature) {
	if len(features) > 0 {
		p.all = append(p.all, passage{document: document, features: features})
	}
}

// close weighs the passages by the rarity of their terms among the documents of the bag.
func (p *passages) close(b *bag) {
	p.posting = map[int][]entry{}
	for i := range p.all {
		square := 0.0
		for _, f := range p.all[i].features {
			id := b.terms[f.term]
			weight := f.weight * b.rarity(id)
			square += weight * weight
			p.posting[id] = append(p.posting[id], entry{i, weight})
		}
		p.all[i].norm = math.Sqrt(square)
		p.all[i].features = nil
	}
}

func (p *passages) score(query []feature, b *bag, documents int) []float64 {
	near := make([]float64, len(p.all))
	for _, f := range query {
		id, ok := b.terms[f.term]
		if !ok {
			continue
		}
		weight := f.weight * b.rarity(id)
		for _, e := range p.posting[id] {
			near[e.document] += weight * e.weight
		}
	}
	best := make([][3]float64, documents)
	for i, s := range near {
		if s == 0 {
			continue
		}
		s /= p.all[i].norm
		top := &best[p.all[i].document]
		for at := range top {
			if s > top[at] {
				s, top[at] = top[at], s
			}
		}
	}
	scores := make([]float64, documents)
	for i, top := range best {
		scores[i] = top[0] + second*top[1] + third*top[2]
	}
	return scores
}
