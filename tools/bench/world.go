package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Keys of the rows that the migrations make, and where ours begin.
const (
	outsideKey   = 1   // EXTERNO
	firstKey     = 101 // of parts, places and projects
	places       = 50
	warehouses   = 30 // the other places belong to technicians
	projects     = 20
	perSerial    = 200 // assets of a serialised part: every second part is one
	opening      = 100_000
	batchSize    = 1000 // movements that were recorded by one call
	hotMoves     = 130  // of each of the assets with a long story, so that a page of 100 events is full
	daysOfLog    = 730
	secondsADay  = 86400
	saoPauloSecs = -3 * 3600 // no daylight saving time since 2019
)

// Kinds of movements in the data set.
const (
	entry    = "ENTRADA"
	exit     = "SAIDA"
	transfer = "TRANSFERENCIA"
	giveback = "REVERSA"
)

// world says how large the data set is. Everything in it follows from these numbers and from seeds, so
// that a row can be named without asking the database.
type world struct {
	scale     float64
	parts     int // numbered from 0; odd ones are serialised
	assets    int
	movements int
	hot       int // assets with a long story: HOT-1, HOT-2, …
	begin     time.Time
}

// newWorld gives the sizes of the issue (10,000 parts × 50 places, 1,000,000 assets, 5,000,000 movements),
// times scale.
func newWorld(scale float64) world {
	parts := max(10, int(10_000*scale)/2*2)
	w := world{scale: scale, parts: parts, assets: parts / 2 * perSerial, movements: parts * 500,
		begin: time.Date(2024, 11, 1, 11, 0, 0, 0, time.UTC)}
	w.hot = min(w.assets/100, (w.movements-parts*places)/(4*hotMoves))
	return w
}

// toldAssets is how many of the assets with a long story are asked about: their pages, which lie all over the
// log, fit into memory together.
func (w world) toldAssets() int { return max(1, min(w.hot, 200)) }

func (w world) balances() int { return w.parts * places }

func (w world) databaseName(prefix string) string {
	return prefix + strings.NewReplacer(".", "_").Replace(fmt.Sprintf("%g", w.scale))
}

func partCode(i int) string { return fmt.Sprintf("PN-%d", i) }

func placeCode(i int) string {
	if i < warehouses {
		return fmt.Sprintf("DEP-%d", i)
	}
	return fmt.Sprintf("TEC-%d", i)
}

func projectCode(i int) string { return fmt.Sprintf("PRJ-%d", i) }

// partProject is the project that owns all stock of a part.
func partProject(part int) int { return part % projects }

// placeName is a depot or a technician.
func placeName(i int) string {
	if i < warehouses {
		return fmt.Sprintf("Depósito %d", i)
	}
	first := []string{"João", "Maria", "José", "Ana", "Antônio", "Luís", "Carlos", "Sílvia", "Márcia", "Pedro"}
	last := []string{"Gonçalves", "Araújo"}
	return first[i%10] + " " + last[i/10%2]
}

// description has a word that one part in six has, and one that no other part has.
func description(part int) string {
	what := []string{"Switch", "Roteador", "Access point", "Notebook", "Impressora", "Leitor"}[part%6]
	how := []string{"gerenciável", "industrial", "compacto", "sem fio", "térmico"}[part/6%5]
	return what + " " + how + " modelo " + rareWord(part)
}

// rareWord is in the description of one part only. It has letters alone, as a word of people has.
func rareWord(part int) string {
	b := []byte("k")
	for n := part; len(b) < 6; n /= 20 {
		b = append(b, "bcdfghjklmnpqrstvwxz"[n%20])
	}
	return string(b)
}

// firstAsset is the number of the first asset of a serialised part; its assets stand four to a place.
func firstAsset(part int) int { return part / 2 * perSerial }

func assetPart(asset int) int { return asset/perSerial*2 + 1 }

// serial of an asset, in the forms of several makers.
func (w world) serial(asset int) string {
	h := mix(uint64(asset) + 77)
	switch {
	case asset < w.hot:
		return fmt.Sprintf("HOT-%d", asset+1)
	case asset%4 == 0:
		return fmt.Sprintf("FCW%04d%06X%02d", 1900+asset%600, h&0xffffff, asset%97)
	case asset%4 == 1:
		return fmt.Sprintf("%012X", h&0xffffffffffff)
	case asset%4 == 2:
		return fmt.Sprintf("SN%09d", asset*7919%10_000_000)
	}
	return fmt.Sprintf("%c%c%c%08d", 'A'+h%26, 'A'+h/26%26, 'A'+h/676%26, asset*104_729%100_000_000)
}

// mix is splitmix64: numbers that look random and are the same in every run.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// idOf is a UUIDv7 of a moment and a number.
func idOf(at time.Time, salt, n uint64) (id uuid.UUID) {
	ms, a, b := uint64(at.UnixMilli()), mix(salt<<40^n), mix(salt<<41^n^1)
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	id[6], id[7] = 0x70|byte(a>>8)&0x0f, byte(a)
	for i := range 8 {
		id[8+i] = byte(b >> (8 * i))
	}
	id[8] = id[8]&0x3f | 0x80
	return id
}

// Salts of idOf.
const (
	saltMovement = iota + 1
	saltAsset
	saltPart
	saltPlace
	saltProject
	saltEvidence
	saltActor
)

