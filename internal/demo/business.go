package demo

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/faiston/nexo/internal/stock"
	"github.com/govalues/decimal"
)

// business does one thing that a day brings.
func (y *yard) business() {
	switch n := y.rand.IntN(100); {
	case n < 24 || len(y.state.Balances) == 0:
		y.receive()
	case n < 44:
		y.ship()
	case n < 60:
		y.supply()
	case n < 74:
		y.dispatch()
	case n < 84:
		y.use()
	case n < 91:
		y.comeBack()
	case n < 97:
		y.promise()
	case n < 98:
		y.correct()
	default:
		y.shelve()
	}
}

// worth is the most that one movement carries: beyond R$ 50,000 the policy would make it wait.
const worth = 40_000

// most is how many units of a part stay below worth.
func most(p *stock.Part) int {
	if p.UnitCost == nil || !p.UnitCost.IsPos() {
		return 1
	}
	n, err := decimal.MustNew(worth, 0).Quo(*p.UnitCost)
	if err != nil {
		return 1
	}
	whole, _, _ := n.Int64(0)
	return max(1, int(whole))
}

func (y *yard) amount(p *stock.Part, n int) stock.Quantity {
	n = min(n, most(p))
	if p.Fractional {
		return decimal.MustNew(int64(n)*10+5*y.rand.Int64N(2), 1).Trim(0)
	}
	return stock.Whole(int64(n))
}

// receive books an invoice: a delivery from a maker into a centre or a depot.
func (y *yard) receive() {
	p := pick(y, y.parts...)
	n := 4 + y.rand.IntN(24)
	switch {
	case p.Fractional:
		n = 305 * (1 + y.rand.IntN(4))
	case p.Serialized:
		n = min(1+y.rand.IntN(7), most(p), y.assets-y.serial)
		if n <= 0 {
			return
		}
	}
	m := y.request(stock.Entrada, p, y.owner(), y.amount(p, n))
	m.Destination = pick(y, "CD-BARUERI", "CD-BARUERI", "BARUERI-A-01", "BARUERI-B-01", "CD-RECIFE", "DEP-RIO", "DEP-BH", "DEP-CURITIBA")
	if y.rand.IntN(250) == 0 {
		m.Destination = "COFRE"
	}
	if p.Serialized {
		for range n {
			y.serial++
			m.Serials = append(m.Serials, fmt.Sprintf("%s%02d%02d%c%05d", strings.ToUpper(p.Manufacturer[:2]), y.today.Year%100, y.today.Month, 'A'+y.number, y.serial))
		}
		m.Quantity = stock.Whole(int64(n))
	}
	y.invoice(m, 40)
	m.Papers.Reference = fmt.Sprintf("PO-%d-%05d", y.today.Year, 1000+y.rand.IntN(9000))
	if !y.try(m) && p.Serialized {
		y.serial -= n
	}
	if y.rand.IntN(160) == 0 {
		y.undo(m.ID)
	}
}

func (y *yard) owner() string {
	// Each yard serves some customers more than others.
	i := min(y.rand.IntN(len(y.clients)), y.rand.IntN(len(y.clients)))
	if y.rand.IntN(40) == 0 {
		return stock.GeneralCode
	}
	return fmt.Sprintf("%s-%d", y.clients[(i+y.number)%len(y.clients)], 1+y.rand.IntN(len(undertakings())))
}

// invoice gives a movement the papers that goods travel with. The key of access is built as the NF-e
// manual says (field chave: UF, year and month, issuer, model, series, number, form, code, check digit)
// for an issuer whose number, all nines, nobody has.
func (y *yard) invoice(m *stock.MoveRequest, uf int) {
	number := 1000 + y.rand.IntN(90_000)
	m.Papers.NFNumber, m.Papers.NFDate = fmt.Sprint(number), y.today
	key := fmt.Sprintf("%02d%02d%02d99999999%06d55001%09d1%08d", uf, y.today.Year%100, y.today.Month, 100+y.number, number, y.rand.IntN(100_000_000))
	m.Papers.NFKey = key + fmt.Sprint(checkDigit(key))
}

// checkDigit is modulo 11 with weights 2 to 9 from the right (NF-e manual 7.0, section 5.4).
func checkDigit(key string) int {
	sum := 0
	for i := range len(key) {
		sum += int(key[len(key)-1-i]-'0') * (2 + i%8)
	}
	if d := 11 - sum%11; d < 10 {
		return d
	}
	return 0
}

// lot is some of what lies at a place: a balance, and how much of it moves.
type lot struct {
	key    stock.Key
	part   *stock.Part
	place  *stock.Location
	owner  string
	amount stock.Quantity
	serial []string
}

