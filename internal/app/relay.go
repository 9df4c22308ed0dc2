package app

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/faiston/nexo/internal/config"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/postgres"
	"github.com/faiston/nexo/internal/relay"
	"github.com/faiston/nexo/internal/stock"
)

// delivery is the relay with what belongs to it.
type delivery struct {
	*relay.Relay
	book    *postgres.Relay
	sources map[string]stock.EventReader
	metrics *prometheus.Registry // of the relay; the door shows them with its own
}

// openRelay makes the relay; Run of it starts the work. It sends dead letters again also where it does not run.
func (a *App) openRelay(ctx context.Context) (*delivery, error) {
	book, err := postgres.OpenRelay(ctx, postgres.RelayConfig{WriterURL: a.db.writer, ReaderURL: a.db.reader, Connect: a.db.connect, MaxConns: config.MaxRelayConns})
	if err != nil {
		return nil, err
	}
	d := &delivery{book: book, metrics: prometheus.NewRegistry(),
		sources: map[string]stock.EventReader{relay.SourceEvents: book, relay.SourceAudit: relay.NewAuditSource(a.DB, book.LastAudit)}}
	meter, err := newMeter(d.metrics)
	if err != nil {
		book.Close()
		return nil, err
	}
	own := a.tableConsumers(d)
	d.Relay = relay.New(relay.Options{Book: book, Sources: d.sources, Holder: holder(), Meter: meter, Log: a.o.Log, NewID: a.NewID, Now: a.o.Now,
		Subscriptions: func(ctx context.Context) ([]relay.Subscription, error) {
			outside, err := a.webhookSubscriptions(ctx)
			return append(own[:len(own):len(own)], outside...), err
		}})
	return d, nil
}

func (d *delivery) close() {
	if d != nil {
		d.book.Close()
	}
}

// tableConsumers fill the keyed tables.
func (a *App) tableConsumers(d *delivery) []relay.Subscription {
	return []relay.Subscription{{Consumer: relay.NewInventory(a.Items, d.book)}, {Consumer: relay.NewTasks(a.Items, d.book)},
		{Consumer: relay.NewAudit(a.Items), Source: relay.SourceAudit}}
}

// holder names this process for people who look at who leads.
func holder() string {
	name, err := os.Hostname()
	if err != nil {
		name = "unknown"
	}
	return fmt.Sprintf("%s/%d", name, os.Getpid())
}

// meter shows the figures of the relay. Consumers are few and named by the program or by the ids of webhooks.
type meter struct {
	leading                   prometheus.Gauge
	lag, age                  *prometheus.GaugeVec
	delivered, failed, buried *prometheus.CounterVec
}

func newMeter(reg *prometheus.Registry) (*meter, error) {
	consumer := []string{"consumer"}
	m := &meter{
		leading:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "nexo_relay_leading", Help: "1 while this process leads the relay."}),
		lag:       prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "nexo_relay_lag_events", Help: "Events that wait for a consumer."}, consumer),
		age:       prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "nexo_relay_lag_seconds", Help: "Age of the oldest event that waits."}, consumer),
		delivered: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "nexo_relay_delivered_total", Help: "Events delivered."}, consumer),
		failed:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "nexo_relay_failures_total", Help: "Deliveries that failed."}, consumer),
		buried:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "nexo_relay_dead_letters_total", Help: "Events given up."}, consumer),
	}
	for _, c := range []prometheus.Collector{m.leading, m.lag, m.age, m.delivered, m.failed, m.buried} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// Leading implements relay.Meter.
func (m *meter) Leading(leads bool) {
	m.leading.Set(0)
	if leads {
		m.leading.Set(1)
	}
}

// Lag implements relay.Meter.
func (m *meter) Lag(consumer string, events int64, age time.Duration) {
	m.lag.WithLabelValues(consumer).Set(float64(events))
	m.age.WithLabelValues(consumer).Set(age.Seconds())
}

// Delivered implements relay.Meter.
func (m *meter) Delivered(consumer string, events int) {
	m.delivered.WithLabelValues(consumer).Add(float64(events))
}

// Failed implements relay.Meter.
func (m *meter) Failed(consumer string) { m.failed.WithLabelValues(consumer).Inc() }

// Buried implements relay.Meter.
func (m *meter) Buried(consumer string) { m.buried.WithLabelValues(consumer).Inc() }

// Rebuilt is what a rebuild of one table did.
type Rebuilt struct {
	Table  string
	Events int64
	Anew   bool // an interrupted rebuild had not emptied the table, so it was begun again
}

// Rebuild fills tables again from the ledger, one after the other: inventory, hil-tasks or audit-log. clean empties
// what the log touches first. The relay may run meanwhile, here or elsewhere.
func (a *App) Rebuild(ctx context.Context, tables []string, clean bool, progress func(table string, done, total int64)) (out []Rebuilt, err error) {
	for _, name := range tables {
		s, ok := a.tableConsumer(name)
		if !ok {
			return out, fault.InvalidArgument.With("A tabela %q não é refeita do registro.", "The table %q is not made of the log.", name)
		}
		done := Rebuilt{Table: name}
		done.Events, err = relay.Rebuild(ctx, relay.RebuildOptions{Book: a.relay.book, Source: a.relay.sources[s.Source], Name: s.Source, Consumer: s.Consumer,
			Holder: holder(), Clean: clean, Anew: func() { done.Anew = true },
			Progress: func(done, total int64) { progress(name, done, total) }})
		if err != nil {
			return out, err
		}
		out = append(out, done)
	}
	return out, nil
}

func (a *App) tableConsumer(name string) (relay.Subscription, bool) {
	for _, s := range a.tableConsumers(a.relay) {
		if s.Consumer.Name() == name {
			if s.Source == "" {
				s.Source = relay.SourceEvents
			}
			return s, true
		}
	}
	return relay.Subscription{}, false
}
