package rest

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are the figures of this door. Labels come from the table of routes and never from a client, so
// that there is a bounded number of series.
type metrics struct {
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
	running  prometheus.Gauge
	streams  prometheus.Gauge
	dropped  prometheus.Counter
	serve    http.Handler
}

func newMetrics(reg *prometheus.Registry) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "nexo_http_requests_total", Help: "Answers, by route, method and status."},
			[]string{"route", "method", "code"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "nexo_http_request_seconds", Help: "Time to the end of the answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}}, []string{"route", "method"}),
		running: prometheus.NewGauge(prometheus.GaugeOpts{Name: "nexo_http_requests_running", Help: "Requests that are being answered."}),
		streams: prometheus.NewGauge(prometheus.GaugeOpts{Name: "nexo_http_event_streams", Help: "Open streams of events."}),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{Name: "nexo_http_event_streams_dropped_total", Help: "Streams cut off because their client did not read."}),
	}
	for _, c := range []prometheus.Collector{m.requests, m.took, m.running, m.streams, m.dropped,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	m.serve = promhttp.HandlerFor(reg, promhttp.HandlerOpts{})
	return m, nil
}

func (m *metrics) begin() { m.running.Inc() }

func (m *metrics) end(route, method string, status int, took time.Duration) {
	m.running.Dec()
	switch method {
	case http.MethodGet, http.MethodPost, http.MethodHead, http.MethodOptions, http.MethodDelete:
	default:
		method = "other"
	}
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	m.took.WithLabelValues(route, method).Observe(took.Seconds())
}
