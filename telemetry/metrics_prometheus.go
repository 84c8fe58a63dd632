package telemetry

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// Metrics is a log that counts events. The names that it gives to Prometheus begin with "aura_".
type Metrics struct {
	registry    *prometheus.Registry
	events      *prometheus.CounterVec
	decisions   *prometheus.CounterVec
	services    *prometheus.GaugeVec
	connections prometheus.Gauge
	delivery    prometheus.Histogram

	mu       task.Mutex
	released bounded[time.Time] // the release times of unacknowledged facts
}

// NewMetrics returns metrics of their own registry, with those of the Go runtime and the process.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "aura_events_total", Help: "Events by family, message, service and kind of error.",
		}, []string{"family", "message", "service", "error_kind"}),
		decisions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "aura_guard_decisions_total", Help: "Decisions of the guard by capability; stage and reason are those of a denial.",
		}, []string{"capability", "decision", "stage", "reason"}),
		services: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "aura_service_state", Help: "1 for the present state of each service.",
		}, []string{"service", "state"}),
		connections: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "aura_connections", Help: "Sessions with peers, one for each shared context.",
		}),
		delivery: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "aura_delivery_seconds", Help: "Time from the release of a fact to its acknowledgement by a peer.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 10),
		}),
	}
	m.registry.MustRegister(m.events, m.decisions, m.services, m.connections, m.delivery,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Emit implements [world.Log].
func (m *Metrics) Emit(e world.Event) {
	kind := ""
	if e.ErrorKind() != 0 {
		kind = e.ErrorKind().String()
	}
	m.events.WithLabelValues(string(e.Family()), e.Message(), e.Service(), kind).Inc()
	switch e.Family() {
	case world.FamilyGuard:
		m.decisions.WithLabelValues(e.Field("capability"), e.Message(), e.Field("stage"), e.Field("reason")).Inc()
	case world.FamilyService:
		m.services.WithLabelValues(e.Service(), e.Field("from_state")).Set(0)
		m.services.WithLabelValues(e.Service(), e.Field("to_state")).Set(1)
	case world.FamilyConnection:
		if e.Message() == "up" {
			m.connections.Inc()
		} else {
			m.connections.Dec()
		}
	case world.FamilyMessage:
		m.step(e)
	}
}

// step times the way of a fact to the first peer that acknowledges it.
func (m *Metrics) step(e world.Event) {
	id, _ := e.Correlation()
	m.mu.Lock()
	defer m.mu.Unlock()
	switch e.Message() {
	case "release":
		if _, known := m.released.get(id); !known {
			m.released.put(id, time.Now())
		}
	case "acknowledge":
		if since, known := m.released.get(id); known {
			m.released.drop(id)
			m.delivery.Observe(time.Since(since).Seconds())
		}
	}
}

// Handler answers with the metrics in the formats that Prometheus reads.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: gatherWithin})
}
