package telemetry

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// flushWithin bounds how long the last spans may take to the file.
const flushWithin = 5 * time.Second

// Traces is a log that makes spans of events and writes them to a file, one JSON object each. The way of a
// message is a span whose trace identifier is the correlation of its events: the spans of its author and of
// its readers are one trace, wherever they are put together. The life of a service is a span, too.
type Traces struct {
	file     *os.File
	provider *sdk.TracerProvider
	tracer   trace.Tracer

	mu       task.Mutex
	messages bounded[*message]
	services map[string]trace.Span
}

// message is the way of one fact at this agent. Its span begins when the fact leaves or has arrived: most
// facts of an agent do neither.
type message struct {
	span  trace.Span // nil: not begun
	steps []step     // before the span began
	out   int        // peers that were sent the fact and did not acknowledge it
}

type step struct {
	at    time.Time
	event world.Event
}

// OpenTraces returns traces that are appended to a file. It creates one that only its owner can read.
func OpenTraces(path string) (*Traces, error) {
	const op = "telemetry.OpenTraces"
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, aura.Errorf(op, aura.Unavailable, "file of the traces: %w", err)
	}
	exporter, err := stdouttrace.New(stdouttrace.WithWriter(file))
	if err != nil {
		_ = file.Close()
		return nil, aura.Errorf(op, aura.Internal, "exporter: %w", err)
	}
	t := &Traces{file: file, services: map[string]trace.Span{}}
	t.messages.forget = func(m *message) {
		if m.span != nil {
			m.span.SetAttributes(attribute.Bool("unfinished", true))
			m.span.End()
		}
	}
	t.provider = sdk.NewTracerProvider(
		sdk.WithBatcher(exporter), sdk.WithIDGenerator(identifiers{}), sdk.WithSampler(sdk.AlwaysSample()),
		sdk.WithResource(resource.NewSchemaless(attribute.String("service.name", "aura"))),
	)
	t.tracer = t.provider.Tracer("github.com/aura-runtime/aura")
	return t, nil
}

// Open returns how many messages are on their way.
func (t *Traces) Open() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.messages.values)
}

// Close ends the open spans and writes the remaining ones to the file.
func (t *Traces) Close() error {
	t.mu.Lock()
	for id, m := range t.messages.values {
		t.messages.forget(m)
		t.messages.drop(id)
	}
	for _, span := range t.services {
		span.End()
	}
	t.mu.Unlock()
	ctx, done := context.WithTimeout(context.Background(), flushWithin)
	defer done()
	err := t.provider.Shutdown(ctx)
	if closing := t.file.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return aura.Errorf("telemetry.Close", aura.Unavailable, "file of the traces: %w", err)
	}
	return nil
}

// Emit implements [world.Log].
func (t *Traces) Emit(e world.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	id, correlated := e.Correlation()
	switch {
	case e.Family() == world.FamilyService:
		t.service(e)
	case correlated && e.ErrorKind() == 0:
		t.step(id, e)
	case correlated || e.Family() == world.FamilyInvariant:
		span := t.begin(correlationContext(id), e, time.Now())
		span.SetStatus(codes.Error, e.Message())
		span.End()
	}
}

// step adds an event to the way of a message, begins its span when it leaves or has arrived, and ends it
// when every peer that was sent it has it.
func (t *Traces) step(id correlation, e world.Event) {
	m, known := t.messages.get(id)
	if !known {
		m = &message{}
		t.messages.put(id, m)
	}
	now := step{time.Now(), e}
	if m.span == nil {
		m.steps = append(m.steps, now)
	} else {
		now.addTo(m.span)
	}
	what := string(e.Family()) + " " + e.Message()
	switch what {
	case "message release":
		m.out++
	case "message acknowledge":
		m.out = max(0, m.out-1)
	case "message receive", "budget wait":
	default:
		return
	}
	if m.span == nil {
		m.span = t.begin(correlationContext(id), e, m.steps[0].at)
		for _, s := range m.steps {
			s.addTo(m.span)
		}
		m.steps = nil
	}
	if m.out == 0 && what != "budget wait" {
		m.span.End()
		t.messages.drop(id)
	}
}

// service keeps a span for the life of a service.
func (t *Traces) service(e world.Event) {
	span := t.services[e.Service()]
	if span == nil {
		span = t.begin(context.Background(), e, time.Now())
		t.services[e.Service()] = span
	}
	step{time.Now(), e}.addTo(span)
	switch e.Field("to_state") {
	case "failed":
		span.SetStatus(codes.Error, e.ErrorKind().String())
		fallthrough
	case "stopped":
		span.End()
		delete(t.services, e.Service())
	}
}

// begin starts a span that is named after the family and the service or capability of its first event.
func (t *Traces) begin(ctx context.Context, e world.Event, at time.Time) trace.Span {
	name := string(e.Family()) + " " + e.Message()
	switch e.Family() {
	case world.FamilyMessage, world.FamilyBudget:
		name = "message"
	case world.FamilyService:
		name = "service " + e.Service()
	}
	_, span := t.tracer.Start(ctx, name, trace.WithNewRoot(), trace.WithTimestamp(at), trace.WithAttributes(attributes(e)...))
	return span
}

func (s step) addTo(span trace.Span) {
	span.AddEvent(string(s.event.Family())+" "+s.event.Message(), trace.WithTimestamp(s.at), trace.WithAttributes(attributes(s.event)...))
}

func attributes(e world.Event) (all []attribute.KeyValue) {
	for name, value := range e.Fields {
		all = append(all, attribute.String("aura."+name, value))
	}
	return all
}

type correlationKey struct{}

// correlationContext carries the trace identifier of a span that is about to begin.
func correlationContext(id correlation) context.Context {
	return context.WithValue(context.Background(), correlationKey{}, id)
}

// identifiers gives a span the trace of its correlation, and random identifiers otherwise. They need to be
// different, not secret.
type identifiers struct{}

// NewIDs implements [sdk.IDGenerator].
func (g identifiers) NewIDs(ctx context.Context) (id trace.TraceID, span trace.SpanID) {
	if m, ok := ctx.Value(correlationKey{}).(correlation); ok && m != (correlation{}) {
		id = trace.TraceID(m)
	} else {
		binary.NativeEndian.PutUint64(id[:8], rand.Uint64())
		binary.NativeEndian.PutUint64(id[8:], rand.Uint64()|1)
	}
	return id, g.NewSpanID(ctx, id)
}

// NewSpanID implements [sdk.IDGenerator].
func (identifiers) NewSpanID(context.Context, trace.TraceID) (id trace.SpanID) {
	binary.NativeEndian.PutUint64(id[:], rand.Uint64()|1)
	return id
}