// actorID is the person who recorded everything.
func actorID() uuid.UUID { return idOf(time.Unix(0, 0), saltActor, 1) }

// move is a movement of the data set. Places are keys, 1 is the outside.
type move struct {
	sequence             int
	kind                 string
	part                 int
	from, to             int
	quantity             int
	fromVersion, version int32 // of the two balances, after it
	at                   time.Time
	ticket               int // 0: none
	asset, assets        int // the first asset that it moved, and how many
}

// ledger is the state while the movements are told in order.
type ledger struct {
	world
	total, version []int32 // by part and place
	place          []uint8 // of an asset, as a key less 100; 0 is outside
	events         []int32 // of an asset
	last           []int32 // its last movement
	ticket         []int32
	moved          []time.Time // when a balance moved last
}

func newLedger(w world) *ledger {
	n := w.balances()
	return &ledger{world: w, total: make([]int32, n), version: make([]int32, n), moved: make([]time.Time, n),
		place: make([]uint8, w.assets), events: make([]int32, w.assets), last: make([]int32, w.assets), ticket: make([]int32, w.assets)}
}

// at is when a movement was recorded: those of one batch at the same moment, the last one yesterday.
func (w world) at(sequence int) time.Time {
	batches := (w.movements + batchSize - 1) / batchSize
	step := time.Duration(daysOfLog) * 24 * time.Hour / time.Duration(batches)
	return w.begin.Add(time.Duration((sequence-1)/batchSize) * step).Truncate(time.Millisecond)
}

// tell makes every movement, in order, until visit fails.
func (l *ledger) tell(visit func(*move) error) error {
	sequence := 0
	for part := range l.parts {
		for at := range places {
			sequence++
			m := &move{sequence: sequence, kind: entry, part: part, from: outsideKey, to: firstKey + at, quantity: opening}
			if part%2 == 1 {
				m.quantity = perSerial / places
				m.asset, m.assets = firstAsset(part)+at*m.quantity, m.quantity
			}
			if err := visit(l.apply(m)); err != nil {
				return err
			}
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	rest := l.movements - sequence
	for range rest {
		sequence++
		m := l.draw(r, rest)
		m.sequence = sequence
		if err := visit(l.apply(m)); err != nil {
			return err
		}
	}
	return nil
}

// draw chooses a movement after the opening: of an asset with a long story, of any asset (once each on
// average), or of a part without serials.
func (l *ledger) draw(r *rand.Rand, rest int) *move {
	switch n := r.IntN(rest); {
	case n < l.hot*hotMoves:
		return l.moveAsset(r, r.IntN(l.hot))
	case n < l.hot*hotMoves+min(l.assets, rest/2):
		return l.moveAsset(r, r.IntN(l.assets))
	}
	m := &move{kind: transfer, part: l.bulkPart(r), from: firstKey + r.IntN(places), quantity: 1 + r.IntN(5)}
	m.to = firstKey + (m.from-firstKey+1+r.IntN(places-1))%places
	switch r.IntN(10) {
	case 0:
		m.kind, m.from = entry, outsideKey
	case 1:
		m.kind, m.to = exit, outsideKey
	}
	if r.IntN(4) == 0 {
		m.ticket = 1 + r.IntN(max(1, l.assets/5))
	}
	return m
}

// hottestPart has one in a hundred of the movements of parts without serials.
const hottestPart = 0

// bulkPart favours a tenth of the parts.
func (w world) bulkPart(r *rand.Rand) int {
	bulk := w.parts / 2
	switch n := r.IntN(100); {
	case n == 0:
		return hottestPart
	case n < 50:
		return 2 * r.IntN(max(1, bulk/10))
	}
	return 2 * r.IntN(bulk)
}

func (l *ledger) moveAsset(r *rand.Rand, asset int) *move {
	m := &move{kind: transfer, part: assetPart(asset), quantity: 1, asset: asset, assets: 1, ticket: 1 + r.IntN(max(1, l.assets/5))}
	at := int(l.place[asset])
	if at == 0 {
		m.kind, m.from, m.to = giveback, outsideKey, firstKey+r.IntN(places)
		return m
	}
	m.from = at + firstKey - 1
	m.to = firstKey + (at+r.IntN(places-1))%places
	if r.IntN(10) == 0 {
		m.kind, m.to = exit, outsideKey
	}
	return m
}

// apply folds a movement into the state, and completes it.
func (l *ledger) apply(m *move) *move {
	m.at = l.at(m.sequence)
	if m.from != outsideKey {
		i := m.part*places + m.from - firstKey
		l.total[i] -= int32(m.quantity)
		l.version[i]++
		m.fromVersion, l.moved[i] = l.version[i], m.at
	}
	if m.to != outsideKey {
		i := m.part*places + m.to - firstKey
		l.total[i] += int32(m.quantity)
		l.version[i]++
		m.version, l.moved[i] = l.version[i], m.at
	}
	for a := m.asset; a < m.asset+m.assets; a++ {
		l.place[a] = 0
		if m.to != outsideKey {
			l.place[a] = uint8(m.to - firstKey + 1)
		}
		l.last[a] = int32(m.sequence)
		l.events[a]++
		if m.ticket != 0 {
			l.ticket[a] = int32(m.ticket)
		}
	}
	return m
}

func ticketCode(n int) string { return fmt.Sprintf("INC%07d", n) }