// find draws a lot at one of the kinds of places, or nothing when the draw falls on empty shelves.
func (y *yard) find(most int, kinds ...stock.LocationType) *lot {
	p := pick(y, y.parts...)
	var keys []stock.Key
	for k := range maps.Keys(y.state.Balances) {
		at, _ := y.cat.LocationByKey(k.Location)
		if b := y.state.Balances[k]; k.Part == p.Key && slices.Contains(kinds, at.Type) && !at.Policies.Restricted && b.Available().IsPos() {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	slices.SortFunc(keys, stock.Key.Compare)
	k := pick(y, keys...)
	at, _ := y.cat.LocationByKey(k.Location)
	owner, _ := y.cat.ProjectByKey(k.Project)
	l := &lot{key: k, part: p, place: at, owner: owner.Code, amount: y.amount(p, 1+y.rand.IntN(most))}
	if p.Fractional {
		l.amount = y.amount(p, 10+y.rand.IntN(40*most))
	}
	if have := y.state.Balances[k].Available(); have.Cmp(l.amount) < 0 {
		l.amount = have
	}
	if p.Serialized {
		l.serial = y.free(k, l.amount)
		l.amount = stock.Whole(int64(len(l.serial)))
	}
	return l
}

// free lists assets of a balance that nothing holds.
func (y *yard) free(k stock.Key, amount stock.Quantity) []string {
	var out []string
	for _, a := range slices.SortedFunc(maps.Keys(y.state.Assets), stock.AssetKey.Compare) {
		v := y.state.Assets[a]
		if a.Part == k.Part && v.Location == k.Location && v.Project == k.Project && v.Condition == k.Condition && v.Status != stock.Reserved &&
			stock.Whole(int64(len(out))).Cmp(amount) < 0 {
			out = append(out, v.Serial)
		}
	}
	return out
}

// take begins a movement of a lot from where it lies.
func (y *yard) take(kind stock.MovementType, l *lot) *stock.MoveRequest {
	m := y.request(kind, l.part, l.owner, l.amount)
	m.Source, m.Serials = l.place.Code, l.serial
	if l.part.Serialized {
		return m
	}
	m.Condition = l.key.Condition
	return m
}

func stores() []stock.LocationType {
	return []stock.LocationType{stock.LogisticsCenter, stock.Warehouse, stock.Bin, stock.AreaPlace}
}

// ship sends goods to another city in two steps; they arrive some days later.
func (y *yard) ship() {
	l := y.find(4, stores()...)
	if l == nil {
		return
	}
	m := y.take(stock.Transferencia, l)
	m.Destination = stock.TransitCode
	y.invoice(m, 35)
	m.Papers.Reason = "Transferência entre filiais"
	if !y.try(m) {
		return
	}
	to := pick(y, "DEP-RIO", "DEP-BH", "DEP-CURITIBA", "CD-RECIFE", "BASE-POA", "BASE-SALVADOR", "BASE-FORTALEZA", "BASE-BRASILIA", "BASE-MANAUS",
		"SS-CAMPINAS", "SS-BELEM", "SS-FLORIPA", "SVC-SP", "SVC-GOIANIA")
	papers := m.Papers
	papers.Reason = "Recebimento de transferência"
	y.later(1, 6, func() *stock.MoveRequest {
		in := y.request(stock.Transferencia, l.part, l.owner, l.amount)
		in.Source, in.Destination, in.Serials, in.Condition, in.Papers = stock.TransitCode, to, l.serial, m.Condition, papers
		return in
	})
}

// supply hands goods to a technician.
func (y *yard) supply() {
	kinds := []stock.LocationType{stock.TechnicalBase, stock.SelfStorage, stock.ServiceStorage, stock.Warehouse, stock.Bin}
	l := y.find(3, kinds...)
	if l == nil {
		return
	}
	m := y.take(stock.Transferencia, l)
	m.Destination = pick(y, y.techs...)
	m.Papers.Ticket, m.Papers.Reason = y.ticket(), "Entrega ao técnico"
	y.invoice(m, 35)
	y.try(m)
}

func (y *yard) ticket() string { return fmt.Sprintf("INC%07d", 1_000_000+y.rand.IntN(900_000)) }

// dispatch sends goods to a customer; they are delivered some days later.
func (y *yard) dispatch() {
	l := y.find(3, stores()...)
	if l == nil {
		return
	}
	m := y.take(stock.Expedicao, l)
	m.Destination = y.customer(l.owner)
	m.Papers.Ticket = y.ticket()
	y.invoice(m, 35)
	if y.try(m) {
		y.deliver(l, m)
	}
}

func (y *yard) deliver(l *lot, m *stock.MoveRequest) {
	papers := m.Papers
	papers.Reason = "Entrega ao cliente"
	y.later(1, 7, func() *stock.MoveRequest {
		out := y.request(stock.Saida, l.part, l.owner, m.Quantity)
		out.Source, out.Destination, out.Serials, out.Condition, out.Papers = stock.TransitCode, m.Destination, m.Serials, l.key.Condition, papers
		if l.part.Serialized {
			out.Condition = ""
		}
		return out
	})
}

// customer is the place of a project's customer.
func (y *yard) customer(owner string) string {
	code, _, ok := strings.Cut(owner, "-")
	if !ok {
		return "CLI-" + y.clients[y.number%len(y.clients)]
	}
	return "CLI-" + code
}

// use installs what a technician carries, or uses it up.
func (y *yard) use() {
	l := y.find(2, stock.TechnicianPlace)
	if l == nil {
		return
	}
	m := y.take(stock.Saida, l)
	m.Papers.Ticket, m.Papers.Reason = y.ticket(), "Uso em atendimento"
	if l.part.Serialized {
		m.Destination = y.customer(l.owner)
	}
	if y.rand.IntN(4) > 0 {
		y.invoice(m, 35)
	}
	y.try(m)
}

// comeBack returns what was at a customer's or with a technician, as it is found.
func (y *yard) comeBack() {
	l := y.find(2, stock.Customer, stock.Customer, stock.TechnicianPlace)
	if l == nil {
		return
	}
	if l.place.Type == stock.TechnicianPlace {
		m := y.take(stock.Transferencia, l)
		m.Destination = pick(y, "SVC-SP", "SVC-GOIANIA", "BASE-POA", "BASE-SALVADOR")
		m.Papers.Ticket, m.Papers.Reason = y.ticket(), "Devolução do técnico"
		y.invoice(m, 35)
		y.try(m)
		return
	}
	m := y.take(stock.Reversa, l)
	m.Condition = pick(y, stock.Used, stock.Used, stock.Used, stock.Defective, stock.Damaged, stock.Refurbished)
	m.Destination = pick(y, "CD-BARUERI", "CD-RECIFE", "DEP-RIO")
	if m.Condition == stock.Defective || m.Condition == stock.Damaged {
		m.Destination = "QUARENTENA"
	}
	m.Papers.Ticket, m.Papers.Reason = y.ticket(), "Logística reversa"
	y.invoice(m, 35)
	y.try(m)
}

// promise reserves; most promises are dispatched, some are cancelled, some expire.
func (y *yard) promise() {
	l := y.find(3, stores()...)
	if l == nil {
		return
	}
	m := y.take(stock.Reserva, l)
	m.Reservation = y.ids.next(y.today)
	life := 5 + y.rand.IntN(10)
	m.ExpiresAt = y.state.Now.AddDate(0, 0, int(y.today.AddDays(life).Time().Sub(y.anchor.Time())/(24*time.Hour)))
	m.Papers.Ticket, m.Papers.Reason = y.ticket(), "Reserva para chamado"
	if l.part.Serialized && y.rand.IntN(2) == 0 {
		m.Serials = nil // any unit will do
	}
	if !y.try(m) {
		return
	}
	switch n := y.rand.IntN(10); {
	case n < 6:
		y.later(1, 4, func() *stock.MoveRequest { return y.redeem(l, m) })
	case n < 8:
		y.later(1, 4, func() *stock.MoveRequest { return y.release(l, m, false) })
	default:
		y.later(life+1, life+1, func() *stock.MoveRequest { return y.release(l, m, true) })
	}
}

// redeem dispatches what was promised.
func (y *yard) redeem(l *lot, held *stock.MoveRequest) *stock.MoveRequest {
	m := y.request(stock.Expedicao, l.part, l.owner, l.amount)
	m.Source, m.Serials, m.Reservation, m.Destination = l.place.Code, held.Serials, held.Reservation, y.customer(l.owner)
	if l.part.Serialized && m.Serials == nil {
		m.Serials = y.free(l.key, l.amount)
	}
	m.Papers.Ticket = held.Papers.Ticket
	y.invoice(m, 35)
	if y.try(m) {
		y.deliver(l, m)
	}
	return nil
}

func (y *yard) release(l *lot, held *stock.MoveRequest, expired bool) *stock.MoveRequest {
	m := y.request(stock.Liberacao, l.part, l.owner, l.amount)
	m.Source, m.Reservation, m.Expired = l.place.Code, held.Reservation, expired
	m.Papers.Ticket, m.Papers.Reason = held.Papers.Ticket, "Chamado encerrado sem troca"
	if expired {
		m.Papers.Reason = "Reserva vencida"
	}
	return m
}

// correct adjusts stock after somebody looked; every adjustment was approved.
func (y *yard) correct() {
	if y.rand.IntN(3) > 0 {
		return
	}
	l := y.find(2, stores()...)
	if l == nil || l.part.Serialized && len(l.serial) == 0 {
		return
	}
	kind, code := pick(y, stock.AjusteNegativo, stock.AjusteNegativo, stock.AjustePositivo), pick(y, stock.ReasonCount, stock.ReasonDamaged, stock.ReasonLost)
	m := y.take(kind, l)
	if kind == stock.AjustePositivo {
		if l.part.Serialized {
			return
		}
		m.Source, m.Destination, code = "", l.place.Code, stock.ReasonCount
	}
	m.Papers.ReasonCode, m.Papers.Reason = code, "Divergência na contagem"
	y.try(m)
}

// shelve puts goods from the dock onto a shelf, or broken ones into quarantine.
func (y *yard) shelve() {
	l := y.find(6, stock.LogisticsCenter)
	if l == nil {
		return
	}
	m := y.take(stock.Transferencia, l)
	m.Destination = pick(y, "BARUERI-A-01", "BARUERI-A-02", "BARUERI-B-01", "BARUERI-B-02")
	if l.place.Code == "CD-RECIFE" {
		m.Destination = "RECIFE-A-01"
	}
	y.invoice(m, 35)
	y.try(m)
}
